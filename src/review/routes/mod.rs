//! The routes of the server, one file per group.

#![allow(clippy::unused_async, reason = "axum takes asynchronous handlers, also where there is nothing to wait for")]

mod decide;
mod export;
mod image;
mod look;
mod pages;
mod thumbs;

pub(super) use export::ExportChoice;

use std::sync::Arc;

use axum::Router;
use axum::http::StatusCode;
use axum::routing::{get, post};

use super::Shared;
use crate::server::Failure;

/// All routes.
pub(super) fn router(shared: &Arc<Shared>) -> Router {
    Router::new()
        .route("/", get(pages::index))
        .route("/ui/{*name}", get(pages::asset))
        .route("/api/images", get(look::images))
        .route("/api/state", get(look::state))
        .route("/api/next", get(look::next))
        .route("/api/times", get(look::times))
        .route("/api/similar", post(look::similar))
        .route("/api/split", post(look::split))
        .route("/api/events", get(look::events))
        .route("/api/decide", post(decide::decide))
        .route("/api/undo", post(decide::undo))
        .route("/api/redo", post(decide::redo))
        .route("/api/image/{row}", get(image::detail))
        .route("/api/export", post(export::export))
        .route("/thumb/{id}", get(thumbs::thumb))
        .route("/image/{id}", get(thumbs::whole))
        .method_not_allowed_fallback(async || {
            Failure::new(StatusCode::METHOD_NOT_ALLOWED, "this is asked with another method")
        })
        .with_state(Arc::clone(shared))
}

/// The number that `query` gives for `name`, or `default`.
fn number(query: Option<&str>, name: &str, default: usize) -> Result<usize, Failure> {
    let pairs = query.unwrap_or_default().split('&').filter_map(|pair| pair.split_once('='));
    match pairs.filter(|(key, _)| *key == name).map(|(_, value)| value).next() {
        None => Ok(default),
        Some(text) => {
            text.parse().map_err(|_| Failure::refused(format!("`{name}` must be a whole number, got `{text}`")))
        }
    }
}
