//! The answer to `/api/state`.

use std::collections::BTreeMap;

use serde::Serialize;

use super::fit::Fit;
use super::view::View;
use crate::curation::Source;

#[derive(Serialize)]
struct State<'a> {
    version: u64,
    fitted: u64,
    can_undo: bool,
    can_redo: bool,
    next_cluster: u32,
    classes: Vec<Class<'a>>,
    clusters: Vec<Cluster<'a>>,
    cluster: Vec<i64>,
    class: Vec<i64>,
    source: Vec<u8>,
    confidence: &'a [u16],
    suspicion: &'a [u16],
    removed: Vec<i64>,
    reasons: &'a [String],
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
    suspicion: u64,
    merged_into: Option<u32>,
}

/// What a guess is called where sources are numbers.
const PROPAGATED: u8 = 4;

/// The JSON: decisions of `view`, guesses of `fit` where nothing is decided.
pub(super) fn state(view: &View, fit: &Fit) -> Result<Vec<u8>, serde_json::Error> {
    let index: BTreeMap<&str, usize> = view.classes.iter().map(String::as_str).zip(0..).collect();
    // A guess may be of a class that was undone meanwhile.
    let guess: Vec<Option<usize>> = fit.classes.iter().map(|name| index.get(name.as_str()).copied()).collect();
    let mut counts = vec![(0, 0); view.classes.len()];
    let (mut class, mut source) = (Vec::new(), Vec::new());
    for (row, decided) in view.class.iter().enumerate() {
        let guessed = fit.class[row].and_then(|class| guess[class]).filter(|_| !view.is_decided(row));
        match (decided, guessed) {
            (Some(class), _) => counts[*class].0 += 1,
            (None, Some(class)) => counts[class].1 += 1,
            (None, None) => {}
        }
        class.push(decided.or(guessed).map_or(-1, |class| i64::try_from(class).unwrap_or(-1)));
        source.push(match view.source[row] {
            Some(Source::NamedCluster) => 1,
            Some(Source::Moved) => 2,
            Some(Source::Accepted) => 3,
            Some(Source::Propagated) => PROPAGATED,
            None if guessed.is_some() => PROPAGATED,
            None => 0,
        });
    }
    let classes = view.classes.iter().zip(&counts).enumerate().map(|(at, (name, (count, propagated)))| Class {
        name,
        // The keys 1 to 9.
        key: (at < 9).then(|| (at + 1).to_string()),
        count: *count,
        propagated: *propagated,
    });
    serde_json::to_vec(&State {
        version: view.version,
        fitted: fit.version,
        can_undo: !view.undo.is_empty(),
        can_redo: !view.redo.is_empty(),
        next_cluster: view.clusters.last().map_or(0, |cluster| cluster.id.0 + 1),
        classes: classes.collect(),
        clusters: clusters(view, fit),
        cluster: view.cluster.iter().map(|cluster| cluster.map_or(-1, |id| i64::from(id.0))).collect(),
        class,
        source,
        confidence: &fit.confidence,
        suspicion: &fit.suspicion,
        removed: view
            .removed
            .iter()
            .map(|reason| reason.map_or(-1, |reason| i64::try_from(reason).unwrap_or(-1)))
            .collect(),
        reasons: &view.reasons,
    })
}

/// With the class most of its undecided images are guessed to show, where it has no name, and the mean suspicion.
fn clusters<'a>(view: &'a View, fit: &'a Fit) -> Vec<Cluster<'a>> {
    let mut guesses: BTreeMap<u32, BTreeMap<usize, usize>> = BTreeMap::new();
    let mut suspicion: BTreeMap<u32, (u64, u64)> = BTreeMap::new();
    for (row, cluster) in view.cluster.iter().enumerate() {
        let Some(id) = cluster.filter(|_| view.removed[row].is_none()) else { continue };
        let sum = suspicion.entry(id.0).or_default();
        *sum = (sum.0 + u64::from(fit.suspicion[row]), sum.1 + 1);
        if let Some(class) = fit.class[row] {
            *guesses.entry(id.0).or_default().entry(class).or_default() += 1;
        }
    }
    let mean = |id: u32| suspicion.get(&id).map_or(0, |(sum, n)| sum / n);
    let suggested = |id: u32| {
        let classes = guesses.get(&id)?;
        let (class, _) = classes.iter().max_by_key(|(class, n)| (**n, std::cmp::Reverse(**class)))?;
        fit.classes.get(*class).map(String::as_str)
    };
    let cluster = |cluster: &'a super::view::ClusterNow| Cluster {
        id: cluster.id.0,
        size: cluster.size,
        name: cluster.name.as_deref(),
        suggested: if cluster.name.is_none() { suggested(cluster.id.0) } else { None },
        suspicion: mean(cluster.id.0),
        merged_into: cluster.merged_into.map(|id| id.0),
    };
    view.clusters.iter().map(cluster).collect()
}
