//! The answer to `/api/state`.

use std::collections::BTreeMap;

use serde::Serialize;

use super::page::label_source_code;
use super::state::{ClusterNow, ReviewState};
use super::suggestions::FittedSuggestions;
use crate::curation::LabelSource;

#[derive(Serialize)]
struct State<'a> {
    version: u64,
    fitted: u64,
    can_undo: bool,
    can_redo: bool,
    next_cluster: u32,
    expected: Option<Expected>,
    classes: Vec<Class<'a>>,
    clusters: Vec<Cluster<'a>>,
    cluster: Vec<i64>,
    class: Vec<i64>,
    source: Vec<u8>,
    confidence: &'a [u16],
    label_error_score: &'a [u16],
    removed: Vec<i64>,
    reasons: &'a [String],
}

/// Where the share of images that are right lies, with a probability of 90 %.
#[derive(Serialize)]
struct Expected {
    low: f64,
    high: f64,
}

#[derive(Serialize)]
struct Class<'a> {
    name: &'a str,
    key: Option<String>,
    count: usize,
    propagated: usize,
}

#[derive(Serialize)]
struct Cluster<'a> {
    id: u32,
    size: usize,
    name: Option<&'a str>,
    suggested: Option<&'a str>,
    label_error_score: u64,
    merged_into: Option<u32>,
}

/// The JSON: decisions of `state`, predictions of `suggestions` where nothing is decided.
pub(super) fn state_answer(state: &ReviewState, suggestions: &FittedSuggestions) -> Result<Vec<u8>, serde_json::Error> {
    let index: BTreeMap<&str, usize> = state.classes.iter().map(String::as_str).zip(0..).collect();
    // A prediction may be of a class that was undone meanwhile.
    let index_of: Vec<Option<usize>> =
        suggestions.classes.iter().map(|name| index.get(name.as_str()).copied()).collect();
    let mut counts = vec![(0, 0); state.classes.len()];
    let (mut class, mut source) = (Vec::new(), Vec::new());
    for (row, decided) in state.class.iter().enumerate() {
        let predicted = suggestions.class[row].and_then(|class| index_of[class]).filter(|_| !state.is_decided(row));
        match (decided, predicted) {
            (Some(class), _) => counts[*class].0 += 1,
            (None, Some(class)) => counts[class].1 += 1,
            (None, None) => {}
        }
        class.push(decided.or(predicted).map_or(-1, |class| i64::try_from(class).unwrap_or(-1)));
        let inferred = predicted.map(|_| LabelSource::Propagated);
        source.push(label_source_code(state.source[row].or(inferred)));
    }
    let classes = state.classes.iter().zip(&counts).enumerate().map(|(at, (name, (count, propagated)))| Class {
        name,
        // The keys 1 to 9.
        key: (at < 9).then(|| (at + 1).to_string()),
        count: *count,
        propagated: *propagated,
    });
    serde_json::to_vec(&State {
        version: state.version,
        fitted: suggestions.version,
        can_undo: !state.undo.is_empty(),
        can_redo: !state.redo.is_empty(),
        next_cluster: state.clusters.last().map_or(0, |cluster| cluster.id.0 + 1),
        expected: suggestions
            .expected
            .map(|expected| Expected { low: expected.interval.low, high: expected.interval.high }),
        classes: classes.collect(),
        clusters: clusters(state, suggestions),
        cluster: state.cluster.iter().map(|cluster| cluster.map_or(-1, |id| i64::from(id.0))).collect(),
        class,
        source,
        confidence: &suggestions.confidence,
        label_error_score: &suggestions.label_error_score,
        removed: state
            .removed
            .iter()
            .map(|reason| reason.map_or(-1, |reason| i64::try_from(reason).unwrap_or(-1)))
            .collect(),
        reasons: &state.reasons,
    })
}

/// With the class most of its undecided images are predicted to show, where it has no name, and the mean label-error score.
fn clusters<'a>(state: &'a ReviewState, suggestions: &'a FittedSuggestions) -> Vec<Cluster<'a>> {
    let mut predicted: BTreeMap<u32, BTreeMap<usize, usize>> = BTreeMap::new();
    let mut scores: BTreeMap<u32, (u64, u64)> = BTreeMap::new();
    for (row, cluster) in state.cluster.iter().enumerate() {
        let Some(id) = cluster.filter(|_| state.removed[row].is_none()) else { continue };
        let sum = scores.entry(id.0).or_default();
        *sum = (sum.0 + u64::from(suggestions.label_error_score[row]), sum.1 + 1);
        if let Some(class) = suggestions.class[row] {
            *predicted.entry(id.0).or_default().entry(class).or_default() += 1;
        }
    }
    let mean = |id: u32| scores.get(&id).map_or(0, |(sum, n)| sum / n);
    let suggested = |id: u32| {
        let classes = predicted.get(&id)?;
        let (class, _) = classes.iter().max_by_key(|(class, n)| (**n, std::cmp::Reverse(**class)))?;
        suggestions.classes.get(*class).map(String::as_str)
    };
    let cluster = |cluster: &'a ClusterNow| Cluster {
        id: cluster.id.0,
        size: cluster.size,
        name: cluster.name.as_deref(),
        suggested: if cluster.name.is_none() { suggested(cluster.id.0) } else { None },
        label_error_score: mean(cluster.id.0),
        merged_into: cluster.merged_into.map(|id| id.0),
    };
    state.clusters.iter().map(cluster).collect()
}
