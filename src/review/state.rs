//! The state of the curation at one version of the log, row by row.

use std::collections::{BTreeMap, BTreeSet};

use super::catalogue::Catalogue;
use crate::curation::{ClusterKey, Curation, Decision, LabelSource, LogEntry, redoable, undoable, undone};
use crate::data::ClusterId;

/// The state of the curation at one version of the log.
pub(super) struct ReviewState {
    /// Number of the last decision; 0 before the first.
    pub version: u64,
    pub curation: Curation,
    /// Per row the cluster it is in now; `None` for noise.
    pub cluster: Vec<Option<ClusterId>>,
    /// In the order in which the log first names them, so that their keys stay.
    pub classes: Vec<String>,
    /// Per row the index of its class.
    pub class: Vec<Option<usize>>,
    /// Per row where its class comes from.
    pub source: Vec<Option<LabelSource>>,
    /// Why images were removed, sorted.
    pub reasons: Vec<String>,
    /// Per row the index of the reason it was removed for.
    pub removed: Vec<Option<usize>>,
    /// By number.
    pub clusters: Vec<ClusterNow>,
    /// Line numbers in the log that undo and redo would take back or bring back.
    pub undo: Vec<u64>,
    pub redo: Vec<u64>,
}

/// A cluster as merges, splits and names left it.
pub(super) struct ClusterNow {
    pub id: ClusterId,
    /// Images that were not removed.
    pub size: usize,
    pub name: Option<String>,
    pub merged_into: Option<ClusterId>,
}

impl ReviewState {
    pub fn new(catalogue: &Catalogue, entries: &[LogEntry], curation: Curation) -> Self {
        let labels = catalogue.table.rows.iter().map(|row| curation.labels.get(&row.id));
        let classes = classes(entries, &curation);
        let index: BTreeMap<&str, usize> = classes.iter().map(String::as_str).zip(0..).collect();
        let (class, source) = labels
            .map(|label| label.map(|label| (index.get(label.class.as_str()).copied(), label.source)).unzip())
            .map(|(class, source): (Option<Option<usize>>, Option<LabelSource>)| (class.flatten(), source))
            .unzip();
        let reasons: BTreeSet<&str> = curation.removed.values().map(|removed| removed.reason.as_str()).collect();
        let reason_index: BTreeMap<&str, usize> = reasons.iter().copied().zip(0..).collect();
        let removed: Vec<Option<usize>> = catalogue
            .table
            .rows
            .iter()
            .map(|row| curation.removed.get(&row.id).map(|removed| reason_index[removed.reason.as_str()]))
            .collect();
        let cluster = clusters_by_row(catalogue, &curation);
        let clusters = clusters(catalogue, entries, &curation, &cluster, &removed);
        Self {
            version: entries.last().map_or(0, |entry| entry.seq),
            cluster,
            class,
            source,
            reasons: reasons.into_iter().map(str::to_owned).collect(),
            removed,
            clusters,
            undo: undoable(entries),
            redo: redoable(entries),
            classes,
            curation,
        }
    }

    /// Whether a row was decided on: labelled or removed.
    pub fn is_decided(&self, row: usize) -> bool {
        self.class[row].is_some() || self.removed[row].is_some()
    }
}

/// Those that any decision which counts speaks of.
fn classes(entries: &[LogEntry], curation: &Curation) -> Vec<String> {
    let undone = undone(entries);
    let named = |entry: &LogEntry| entry.decision.class().map(str::to_owned);
    let counting: BTreeSet<String> =
        entries.iter().filter(|entry| !undone.contains(&entry.seq)).filter_map(named).collect();
    let mut seen = BTreeSet::new();
    let mut classes: Vec<String> = entries.iter().filter_map(named).filter(|class| counting.contains(class)).collect();
    classes.retain(|class| seen.insert(class.clone()));
    // Every label comes from a decision; should one not, it is still shown.
    let others: BTreeSet<&String> = curation.labels.values().map(|label| &label.class).collect();
    classes.extend(others.into_iter().filter(|class| !seen.contains(*class)).cloned());
    classes
}

/// The cluster of each row after merges and splits.
fn clusters_by_row(catalogue: &Catalogue, curation: &Curation) -> Vec<Option<ClusterId>> {
    let Some(found) = catalogue.table.clusterings.get(&catalogue.method) else { return vec![None; catalogue.len()] };
    let images = catalogue.table.rows.iter().map(|row| row.id);
    curation.clusters_now(&catalogue.run, &catalogue.method, found, images)
}

fn clusters(
    catalogue: &Catalogue,
    entries: &[LogEntry],
    curation: &Curation,
    cluster: &[Option<ClusterId>],
    removed: &[Option<usize>],
) -> Vec<ClusterNow> {
    let mut sizes: BTreeMap<ClusterId, usize> = catalogue
        .table
        .clusterings
        .get(&catalogue.method)
        .map(|c| c.ids().map(|id| (id, 0)).collect())
        .unwrap_or_default();
    let of_page =
        |(run, method, _): &&(String, String, ClusterId)| *run == catalogue.run && *method == catalogue.method;
    sizes.extend(curation.clusters.keys().filter(of_page).map(|key| (key.2, 0)));
    let present = cluster.iter().zip(removed).filter(|(_, removed)| removed.is_none());
    for id in present.filter_map(|(cluster, _)| *cluster) {
        *sizes.entry(id).or_default() += 1;
    }
    // The number of a part that was split off and undone is not given again: another line of the log speaks of it.
    let mentioned = entries.iter().filter_map(|entry| match &entry.decision {
        Decision::SplitCluster { into, .. } => Some(into.keys().map(|ClusterKey(id)| *id)),
        _ => None,
    });
    for id in mentioned.flatten() {
        sizes.entry(id).or_default();
    }
    let key = |id| (catalogue.run.clone(), catalogue.method.clone(), id);
    sizes
        .into_iter()
        .map(|(id, size)| ClusterNow {
            id,
            size,
            name: curation.cluster_names.get(&key(id)).cloned(),
            merged_into: curation.merged.get(&key(id)).map(|target| target.2),
        })
        .collect()
}
