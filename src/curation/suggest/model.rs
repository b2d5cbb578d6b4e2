//! The suggestion model: fitted anew to the labels after every batch of decisions.

use ndarray::{Array2, ArrayView2};

use super::batch_queries::{BatchQueries, ScoredSuggestion};
use super::calibration::Calibration;
use super::cluster_queries::{UnnamedCluster, merges, unnamed};
use super::confident_learning::most_probable;
use super::expected_accuracy::ExpectedAccuracy;
use super::known_labels::KnownLabels;
use super::neighbourhoods::Neighbourhoods;
use super::predictions::{LabelPredictions, RowPrediction, Suggestion};
use super::probabilities::{Probabilities, scaled};
use super::purity::Purity;
use super::samples::{mixed_majority, sample};
use super::units::units_of;
use crate::curation::Curation;
use crate::data::{ClusterId, ImageId};
use crate::memory::bytes_of;
use crate::outliers::Lof;
use crate::pairwise::Points;

/// Clusters are named until this share of the images is in named ones or decided; the rest can be guessed.
const NAMED_SHARE: f64 = 2.0 / 3.0;

/// Active learning on the images of a run: predictions for every image, and suggestions what to decide next.
///
/// It holds what does not change during a session: the images as points, and their neighbourhoods.
#[derive(Debug)]
pub struct SuggestionModel {
    ids: Vec<ImageId>,
    /// Shape `[n_images, n_features]`, scaled as a whole.
    x: Array2<f32>,
    points: Points,
    neighbourhoods: Neighbourhoods,
}

impl SuggestionModel {
    /// Bytes that a model of `n` images of `n_features` features takes beside them, about: the points scaled and laid out,
    /// a copy of them, and the neighbours of each.
    #[must_use]
    pub fn memory(n: usize, n_features: usize) -> u64 {
        let points = bytes_of::<f32>(&[n, n_features, 3]);
        points.saturating_add(Lof::default().memory(n, n_features)).saturating_add(bytes_of::<u32>(&[n, 64]))
    }

    /// Finds neighbours, outliers and near-duplicates once. `x` are the reduced features,
    /// shape `[n_images, n_features]`, finite; row `i` belongs to `ids[i]`.
    ///
    /// # Panics
    /// When `x` and `ids` differ in length.
    #[must_use]
    pub fn new(x: Array2<f32>, ids: Vec<ImageId>) -> Self {
        assert_eq!(x.nrows(), ids.len(), "one row per image");
        let x = scaled(x);
        let neighbourhoods = Neighbourhoods::of(x.view());
        Self { ids, points: Points::new(x.view()), x, neighbourhoods }
    }

    /// Fits the labels of `state` and predicts every image. `clusters` is the review cluster of each row as it stands
    /// after merges and splits. The same decisions give the same predictions, to the bit.
    ///
    /// # Panics
    /// When `clusters` has another length than there are images.
    #[must_use]
    pub fn predict(&self, state: &Curation, clusters: &[Option<ClusterId>]) -> LabelPredictions {
        assert_eq!(clusters.len(), self.ids.len(), "one cluster per image");
        let known = KnownLabels::of(state, &self.ids);
        let units = units_of(&known, clusters);
        let purity = Purity::of(&known);
        let mixed = mixed_majority(&units, purity);
        let learned = known.to_learn(mixed);
        let taught = units_of(&learned, clusters);
        let found = Probabilities::of(self.x.view(), &self.ids, &learned, &taught, &self.neighbourhoods);
        let calibration = Calibration::of(found.by_unit.view(), &taught, purity);
        let (x, probabilities) = (self.x.view(), found.by_image.view());
        let queries = BatchQueries { x, known: &known, probabilities, neighbourhoods: &self.neighbourhoods };
        let suggestions = self.suggestions(&queries, clusters, sample(&known, &units, clusters, purity, mixed), mixed);
        let rows = self.rows(&queries, &calibration);
        let expected = ExpectedAccuracy::of(&rows, &known, &calibration);
        LabelPredictions { classes: known.classes, rows, expected, suggestions }
    }

    fn suggestions(
        &self,
        queries: &BatchQueries<'_>,
        clusters: &[Option<ClusterId>],
        sample: Option<Suggestion>,
        mixed: bool,
    ) -> Vec<Suggestion> {
        let x = self.x.view();
        let unnamed = unnamed(x, &self.points, clusters, queries.known);
        let waiting: usize = unnamed.iter().map(UnnamedCluster::len).sum();
        let kept = queries.known.removed.iter().filter(|removed| !**removed).count();
        let naming = (waiting as f64) > (1.0 - NAMED_SHARE) * kept as f64;
        let names = unnamed.iter().map(|cluster| cluster.suggestion(x, queries.probabilities, &queries.known.classes));
        let mut batches: Vec<ScoredSuggestion> = Vec::new();
        // With a single class there is nothing to tell it from.
        if queries.known.classes.len() >= 2 {
            batches.extend(queries.by_class());
            batches.extend(queries.neighbourhood());
            batches.extend(queries.duplicates());
        }
        batches.sort_by(|a, b| b.score.total_cmp(&a.score));
        let batches = batches.into_iter().map(|batch| batch.suggestion);
        let mut all: Vec<Suggestion> = sample.into_iter().filter(|_| naming).collect();
        if naming && !mixed {
            all.extend(names.chain(batches));
        } else {
            all.extend(batches.chain(names));
        }
        all.extend(merges(x, &unnamed));
        all
    }

    fn rows(&self, queries: &BatchQueries<'_>, calibration: &Calibration) -> Vec<RowPrediction> {
        let mut rows: Vec<RowPrediction> = (0..self.ids.len()).map(|row| self.row(row, queries, calibration)).collect();
        for (a, b) in queries.conflicts() {
            rows[a].label_error_score = 1.0;
            rows[b].label_error_score = 1.0;
        }
        rows
    }

    fn row(&self, row: usize, queries: &BatchQueries<'_>, calibration: &Calibration) -> RowPrediction {
        let known = queries.known;
        let probabilities: ArrayView2<'_, f32> = queries.probabilities;
        if known.removed[row] {
            return RowPrediction { class: None, confidence: 0.0, label_error_score: 0.0 };
        }
        let outlier = 0.5 * self.neighbourhoods.outlier_score[row];
        if known.classes.is_empty() {
            return RowPrediction { class: None, confidence: 0.0, label_error_score: outlier };
        }
        let class = known.label[row].unwrap_or_else(|| most_probable(probabilities.row(row)));
        let share = probabilities[[row, class]];
        let confidence = match known.label[row] {
            None => calibration.guess(probabilities.row(row), class),
            Some(_) if known.by_hand[row] => share,
            Some(_) => calibration.named(share),
        };
        let doubt = 0.5 * (1.0 - share + self.neighbourhoods.disagreement(row, class, &known.label));
        let label_error_score = if known.by_hand[row] { 0.0 } else { 1.0 - (1.0 - doubt) * (1.0 - outlier) };
        RowPrediction { class: Some(class), confidence, label_error_score: label_error_score.clamp(0.0, 1.0) }
    }
}
