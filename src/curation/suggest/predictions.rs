//! Predictions of the suggestion model, and the suggestions that follow from them.

use serde::Serialize;

use super::expected_accuracy::ExpectedAccuracy;
use crate::curation::LabelSource;
use crate::data::ClusterId;

/// Images of a suggestion at most: what fits on a screen.
pub const BATCH_SIZE: usize = 40;

/// Weight of a label that nobody gave to the very image, beside one that somebody did.
const INFERRED_WEIGHT: f32 = 1.0 / 3.0;

/// A prediction per image, and suggestions what to decide next.
#[derive(Debug, Clone, PartialEq)]
pub struct LabelPredictions {
    /// Class names, sorted.
    pub classes: Vec<String>,
    /// One per row.
    pub rows: Vec<RowPrediction>,
    /// How many images are probably right by now; `None` before there is any class.
    pub expected: Option<ExpectedAccuracy>,
    /// Suggestions, the one most worth deciding first.
    pub suggestions: Vec<Suggestion>,
}

/// The prediction for one image.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RowPrediction {
    /// Its label where it has one, else its most probable class, a position in [`LabelPredictions::classes`]; `None`
    /// before there is any class, and for removed images.
    pub class: Option<usize>,
    /// Probability of `class` as the other labels have it, in `0.0..=1.0`.
    pub confidence: f32,
    /// Label-error score: how likely its label, or its place, is wrong, in `0.0..=1.0`; 0 for an image that a person
    /// looked at, unless its near-duplicate carries another class.
    pub label_error_score: f32,
}

impl LabelPredictions {
    /// The first `n` suggestions.
    #[must_use]
    pub fn next(&self, n: usize) -> &[Suggestion] {
        &self.suggestions[..n.min(self.suggestions.len())]
    }

    /// The training weight of the label of `row`, in `0.0..=1.0`: fully where a person looked at this very image, else
    /// a third as far as the other labels confirm it.
    #[must_use]
    pub fn weight(&self, row: usize, source: LabelSource) -> f32 {
        match source {
            LabelSource::Moved | LabelSource::Accepted => 1.0,
            LabelSource::NamedCluster | LabelSource::Propagated => INFERRED_WEIGHT * self.rows[row].confidence,
        }
    }
}

/// A question to the person who labels.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Suggestion {
    /// The kind of question.
    pub kind: SuggestionKind,
    /// The question, in a sentence.
    pub title: String,
    /// The cluster to name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cluster: Option<ClusterId>,
    /// The clusters to merge.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub clusters: Vec<ClusterId>,
    /// The class the images probably show.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub class: Option<String>,
    /// At most [`BATCH_SIZE`] rows in the order to show them.
    pub rows: Vec<usize>,
}

/// The kind of question that a suggestion asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SuggestionKind {
    /// A name for a cluster; the rows go evenly from its most typical image to its least.
    NameCluster,
    /// Whether clusters are one.
    Merge,
    /// Which of the images predicted alike are something else; the rest is accepted. Like lies beside like.
    CheckClass,
    /// Whether images named otherwise are what the others like them are.
    Suspects,
    /// The class of an uncertain image and its neighbours.
    Neighbourhood,
    /// What each of the images shows, which are spread over everything.
    Sample,
    /// Which class is right where nearly the same image carries two.
    Duplicates,
}
