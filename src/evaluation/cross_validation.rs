//! Cross-validation: one recipe, trained once per fold and judged on what it did not see.
//!
//! Reference: Stone, "Cross-Validatory Choice and Assessment of Statistical Predictions", 1974.

use std::sync::Mutex;
use std::time::Instant;

use ndarray::{Array2, ArrayView2, Axis};

use super::{FoldScores, FoldStatistics};
use crate::data::{ClassId, ImageId};
use crate::device::Device;
use crate::memory::MemoryBudget;
use crate::metrics::ConfusionMatrix;
use crate::metrics::classification::{accuracy, balanced_accuracy, log_loss, macro_f1};
use crate::progress::{Event, Observer};
use crate::training::{ClassifierRecipe, Split, TrainError, TrainingSet, most_likely, train};

/// The images, and how they are divided, for all recipes alike; slices have one entry per image.
pub struct CrossValidation<'a> {
    /// Content hashes.
    pub ids: &'a [ImageId],
    /// True classes, indices into `classes`.
    pub y: &'a [ClassId],
    /// Names of the classes.
    pub classes: &'a [String],
    /// Weight of each label, 0 or more.
    pub weights: &'a [f32],
    /// One per fold: its test images are those of the fold.
    pub splits: &'a [Split],
    /// Where networks learn.
    pub device: Device,
    /// How much memory one classifier may take while it learns.
    pub memory: MemoryBudget,
    /// Hears of every fold, and of each warning once.
    pub observer: &'a dyn Observer,
}

/// The result of one recipe.
#[derive(Debug, Clone)]
pub enum RecipeResult {
    /// Probabilities of shape `[n_images, n_classes]`, each row by the classifier that was not shown the image.
    Scored { scores: Box<FoldScores>, probabilities: Array2<f32> },
    /// The error, where it could not be trained.
    Failed(String),
}

/// The scores of one fold.
struct Fold {
    accuracy: f64,
    balanced_accuracy: f64,
    macro_f1: f64,
    log_loss: f64,
    seconds: f64,
}

impl<'a> CrossValidation<'a> {
    /// Trains the recipe once per fold on the rows of `x`, of shape `[n_images, n_features]`.
    #[must_use]
    pub fn run(&self, recipe: &ClassifierRecipe, seed: u64, x: ArrayView2<'a, f32>) -> RecipeResult {
        let mut probabilities = Array2::zeros((x.nrows(), self.classes.len()));
        let mut folds = Vec::new();
        let quiet = WarningsOnce { outer: self.observer, heard: Mutex::new(Vec::new()) };
        for (number, split) in self.splits.iter().enumerate() {
            match self.fold(recipe, seed, x, split, &quiet) {
                Ok((fold, of_fold)) => {
                    folds.push(fold);
                    for (row, of_row) in split.test.iter().zip(of_fold.rows()) {
                        probabilities.row_mut(*row).assign(&of_row);
                    }
                }
                Err(error) => {
                    self.observer.on(Event::Advanced { by: self.splits.len() - number });
                    return RecipeResult::Failed(format!("fold {}: {error}", number + 1));
                }
            }
            self.observer.on(Event::Advanced { by: 1 });
        }
        let over = |score: fn(&Fold) -> f64| FoldStatistics::of(folds.iter().map(score).collect());
        let scores = FoldScores {
            accuracy: over(|fold| fold.accuracy),
            balanced_accuracy: over(|fold| fold.balanced_accuracy),
            macro_f1: over(|fold| fold.macro_f1),
            log_loss: over(|fold| fold.log_loss),
            seconds: over(|fold| fold.seconds),
        };
        RecipeResult::Scored { scores: Box::new(scores), probabilities }
    }

    /// Scores and probabilities, shape `[n_test, n_classes]`, of the test images of `split`.
    fn fold(
        &self,
        recipe: &ClassifierRecipe,
        seed: u64,
        x: ArrayView2<'a, f32>,
        split: &Split,
        observer: &dyn Observer,
    ) -> Result<(Fold, Array2<f32>), TrainError> {
        let began = Instant::now();
        self.memory.admit(recipe.memory(x.nrows(), x.ncols(), self.classes.len()))?;
        let set = TrainingSet { ids: self.ids, x, y: self.y, classes: self.classes, weights: Some(self.weights) };
        let trained = train(recipe, &set, split, self.device, seed, observer)?;
        let probabilities = trained.head.probabilities(x.select(Axis(0), &split.test).view())?;
        let seconds = began.elapsed().as_secs_f64();
        let truth: Vec<ClassId> = split.test.iter().map(|&row| self.y[row]).collect();
        let matrix = ConfusionMatrix::of(&truth, &most_likely(probabilities.view()), self.classes);
        let fold = Fold {
            accuracy: accuracy(&matrix).unwrap_or(f64::NAN),
            balanced_accuracy: balanced_accuracy(&matrix).unwrap_or(f64::NAN),
            macro_f1: macro_f1(&matrix).unwrap_or(f64::NAN),
            log_loss: log_loss(&truth, probabilities.view()).unwrap_or(f64::NAN),
            seconds,
        };
        Ok((fold, probabilities))
    }
}

impl RecipeResult {
    /// Its scores; `None` where it failed.
    #[must_use]
    pub fn scores(&self) -> Option<&FoldScores> {
        match self {
            Self::Scored { scores, .. } => Some(scores),
            Self::Failed(_) => None,
        }
    }

    /// Why it failed; `None` where it did not.
    #[must_use]
    pub fn failed(&self) -> Option<&str> {
        match self {
            Self::Scored { .. } => None,
            Self::Failed(why) => Some(why),
        }
    }

    /// Of shape `[n_images, n_classes]`; `None` where it failed.
    #[must_use]
    pub fn probabilities(&self) -> Option<&Array2<f32>> {
        match self {
            Self::Scored { probabilities, .. } => Some(probabilities),
            Self::Failed(_) => None,
        }
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
    use crate::progress::Silent;
    use crate::training::{KnnRecipe, LinearRecipe};

    /// Two classes on a line, well apart; two folds of alternating images.
    fn run(recipe: &ClassifierRecipe) -> RecipeResult {
        let n = 8;
        let ids: Vec<ImageId> = (0..n).map(|row: usize| ImageId::of_bytes(&row.to_le_bytes())).collect();
        let y: Vec<ClassId> = (0..n).map(|row| ClassId(row / 4)).collect();
        let classes = ["a".to_owned(), "b".to_owned()];
        let x = Array2::from_shape_fn((n, 2), |(row, column)| {
            let near = if row / 4 == column { 1.0 } else { 0.0 };
            near + row as f32 / 100.0
        });
        let fold = |of: usize| Split {
            train: (0..n).filter(|row| row % 2 != of).collect(),
            validation: Vec::new(),
            test: (0..n).filter(|row| row % 2 == of).collect(),
        };
        let splits = [fold(0), fold(1)];
        let weights = vec![1.0; n];
        let validation = CrossValidation {
            ids: &ids,
            y: &y,
            classes: &classes,
            weights: &weights,
            splits: &splits,
            memory: MemoryBudget::of_machine(),
            device: Device::Cpu,
            observer: &Silent,
        };
        validation.run(recipe, 3, x.view())
    }

    #[test]
    fn every_image_is_judged_once_by_a_classifier_that_did_not_see_it() {
        for recipe in [LinearRecipe::default().into(), KnnRecipe::default().into()] {
            let result = run(&recipe);
            let scores = result.scores().unwrap();
            assert_eq!(scores.accuracy.folds, [1.0, 1.0], "{recipe:?}");
            let probabilities = result.probabilities().unwrap();
            assert!(probabilities.rows().into_iter().all(|row| (row.sum() - 1.0).abs() < 1e-5), "{probabilities}");
            let wanted: Vec<ClassId> = (0..8).map(|row| ClassId(row / 4)).collect();
            assert_eq!(most_likely(probabilities.view()), wanted);
            let again = run(&recipe);
            assert_eq!(again.probabilities(), result.probabilities(), "{recipe:?}: same seed");
        }
    }
}
