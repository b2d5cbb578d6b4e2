//! Images as pictures. They are asked for by id: no path of a request ever reaches the disk.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Path, RawQuery, State};
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};

use super::number;
use crate::data::ImageId;
use crate::review::thumbnails::SIZES;
use crate::review::{Shared, pictures};
use crate::server::{Failure, blocking};

/// An image never changes under its id.
const KEPT: &str = "private, max-age=86400";

/// `/thumb/<id>?size=128`
pub(super) async fn thumb(
    State(shared): State<Arc<Shared>>,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, Failure> {
    let size = number(query.as_deref(), "size", 128)?;
    let size = SIZES
        .into_iter()
        .find(|known| *known as usize == size)
        .ok_or_else(|| Failure::refused(format!("thumbnails have 64, 128 or 256 pixels, not {size}")))?;
    let Some((id, row)) = known(&shared, &id) else { return missing(size) };
    if let Some(bytes) = shared.thumbnails.known(id, size) {
        return Ok(picture("image/jpeg", bytes));
    }
    decoding(shared, move |shared| match shared.thumbnails.make(id, size, &shared.catalogue.file(row)) {
        Ok(bytes) => Ok(picture("image/jpeg", bytes)),
        Err(_) => missing(size),
    })
    .await
}

/// `/image/<id>`
pub(super) async fn whole(State(shared): State<Arc<Shared>>, Path(id): Path<String>) -> Result<Response, Failure> {
    let largest = SIZES[SIZES.len() - 1];
    let Some((_, row)) = known(&shared, &id) else { return missing(largest) };
    decoding(shared, move |shared| match pictures::whole(&shared.catalogue.file(row), &shared.catalogue.depth) {
        Ok(bytes) => Ok(picture("image/png", bytes.into())),
        Err(_) => missing(largest),
    })
    .await
}

/// Does `work` when a decoder is free. A page that scrolled on takes its question back: it is then never decoded, and
/// one that is being decoded keeps its decoder until it is done.
async fn decoding(
    shared: Arc<Shared>,
    work: impl FnOnce(&Shared) -> Result<Response, Failure> + Send + 'static,
) -> Result<Response, Failure> {
    let decoder = Arc::clone(&shared.thumbnails.decoders).acquire_owned().await;
    blocking(move || {
        let _decoder = decoder;
        work(&shared)
    })
    .await
}

fn known(shared: &Shared, id: &str) -> Option<(ImageId, usize)> {
    let id: ImageId = id.parse().ok()?;
    shared.catalogue.rows(id).first().map(|&row| (id, row))
}

fn picture(content_type: &'static str, bytes: Bytes) -> Response {
    ([(CONTENT_TYPE, content_type), (CACHE_CONTROL, KEPT)], bytes).into_response()
}

/// 404 as a picture: the grid shows it where the image would be.
fn missing(size: u32) -> Result<Response, Failure> {
    let bytes = pictures::placeholder(size).map_err(|error| Failure::internal(error.to_string()))?;
    Ok((StatusCode::NOT_FOUND, [(CONTENT_TYPE, "image/png")], bytes).into_response())
}
