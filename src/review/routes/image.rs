//! One image in detail: file, nearest neighbours, history of decisions.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::Response;
use serde::Serialize;

use crate::curation::{ClusterKey, Decision, LabelSource, LogEntry, undone};
use crate::data::ImageId;
use crate::images::header_of;
use crate::review::Shared;
use crate::review::state::ReviewState;
use crate::server::{Failure, blocking, json};

/// Neighbours shown with an image.
const NEIGHBOURS: usize = 12;

#[derive(Serialize)]
struct Detail<'a> {
    id: ImageId,
    path: &'a str,
    fields: &'a BTreeMap<String, String>,
    /// `None` where the file cannot be read any more.
    width: Option<u32>,
    height: Option<u32>,
    bit_depth: Option<u8>,
    cluster: i64,
    class: Option<&'a str>,
    source: Option<&'static str>,
    confidence: u16,
    reason: Option<&'a str>,
    neighbours: Vec<NeighbourAnswer>,
    history: Vec<HistoryEvent>,
}

#[derive(Serialize)]
struct NeighbourAnswer {
    row: usize,
    distance: f32,
}

#[derive(Serialize)]
struct HistoryEvent {
    seq: u64,
    at: String,
    by: String,
    text: String,
    /// Whether the decision was taken back.
    undone: bool,
}

/// `/api/image/<row>`
pub(super) async fn detail(State(shared): State<Arc<Shared>>, Path(row): Path<String>) -> Result<Response, Failure> {
    blocking(move || {
        let row = row.parse().ok().filter(|&row: &usize| row < shared.catalogue.len());
        let row = row.ok_or_else(|| Failure::not_found("image of this row"))?;
        let (state, suggestions, history) = {
            let session = shared.session();
            let state = Arc::clone(session.state());
            let history = history(&shared, &state, session.curator().entries(), row);
            (state, Arc::clone(session.suggestions()), history)
        };
        let image = &shared.catalogue.table.rows[row];
        let header = header_of(&shared.catalogue.file(row)).ok();
        let predicted =
            suggestions.class[row].filter(|_| !state.is_decided(row)).map(|class| suggestions.classes[class].as_str());
        let near =
            shared.features.as_ref().map(|features| features.similar(&[row], NEIGHBOURS, |_| true)).unwrap_or_default();
        let removed = state.removed[row].map(|reason| state.reasons[reason].as_str());
        let said = state.curation.labels.get(&image.id).map(|label| label.reason.as_str());
        let detail = Detail {
            id: image.id,
            path: &image.path,
            fields: &shared.catalogue.table.fields[row],
            width: header.map(|header| header.width),
            height: header.map(|header| header.height),
            bit_depth: header.map(|header| header.bit_depth),
            cluster: state.cluster[row].map_or(-1, |id| i64::from(id.0)),
            class: state.class[row].map(|class| state.classes[class].as_str()).or(predicted),
            source: state.source[row].map(LabelSource::name).or(predicted.map(|_| LabelSource::Propagated.name())),
            confidence: suggestions.confidence[row],
            reason: removed.or(said.filter(|reason| !reason.is_empty())),
            neighbours: near.into_iter().map(|(row, distance)| NeighbourAnswer { row, distance }).collect(),
            history,
        };
        serde_json::to_vec(&detail).map(json).map_err(|error| Failure::internal(error.to_string()))
    })
    .await
}

/// The decisions that speak of the image or of a cluster it is or was in, earliest first.
fn history(shared: &Shared, state: &ReviewState, entries: &[LogEntry], row: usize) -> Vec<HistoryEvent> {
    let catalogue = &shared.catalogue;
    let id = catalogue.table.rows[row].id;
    let first = catalogue.table.clusterings.get(&catalogue.method).and_then(|clustering| clustering.labels()[row]);
    let undone = undone(entries);
    let speaks = |decision: &Decision| match decision {
        Decision::Move { images, .. }
        | Decision::Remove { images, .. }
        | Decision::Restore { images }
        | Decision::Accept { images, .. } => images.contains(&id),
        Decision::NameCluster { run, method, members, .. }
        | Decision::MergeClusters { run, method, members, .. }
        | Decision::SplitCluster { run, method, members, .. } => {
            let here = run.as_deref() == Some(&catalogue.run) && method.as_deref() == Some(&catalogue.method);
            let of_cluster = decision.clusters().into_iter().any(|cluster| {
                let carried = members.get(&ClusterKey(cluster)).is_some_and(|images| images.contains(&id));
                // A merged cluster may still be named by its own number.
                let key = (catalogue.run.clone(), catalogue.method.clone(), cluster);
                let now = state.curation.merged.get(&key).map_or(cluster, |target| target.2);
                let its = [first, state.cluster[row]];
                carried || here && (its.contains(&Some(cluster)) || its.contains(&Some(now)))
            });
            let split_off = matches!(decision, Decision::SplitCluster { into, .. }
                if into.values().any(|images| images.contains(&id)));
            of_cluster || split_off
        }
        Decision::Undo { .. } | Decision::Redo { .. } => false,
    };
    entries
        .iter()
        .filter(|entry| speaks(&entry.decision))
        .map(|entry| HistoryEvent {
            seq: entry.seq,
            at: entry.at.clone(),
            by: entry.by.clone(),
            text: entry.decision.to_string(),
            undone: undone.contains(&entry.seq),
        })
        .collect()
}
