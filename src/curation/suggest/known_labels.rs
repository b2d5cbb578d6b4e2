//! Decisions by row: the label, whether a person looked at this very image, whether it was removed.

use std::collections::{BTreeMap, BTreeSet};

use crate::curation::{Curation, LabelSource};
use crate::data::ImageId;

/// Labels given by hand that a model can do with.
const ENOUGH: usize = 20;

/// The decisions so far, by row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct KnownLabels {
    /// Class names, sorted.
    pub classes: Vec<String>,
    /// The class of each row that has one, a position in `classes`.
    pub label: Vec<Option<usize>>,
    /// Rows that a person moved or accepted themselves.
    pub by_hand: Vec<bool>,
    /// Line of the log that gave the label of each row; 0 without.
    pub seq: Vec<u64>,
    /// Of each labelled row in a named cluster, whether its class is that name.
    pub as_named: Vec<Option<bool>>,
    /// Rows that do not belong into a training set.
    pub removed: Vec<bool>,
}

impl KnownLabels {
    pub fn of(state: &Curation, ids: &[ImageId]) -> Self {
        let classes: BTreeSet<&str> =
            ids.iter().filter_map(|id| state.labels.get(id)).map(|label| label.class.as_str()).collect();
        let classes: Vec<String> = classes.into_iter().map(str::to_owned).collect();
        let named = state.cluster_names.iter().filter_map(|(of, name)| Some((state.clusters.get(of)?, name)));
        let name_of: BTreeMap<ImageId, &str> =
            named.flat_map(|(images, name)| images.iter().map(move |id| (*id, name.as_str()))).collect();
        let labels = || ids.iter().map(|id| state.labels.get(id));
        let position = |class: &str| classes.partition_point(|known| known.as_str() < class);
        Self {
            label: labels().map(|label| label.map(|label| position(&label.class))).collect(),
            by_hand: labels()
                .map(|label| label.is_some_and(|label| label.source != LabelSource::NamedCluster))
                .collect(),
            seq: labels().map(|label| label.map_or(0, |label| label.seq)).collect(),
            as_named: ids.iter().map(|id| Some(*name_of.get(id)? == state.labels.get(id)?.class)).collect(),
            removed: ids.iter().map(|id| state.removed.contains_key(id)).collect(),
            classes,
        }
    }

    /// Whether nobody has looked at this very image yet.
    pub fn is_open(&self, row: usize) -> bool {
        !self.by_hand[row] && !self.removed[row]
    }

    /// Rows with a label, ascending.
    pub fn labelled(&self) -> impl Iterator<Item = (usize, usize)> + '_ {
        self.label.iter().enumerate().filter_map(|(row, label)| label.map(|label| (row, label)))
    }

    /// The labels that models learn from: those given by hand alone where clusters are `mixed` and enough are there to tell
    /// two classes, else all.
    pub fn to_learn(&self, mixed: bool) -> Self {
        let by_hand: Vec<Option<usize>> =
            self.label.iter().zip(&self.by_hand).map(|(label, by_hand)| label.filter(|_| *by_hand)).collect();
        let classes: BTreeSet<usize> = by_hand.iter().flatten().copied().collect();
        let enough = classes.len() >= 2 && by_hand.iter().flatten().count() >= ENOUGH;
        let label = if mixed && enough { by_hand } else { self.label.clone() };
        Self { label, ..self.clone() }
    }
}
