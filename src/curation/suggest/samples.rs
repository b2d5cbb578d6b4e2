//! Samples that keep the rest honest: whether named clusters are what they are called, and what there is at all.
//!
//! Names of clusters are given by their majority. A sample of the first ones says how far that goes ([`Purity`]). Where
//! one class is most of everything, mixed clusters would all bear its name, and what is rare would never be seen: then naming
//! ends, and a sample of everything, looked at image by image, is what is learned from.

use std::collections::BTreeMap;

use super::known_labels::KnownLabels;
use super::predictions::{BATCH_SIZE, Suggestion, SuggestionKind};
use super::purity::{PROBE, Purity};
use super::units::Unit;
use crate::data::ClusterId;

/// Clusters that are named before the names are looked into.
const NAMES: usize = 6;

/// The sample to look at next; `None` where names need none. `clusters` is the review cluster of each row,
/// `mixed_majority` what [`mixed_majority`] says of the units.
pub(super) fn sample(
    known: &KnownLabels,
    units: &[Unit],
    clusters: &[Option<ClusterId>],
    purity: Purity,
    mixed_majority: bool,
) -> Option<Suggestion> {
    let named: Vec<&Unit> = units.iter().filter(|unit| !unit.by_hand).collect();
    if !purity.is_known() {
        let (class, _) = most_frequent(named.iter().copied())?;
        let alike = named.iter().filter(|unit| unit.class == class);
        let rows: Vec<usize> = alike.flat_map(|unit| unit.rows.iter().copied()).collect();
        return (named.len() >= NAMES).then(|| probe(known, &rows, class));
    }
    let by_hand = known.by_hand.iter().filter(|by_hand| **by_hand).count();
    (mixed_majority && by_hand < BATCH_SIZE).then(|| everything(known, clusters))
}

/// Whether mixed clusters would nearly all bear one name.
pub(super) fn mixed_majority(units: &[Unit], purity: Purity) -> bool {
    let labelled: usize = units.iter().map(|unit| unit.rows.len()).sum();
    purity.is_mixed() && most_frequent(units).is_some_and(|(_, images)| 2 * images >= labelled)
}

/// The class of most images, the first of equally many, and how many they are.
fn most_frequent<'a>(units: impl IntoIterator<Item = &'a Unit>) -> Option<(usize, usize)> {
    let mut of_class: BTreeMap<usize, usize> = BTreeMap::new();
    for unit in units {
        *of_class.entry(unit.class).or_default() += unit.rows.len();
    }
    of_class.into_iter().max_by_key(|&(class, images)| (images, std::cmp::Reverse(class)))
}

/// Images of clusters named alike.
fn probe(known: &KnownLabels, rows: &[usize], class: usize) -> Suggestion {
    let name = &known.classes[class];
    Suggestion {
        kind: SuggestionKind::CheckClass,
        title: format!("A sample of clusters called {name}: pick out those that are not."),
        cluster: None,
        clusters: Vec::new(),
        class: Some(name.clone()),
        rows: evenly(rows, PROBE),
    }
}

/// Images nobody looked at, as many of each cluster as it is large.
fn everything(known: &KnownLabels, clusters: &[Option<ClusterId>]) -> Suggestion {
    let mut rows: Vec<usize> = (0..clusters.len()).filter(|&row| known.is_open(row)).collect();
    rows.sort_by_key(|&row| (clusters[row], row));
    let title = "A sample of everything, since clusters are mixed: what do these show?".to_owned();
    let rows = evenly(&rows, BATCH_SIZE);
    Suggestion { kind: SuggestionKind::Sample, title, cluster: None, clusters: Vec::new(), class: None, rows }
}

/// At most `n` of `rows`, evenly spread over them.
pub(super) fn evenly(rows: &[usize], n: usize) -> Vec<usize> {
    let shown = rows.len().min(n);
    (0..shown).map(|index| rows[index * rows.len() / shown]).collect()
}
