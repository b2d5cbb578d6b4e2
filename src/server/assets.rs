//! Files of the page that are part of the program.

use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};

/// The media type of scripts.
pub const JAVASCRIPT: &str = "text/javascript; charset=utf-8";

/// A file that the program carries, with its media type. Nothing is read from the disk.
#[must_use]
pub fn embedded(content_type: &'static str, bytes: &'static [u8]) -> Response {
    // Another version of the program may answer at this address tomorrow.
    ([(CONTENT_TYPE, content_type), (CACHE_CONTROL, "no-cache")], bytes).into_response()
}
