//! The files of the page.

use axum::extract::Path;
use axum::response::Response;

use crate::review::page::{ASSETS, DEFINITIONS, INDEX};
use crate::server::{Failure, JAVASCRIPT, embedded};

/// `/`
pub(super) async fn index() -> Response {
    embedded(INDEX.content_type, INDEX.bytes)
}

/// `/ui/<name>`: only names of the list; no path is looked up.
pub(super) async fn asset(Path(name): Path<String>) -> Result<Response, Failure> {
    if name == "definitions.js" {
        return Ok(embedded(JAVASCRIPT, DEFINITIONS.as_bytes()));
    }
    let asset = ASSETS.iter().find(|asset| asset.name == name);
    asset.map(|asset| embedded(asset.content_type, asset.bytes)).ok_or_else(|| Failure::not_found("file of this name"))
}
