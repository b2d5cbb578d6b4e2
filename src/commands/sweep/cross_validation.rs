//! One recipe, trained once per fold and judged on what it did not see.

use std::sync::Mutex;
use std::time::Instant;

use ndarray::{Array2, ArrayView2, Axis};
use serde::Serialize;

use crate::data::{ClassId, ImageId};
use crate::metrics::ConfusionMatrix;
use crate::metrics::classification::{accuracy, balanced_accuracy, log_loss, macro_f1};
use crate::progress::{Event, Observer};
use crate::runs::{RankBy, TrainRecipe};
use crate::training::{Split, TrainError, TrainingSet, most_likely, train};
use crate::workflow::Context;

/// The images, and how they are divided, for all recipes alike.
pub(super) struct CrossValidation<'a> {
    pub ids: &'a [ImageId],
    pub y: &'a [ClassId],
    pub classes: &'a [String],
    pub weights: &'a [f32],
    /// One per fold.
    pub splits: &'a [Split],
    pub context: &'a Context<'a>,
}

/// What became of a recipe.
pub(super) enum Outcome {
    /// Probabilities of shape `[n_images, n_classes]`, each row by the classifier that was not shown the image.
    Scored { scores: Box<FoldScores>, probabilities: Array2<f32> },
    /// It could not be trained.
    Failed(String),
}

/// Scores of a recipe over the folds.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FoldScores {
    /// Share of images classified right, in `0.0..=1.0`.
    pub accuracy: Spread,
    /// Mean recall of the classes, in `0.0..=1.0`.
    pub balanced_accuracy: Spread,
    /// Mean F1 of the classes, in `0.0..=1.0`.
    pub macro_f1: Spread,
    /// Mean negative log-likelihood of the true class, in nats.
    pub log_loss: Spread,
    /// Time to train and predict, in seconds.
    pub seconds: Spread,
}

/// A number per fold and what they come to.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Spread {
    /// Their mean.
    pub mean: f64,
    /// Their standard deviation, with n − 1.
    pub std: f64,
    /// In the order of the folds.
    pub folds: Vec<f64>,
}

impl<'a> CrossValidation<'a> {
    /// Trains `recipe` once per fold on the rows of `x`, of shape `[n_images, n_features]`.
    pub fn judge(&self, recipe: &TrainRecipe, x: ArrayView2<'a, f32>) -> Outcome {
        let mut probabilities = Array2::zeros((x.nrows(), self.classes.len()));
        let mut folds = Vec::new();
        let quiet = WarningsOnce { outer: self.context.observer, heard: Mutex::new(Vec::new()) };
        for (number, split) in self.splits.iter().enumerate() {
            match self.fold(recipe, x, split, &quiet, &mut probabilities) {
                Ok(scores) => folds.push(scores),
                Err(error) => {
                    self.context.observer.on(Event::Advanced { by: self.splits.len() - number });
                    return Outcome::Failed(format!("fold {}: {error}", number + 1));
                }
            }
            self.context.observer.on(Event::Advanced { by: 1 });
        }
        let spread = |score: usize| Spread::of(folds.iter().map(|fold| fold[score]).collect());
        let scores = FoldScores {
            accuracy: spread(0),
            balanced_accuracy: spread(1),
            macro_f1: spread(2),
            log_loss: spread(3),
            seconds: spread(4),
        };
        Outcome::Scored { scores: Box::new(scores), probabilities }
    }

    fn fold(
        &self,
        recipe: &TrainRecipe,
        x: ArrayView2<'a, f32>,
        split: &Split,
        observer: &dyn Observer,
        all: &mut Array2<f32>,
    ) -> Result<[f64; 5], TrainError> {
        let began = Instant::now();
        let set = TrainingSet { ids: self.ids, x, y: self.y, classes: self.classes, weights: Some(self.weights) };
        let trained = train(&recipe.head(), &set, split, self.context.device, recipe.seed, observer)?;
        let probabilities = trained.head.probabilities(x.select(Axis(0), &split.test).view())?;
        let seconds = began.elapsed().as_secs_f64();
        for (row, of_row) in split.test.iter().zip(probabilities.rows()) {
            all.row_mut(*row).assign(&of_row);
        }
        let truth: Vec<ClassId> = split.test.iter().map(|&row| self.y[row]).collect();
        let matrix = ConfusionMatrix::of(&truth, &most_likely(probabilities.view()), self.classes);
        let scores =
            [accuracy(&matrix), balanced_accuracy(&matrix), macro_f1(&matrix), log_loss(&truth, probabilities.view())];
        let [accuracy, balanced, f1, loss] = scores.map(|score| score.unwrap_or(f64::NAN));
        Ok([accuracy, balanced, f1, loss, seconds])
    }
}

impl Outcome {
    pub fn scores(&self) -> Option<&FoldScores> {
        match self {
            Self::Scored { scores, .. } => Some(scores),
            Self::Failed(_) => None,
        }
    }

    pub fn failed(&self) -> Option<&str> {
        match self {
            Self::Scored { .. } => None,
            Self::Failed(why) => Some(why),
        }
    }

    /// Of shape `[n_images, n_classes]`.
    pub fn probabilities(&self) -> Option<&Array2<f32>> {
        match self {
            Self::Scored { probabilities, .. } => Some(probabilities),
            Self::Failed(_) => None,
        }
    }
}

impl FoldScores {
    /// The scores that count.
    pub(super) fn ranking(&self, rank_by: RankBy) -> &Spread {
        match rank_by {
            RankBy::Accuracy => &self.accuracy,
            RankBy::BalancedAccuracy => &self.balanced_accuracy,
            RankBy::MacroF1 => &self.macro_f1,
            RankBy::LogLoss => &self.log_loss,
        }
    }

    /// Larger is better.
    pub(super) fn worth(&self, rank_by: RankBy) -> f64 {
        let mean = self.ranking(rank_by).mean;
        if rank_by == RankBy::LogLoss { -mean } else { mean }
    }

    /// Whether the mean difference to `best`, fold by fold, is within its standard error (Breiman et al. 1984, who then
    /// take the simpler one).
    pub(super) fn as_good_as(&self, best: &Self, rank_by: RankBy) -> bool {
        let pairs = self.ranking(rank_by).folds.iter().zip(&best.ranking(rank_by).folds);
        let differences = Spread::of(pairs.map(|(own, best)| own - best).collect());
        differences.mean.abs() <= differences.std / (differences.folds.len() as f64).sqrt()
    }
}

impl Spread {
    fn of(folds: Vec<f64>) -> Self {
        let n = folds.len() as f64;
        let mean = folds.iter().sum::<f64>() / n;
        let squares: f64 = folds.iter().map(|value| (value - mean).powi(2)).sum();
        Self { mean, std: if n > 1.0 { (squares / (n - 1.0)).sqrt() } else { 0.0 }, folds }
    }
}

/// Passes on warnings, each once; the steps of a single training would drown the sweep's own.
struct WarningsOnce<'a> {
    outer: &'a dyn Observer,
    heard: Mutex<Vec<String>>,
}

impl Observer for WarningsOnce<'_> {
    fn on(&self, event: Event<'_>) {
        if let Event::Warning(warning) = event {
            let text = warning.to_string();
            let mut heard = self.heard.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            if !heard.contains(&text) {
                heard.push(text);
                self.outer.on(event);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scores(accuracy: &[f64]) -> FoldScores {
        let spread = Spread::of(accuracy.to_vec());
        FoldScores {
            accuracy: spread.clone(),
            balanced_accuracy: spread.clone(),
            macro_f1: spread.clone(),
            log_loss: spread.clone(),
            seconds: spread,
        }
    }

    #[test]
    fn a_steady_gap_counts_however_small_and_a_wavering_one_does_not() {
        let best = scores(&[0.90, 0.95, 0.85]);
        assert!((best.accuracy.mean - 0.9).abs() < 1e-12 && (best.accuracy.std - 0.05).abs() < 1e-12);
        assert!(best.as_good_as(&best, RankBy::Accuracy));
        assert!(!scores(&[0.89, 0.94, 0.84]).as_good_as(&best, RankBy::Accuracy));
        assert!(scores(&[0.91, 0.89, 0.87]).as_good_as(&best, RankBy::Accuracy));
        assert_eq!(best.worth(RankBy::LogLoss), -best.log_loss.mean);
    }
}
