//! Reading: images, state, suggestions, neighbours, proposed splits.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::UNIX_EPOCH;

use axum::body::Bytes;
use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use serde_json::json;

use super::number;
use crate::data::ClusterId;
use crate::review::Shared;
use crate::review::features::ReviewFeatures;
use crate::server::{Failure, blocking, json, parsed};

/// Neighbours that are answered at most.
const MOST: usize = 2000;
/// Parts that a cluster is split into at most.
const MOST_PARTS: usize = 20;

/// `/api/images`
pub(super) async fn images(State(shared): State<Arc<Shared>>) -> Response {
    json(shared.catalogue.page.clone())
}

/// `/api/state`
pub(super) async fn state(State(shared): State<Arc<Shared>>) -> Result<Response, Failure> {
    blocking(move || {
        let mut session = shared.session();
        let before = session.state().version;
        let answer = session.state_answer()?;
        if session.state().version != before {
            shared.decided(&session);
        }
        Ok(json(answer))
    })
    .await
}

/// `/api/times`: when each file was last written, in seconds since 1970; null where it is gone.
pub(super) async fn times(State(shared): State<Arc<Shared>>) -> Result<Response, Failure> {
    blocking(move || {
        let written = |row| {
            let modified = std::fs::metadata(shared.catalogue.file(row)).and_then(|metadata| metadata.modified());
            Some(modified.ok()?.duration_since(UNIX_EPOCH).ok()?.as_secs_f64())
        };
        let times: Vec<Option<f64>> = (0..shared.catalogue.len()).map(written).collect();
        serde_json::to_vec(&times).map(json).map_err(|error| Failure::internal(error.to_string()))
    })
    .await
}

/// `/api/events`
pub(super) async fn events(State(shared): State<Arc<Shared>>) -> Response {
    shared.events.subscribe()
}

/// `/api/next?n=5`
pub(super) async fn next(State(shared): State<Arc<Shared>>, RawQuery(query): RawQuery) -> Result<Response, Failure> {
    let n = number(query.as_deref(), "n", 5)?;
    blocking(move || {
        let suggestions = Arc::clone(shared.session().suggestions());
        let next = &suggestions.next[..n.min(suggestions.next.len())];
        serde_json::to_vec(next).map(json).map_err(|error| Failure::internal(error.to_string()))
    })
    .await
}

#[derive(Deserialize)]
struct SimilarRequest {
    rows: Vec<usize>,
    n: usize,
}

/// `/api/similar`: the nearest to all of `rows`, removed images left out, since what is shown is accepted in bulk.
pub(super) async fn similar(State(shared): State<Arc<Shared>>, body: Bytes) -> Result<Response, Failure> {
    blocking(move || {
        let asked: SimilarRequest = parsed(&body)?;
        let state = Arc::clone(shared.session().state());
        let near = features(&shared)?.similar(&asked.rows, asked.n.min(MOST), |row| state.removed[row].is_none());
        let (rows, distance): (Vec<usize>, Vec<f32>) = near.into_iter().unzip();
        Ok(json(json!({ "rows": rows, "distance": distance }).to_string()))
    })
    .await
}

#[derive(Deserialize)]
struct SplitRequest {
    cluster: u32,
    parts: NonZeroUsize,
}

/// `/api/split`: a proposal, nothing is decided.
pub(super) async fn split(State(shared): State<Arc<Shared>>, body: Bytes) -> Result<Response, Failure> {
    blocking(move || {
        let asked: SplitRequest = parsed(&body)?;
        if asked.parts.get() > MOST_PARTS {
            return Err(Failure::refused(format!("a cluster is split into at most {MOST_PARTS} parts at a time")));
        }
        let state = Arc::clone(shared.session().state());
        let cluster = Some(ClusterId(asked.cluster));
        let rows: Vec<usize> = (0..shared.catalogue.len())
            .filter(|&row| state.cluster[row] == cluster && state.removed[row].is_none())
            .collect();
        if rows.len() < 2 {
            return Err(Failure::refused(format!("cluster {} has fewer than two images", asked.cluster)));
        }
        let parts =
            features(&shared)?.split(&rows, asked.parts).map_err(|error| Failure::refused(error.to_string()))?;
        Ok(json(json!({ "parts": parts }).to_string()))
    })
    .await
}

fn features(shared: &Shared) -> Result<&ReviewFeatures, Failure> {
    let why = "the features of this run cannot be had any more: see what `rails curate` said at its start";
    shared.features.as_ref().ok_or_else(|| Failure::new(StatusCode::SERVICE_UNAVAILABLE, why))
}
