//! Confidence model of a classifier: its temperature, its rejection of what is novel or unsure, and the training
//! images behind both.

use std::num::NonZeroUsize;

use ndarray::ArrayView2;

use super::{CalibrateRecipe, Calibration, HeldOut, Recognition, RejectRecipe, RejectRule};
use crate::device::Device;
use crate::progress::{Note, Observer, Silent, Stage, Warning};
use crate::training::classifiers::{ClassifierRecipe, confidences};
use crate::training::neighbours::{Metric, TrainingNeighbours};
use crate::training::split::{Divisible, Folds, Split};
use crate::training::{ClassifierError, TrainError, Trained, TrainingSet, train};

/// Confidence model: temperature scaling of a classifier's probabilities, and rejection of what is novel or unsure.
pub struct ConfidenceModel {
    /// Scores to probabilities.
    pub calibration: Calibration,
    /// When an image is `unknown`.
    pub reject: RejectRule,
    /// The training images as a reference.
    pub neighbours: TrainingNeighbours,
}

/// A trained classifier and its training, from which [`ConfidenceModel::fit`] learns.
pub struct ConfidenceFit<'a> {
    /// The kind of classifier that was trained.
    pub classifier: &'a ClassifierRecipe,
    /// On which images the temperature is chosen.
    pub calibrate: CalibrateRecipe,
    /// When an image is `unknown`.
    pub reject: RejectRecipe,
    /// The seed of the training.
    pub seed: u64,
    /// Whether the network was trained too. That is not done again for each fold: validation images must do.
    pub finetuned: bool,
    /// Labelled images.
    pub set: &'a TrainingSet<'a>,
    /// The same with what must stay together.
    pub divisible: &'a Divisible<'a>,
    /// How they were divided.
    pub split: &'a Split,
    /// The classifier.
    pub trained: &'a Trained,
}

impl ConfidenceModel {
    /// Fits temperature and threshold on images that the classifier, or its like, did not learn from.
    ///
    /// With few validation images, classifiers of the same recipe are trained without one fold after the other.
    /// `path` gives the file of a row, by which the neighbours of a prediction are named.
    ///
    /// # Errors
    /// When a classifier cannot be trained, or features do not fit.
    pub fn fit(
        training: &ConfidenceFit<'_>,
        path: impl Fn(usize) -> String,
        device: Device,
        observer: &dyn Observer,
    ) -> Result<Self, TrainError> {
        let ConfidenceFit { calibrate, set, split, .. } = training;
        let neighbours = TrainingNeighbours::fit(set, path, &split.train, None, Metric::Cosine, training.seed);
        if neighbours.references().len() < neighbours.n_training() {
            observer.note(&Note::ReferenceSampled {
                training: neighbours.n_training(),
                kept: neighbours.references().len(),
            });
        }
        let by_folds = !training.finetuned && calibrate.folds > 1 && split.validation.len() < calibrate.enough;
        let held_out = if by_folds {
            held_out_by_folds(training, device, observer)?
        } else {
            HeldOut::validation(set, &split.validation, training.trained.before_refit(), &neighbours)?
        };
        let calibration = Calibration::fit(held_out.logits.view(), &held_out.truth, held_out.from);
        let confidences = confidences(calibration.probabilities(held_out.logits).view());
        let reject = RejectRule::fit(&held_out.outlier_scores, &confidences, training.reject);
        Ok(Self { calibration, reject, neighbours })
    }

    /// How far each row of `x`, shape `[n, n_features]`, is recognised, given its calibrated confidence.
    ///
    /// # Errors
    /// When `x` has another number of features than the training images.
    pub fn recognise(&self, x: ArrayView2<'_, f32>, confidences: &[f32]) -> Result<Vec<Recognition>, ClassifierError> {
        self.reject.recognise_all(&self.neighbours, x, confidences)
    }
}

/// Predictions by classifiers of the same recipe, trained without one fold after the other.
fn held_out_by_folds(
    training: &ConfidenceFit<'_>,
    device: Device,
    observer: &dyn Observer,
) -> Result<HeldOut, TrainError> {
    let ConfidenceFit { classifier, calibrate, seed, set, divisible, split, .. } = training;
    let mut rows: Vec<usize> = split.train.iter().chain(&split.validation).copied().collect();
    rows.retain(|&row| set.weights.is_none_or(|weights| weights[row] > 0.0));
    rows.sort_unstable();
    let k = NonZeroUsize::new(calibrate.folds).unwrap_or(NonZeroUsize::MIN);
    let Ok((folds, _)) = Folds::of(divisible, k, *seed) else {
        observer.warn(&Warning::TooFewToCalibrate);
        return Ok(HeldOut::none(set.classes.len()));
    };
    let stage = observer.stage(Stage::Calibrate, folds.k());
    HeldOut::by_folds(set, &rows, folds.of_rows(), *seed, |learned, held| {
        let split = Split { train: learned.to_vec(), validation: held.to_vec(), test: Vec::new() };
        let trained = train(classifier, set, &split, device, *seed, &Silent)?;
        stage.advance(1);
        // The one that never saw the fold: the other was refitted on it.
        Ok(trained.before_refit().clone())
    })
}
