//! Decisions: the only requests that change something.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::review::Shared;
use crate::review::session::Session;
use crate::server::{Failure, blocking, json, parsed};

/// Decisions as in `decisions.jsonl`, without seq, at and by: who decides is who started the server.
#[derive(Deserialize)]
struct Decide {
    decisions: Vec<Map<String, Value>>,
    version: u64,
}

/// `/api/decide`: answered once the decisions are on the disk.
pub(super) async fn decide(State(shared): State<Arc<Shared>>, body: Bytes) -> Result<Response, Failure> {
    blocking(move || {
        let asked: Decide = parsed(&body)?;
        // One line each, whatever was in the request: a map has no newline outside its quotes.
        let lines: Vec<String> =
            asked.decisions.into_iter().map(|decision| Value::from(decision).to_string()).collect();
        let mut session = shared.session();
        let version = session.decide(&lines.join("\n"), asked.version)?;
        shared.decided(&session);
        Ok(json(json!({ "version": version }).to_string()))
    })
    .await
}

/// `/api/undo`
pub(super) async fn undo(State(shared): State<Arc<Shared>>) -> Result<Response, Failure> {
    turned(shared, Session::undo).await
}

/// `/api/redo`
pub(super) async fn redo(State(shared): State<Arc<Shared>>) -> Result<Response, Failure> {
    turned(shared, Session::redo).await
}

async fn turned(
    shared: Arc<Shared>,
    turn: fn(&mut Session) -> Result<(u64, String), Failure>,
) -> Result<Response, Failure> {
    blocking(move || {
        let mut session = shared.session();
        let (version, what) = turn(&mut session)?;
        shared.decided(&session);
        Ok(json(json!({ "version": version, "what": what }).to_string()))
    })
    .await
}
