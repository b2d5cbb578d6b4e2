//! Bodies of requests: bounded in bytes and in the time that passes between two pieces.

use std::time::Duration;

use axum::body::{Body, HttpBody};
use axum::extract::Request;
use axum::http::StatusCode;
use futures_util::StreamExt;
use tokio::time::timeout;

use super::Failure;

/// Long enough for a decision about a million images.
const MOST: usize = 64 << 20;
/// How long the next piece may take.
const PATIENCE: Duration = Duration::from_secs(15);

/// The request with its whole body in memory.
///
/// # Errors
/// 413 where the body is too large, 408 where it does not come, 400 where it ends too early.
pub(super) async fn whole(request: Request) -> Result<Request, Failure> {
    let (head, body) = request.into_parts();
    let too_large =
        || Failure::new(StatusCode::PAYLOAD_TOO_LARGE, format!("a request may have {} MiB at most", MOST >> 20));
    if body.size_hint().lower() > MOST as u64 {
        return Err(too_large());
    }
    let mut pieces = body.into_data_stream();
    let mut bytes = Vec::new();
    loop {
        let late = |_| Failure::new(StatusCode::REQUEST_TIMEOUT, "the rest of the request did not come");
        match timeout(PATIENCE, pieces.next()).await.map_err(late)? {
            None => return Ok(Request::from_parts(head, Body::from(bytes))),
            Some(Ok(piece)) if bytes.len() + piece.len() <= MOST => bytes.extend_from_slice(&piece),
            Some(Ok(_)) => return Err(too_large()),
            Some(Err(error)) => {
                let why = format!("the request could not be read: {error}");
                return Err(Failure::new(StatusCode::BAD_REQUEST, why));
            }
        }
    }
}
