//! What makes a classifier's answers believable: its temperature, when an image is unknown, and its training images.

use std::num::NonZeroUsize;

use crate::commands::CommandError;
use crate::progress::{Note, Silent, Stage, Warning};
use crate::runs::TrainRecipe;
use crate::training::{
    Calibration, Divisible, Folds, HeldOut, Metric, RejectRule, Split, Trained, TrainingNeighbours, TrainingSet,
    train as fit,
};
use crate::workflow::Context;
use crate::workflow::feature_table::FeatureTable;

/// What a checkpoint keeps beside the classifier.
pub(super) struct Trust {
    pub calibration: Calibration,
    pub reject: RejectRule,
    pub neighbours: TrainingNeighbours,
}

/// A classifier, and what it learned from.
pub(super) struct Learned<'a> {
    pub recipe: &'a TrainRecipe,
    pub set: &'a TrainingSet<'a>,
    pub divisible: &'a Divisible<'a>,
    pub split: &'a Split,
    pub trained: &'a Trained,
    pub numbers: &'a FeatureTable,
}

impl Trust {
    /// Looks at images that `learned` did not learn from.
    pub(super) fn earn(learned: &Learned<'_>, context: &Context<'_>) -> Result<Self, CommandError> {
        let Learned { recipe, set, split, trained, numbers, .. } = learned;
        let path = |row: usize| numbers.files[row].display().to_string();
        let neighbours = TrainingNeighbours::fit(set, path, &split.train, None, Metric::Cosine, recipe.seed);
        if neighbours.references().len() < neighbours.n_training() {
            context.observer.note(&Note::ReferenceSampled {
                training: neighbours.n_training(),
                kept: neighbours.references().len(),
            });
        }
        // A network that was fine-tuned is not trained again for this.
        let by_folds =
            recipe.finetune.is_none() && recipe.calibrate.folds > 1 && split.validation.len() < recipe.calibrate.enough;
        let held = if by_folds {
            held_out_by_folds(learned, context)?
        } else {
            HeldOut::validation(set, &split.validation, trained.before_refit(), &neighbours)?
        };
        let calibration = Calibration::fit(held.logits.view(), &held.truth, held.from);
        let probabilities = calibration.probabilities(held.logits);
        let confidences: Vec<f32> =
            probabilities.rows().into_iter().map(|row| row.fold(0.0, |a, &b| b.max(a))).collect();
        let reject = RejectRule::fit(&held.outlier_scores, &confidences, recipe.reject.keep);
        Ok(Self { calibration, reject, neighbours })
    }

    /// How unfamiliar `rows` are, given their calibrated `confidences`.
    pub(super) fn unfamiliarity(
        &self,
        numbers: &FeatureTable,
        rows: &[usize],
        confidences: &[f32],
    ) -> Result<Vec<f64>, CommandError> {
        let scores = self.neighbours.outlier_scores(numbers.x.select(ndarray::Axis(0), rows).view())?;
        Ok(scores.into_iter().zip(confidences).map(|(r, &c)| self.reject.novelty(r, c)).collect())
    }
}

/// The recipe again, without one fold after the other.
fn held_out_by_folds(learned: &Learned<'_>, context: &Context<'_>) -> Result<HeldOut, CommandError> {
    let Learned { recipe, set, divisible, split, .. } = learned;
    let mut rows: Vec<usize> = split.train.iter().chain(&split.validation).copied().collect();
    rows.retain(|&row| set.weights.is_none_or(|weights| weights[row] > 0.0));
    rows.sort_unstable();
    let k = NonZeroUsize::new(recipe.calibrate.folds).unwrap_or(NonZeroUsize::MIN);
    let Ok((folds, _)) = Folds::of(divisible, k, recipe.seed) else {
        context.observer.warn(&Warning::TooFewToCalibrate);
        return Ok(HeldOut::none(set.classes.len()));
    };
    let stage = context.observer.stage(Stage::Calibrate, folds.k());
    HeldOut::by_folds(set, &rows, folds.of_rows(), recipe.seed, |learned, held| {
        let split = Split { train: learned.to_vec(), validation: held.to_vec(), test: Vec::new() };
        let trained = fit(&recipe.head(), set, &split, context.device, recipe.seed, &Silent)?;
        stage.advance(1);
        // The one that never saw the fold: the other was refitted on it.
        Ok(trained.before_refit().clone())
    })
}
