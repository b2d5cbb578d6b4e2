//! The suggestion model's answer to the decisions so far: a prediction per image, and what to decide next.

use super::catalogue::Catalogue;
use super::features::ReviewFeatures;
use super::state::ReviewState;
use crate::curation::{BATCH_SIZE, ExpectedAccuracy, LabelPredictions, Suggestion, SuggestionKind};
use crate::workflow::labelling::LabelWeights;

/// Suggestions, computed from one version of the log.
pub(super) struct FittedSuggestions {
    /// The version.
    pub version: u64,
    /// Names of the predicted classes.
    pub classes: Vec<String>,
    /// Per row the index into `classes` of what an undecided image probably shows.
    pub class: Vec<Option<usize>>,
    /// Per row the probability of that, `0..=1000`.
    pub confidence: Vec<u16>,
    /// Per row how likely its label or place is wrong, `0..=1000`.
    pub label_error_score: Vec<u16>,
    /// How many images are probably right by now.
    pub expected: Option<ExpectedAccuracy>,
    /// Weights of labels that nobody gave to the very image, for labels.csv.
    pub weights: LabelWeights,
    /// Suggestions, the one most worth deciding first.
    pub next: Vec<Suggestion>,
}

impl FittedSuggestions {
    /// From the features where there are some.
    pub fn new(catalogue: &Catalogue, state: &ReviewState, features: Option<&ReviewFeatures>) -> Self {
        match features {
            Some(features) => {
                let predictions = features.predict(&state.curation, &state.cluster);
                let weights = LabelWeights::of(&predictions, &catalogue.table.rows, &state.curation);
                Self::from_predictions(state.version, predictions, weights)
            }
            None => Self::without_features(catalogue, state),
        }
    }

    fn from_predictions(version: u64, predictions: LabelPredictions, weights: LabelWeights) -> Self {
        let thousandths = |share: f32| (share * 1000.0).round() as u16;
        // As long as everything named shows one class, that anything else shows it too is no finding.
        let tells = predictions.classes.len() > 1;
        Self {
            version,
            weights,
            expected: predictions.expected,
            class: predictions.rows.iter().map(|row| row.class.filter(|_| tells)).collect(),
            confidence: predictions.rows.iter().map(|row| thousandths(row.confidence)).collect(),
            label_error_score: predictions.rows.iter().map(|row| thousandths(row.label_error_score)).collect(),
            classes: predictions.classes,
            next: predictions.suggestions,
        }
    }

    /// Without features: unnamed clusters, the largest first, and images far from their centre as suspects.
    fn without_features(catalogue: &Catalogue, state: &ReviewState) -> Self {
        let mut unnamed: Vec<_> =
            state.clusters.iter().filter(|c| c.name.is_none() && c.merged_into.is_none() && c.size > 0).collect();
        unnamed.sort_by_key(|cluster| (std::cmp::Reverse(cluster.size), cluster.id));
        let next = unnamed.into_iter().map(|cluster| {
            let mut rows: Vec<usize> = (0..catalogue.len())
                .filter(|&row| state.cluster[row] == Some(cluster.id) && state.removed[row].is_none())
                .collect();
            rows.sort_by_key(|&row| (std::cmp::Reverse(catalogue.typicality[row]), row));
            rows.truncate(BATCH_SIZE);
            Suggestion {
                kind: SuggestionKind::NameCluster,
                title: format!("What do the {} images of cluster {} show?", cluster.size, cluster.id),
                cluster: Some(cluster.id),
                clusters: Vec::new(),
                class: None,
                rows,
            }
        });
        Self {
            version: state.version,
            weights: LabelWeights::default(),
            expected: None,
            classes: Vec::new(),
            class: vec![None; catalogue.len()],
            confidence: vec![0; catalogue.len()],
            label_error_score: catalogue.typicality.iter().map(|typicality| 1000 - typicality).collect(),
            next: next.collect(),
        }
    }
}
