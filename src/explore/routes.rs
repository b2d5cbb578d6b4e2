//! The routes of the server.

#![allow(clippy::unused_async, reason = "axum takes asynchronous handlers, also where there is nothing to wait for")]

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde_json::json;

use super::Shared;
use super::answer::{self, MOST_CLUSTERS, MOST_SLICES, Save, Settings};
use crate::features::Statistic;
use crate::server::{Failure, JAVASCRIPT, blocking, embedded, json as answer_json, parsed};

/// All routes.
pub(super) fn router(shared: &Arc<Shared>) -> Router {
    Router::new()
        .route("/", get(index))
        .route("/ui/{name}", get(asset))
        .route("/api/settings", get(settings))
        .route("/api/overlay", post(overlay))
        .route("/api/save", post(save))
        .route("/image/{number}", get(image))
        .with_state(Arc::clone(shared))
}

async fn index() -> Response {
    embedded("text/html; charset=utf-8", include_bytes!("page/index.html"))
}

async fn asset(Path(name): Path<String>) -> Result<Response, Failure> {
    match name.as_str() {
        "explore.css" => Ok(embedded("text/css; charset=utf-8", include_bytes!("page/explore.css"))),
        "explore.js" => Ok(embedded(JAVASCRIPT, include_bytes!("page/explore.js"))),
        _ => Err(Failure::not_found("file of this name")),
    }
}

/// Images, the recipe's settings and how far the sliders go.
async fn settings(State(shared): State<Arc<Shared>>) -> Response {
    let images: Vec<_> = shared
        .images
        .iter()
        .map(|image| json!({ "name": image.name, "height": image.plane.nrows(), "width": image.plane.ncols() }))
        .collect();
    let least = shared.images.iter().map(|image| image.plane.nrows().min(image.plane.ncols())).min().unwrap_or(1);
    let answer = json!({
        "name": shared.recipe.name, "images": images, "settings": Settings::of(&shared), "statistics": Statistic::ALL,
        "most_slices": (MOST_SLICES as usize).min(least), "most_clusters": MOST_CLUSTERS,
    });
    answer_json(answer.to_string())
}

async fn overlay(State(shared): State<Arc<Shared>>, body: Bytes) -> Result<Response, Failure> {
    blocking(move || {
        let settings: Settings = parsed(&body)?;
        let found = answer::overlay(&shared, &settings)?;
        serde_json::to_vec(&found).map(answer_json).map_err(|error| Failure::internal(error.to_string()))
    })
    .await
}

async fn save(State(shared): State<Arc<Shared>>, body: Bytes) -> Result<Response, Failure> {
    blocking(move || {
        let asked: Save = parsed(&body)?;
        let path = answer::save(&shared, &asked)?;
        Ok(answer_json(json!({ "path": path }).to_string()))
    })
    .await
}

async fn image(State(shared): State<Arc<Shared>>, Path(number): Path<usize>) -> Result<Response, Failure> {
    let image = shared.images.get(number).ok_or_else(|| Failure::not_found("image of this number"))?;
    Ok(([(CONTENT_TYPE, "image/jpeg")], image.jpeg.clone()).into_response())
}
