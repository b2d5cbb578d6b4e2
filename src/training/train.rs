//! The way in: any classifier of a recipe, from labelled features and their split.

use super::classifiers::{Classifier, ClassifierRecipe, Knn, linear, mlp};
use super::{Split, TrainError, Trained, TrainingSet};
use crate::device::Device;
use crate::progress::Observer;

/// Learns to tell `data.classes` apart from the training part of `split`, validated on the validation part.
///
/// Without validation images the training loss decides. The same data, split and seed give the same weights to
/// the bit on the processor with the same number of threads.
///
/// # Errors
/// When the arrays do not fit each other, the training part shows fewer than two classes, the split shares images
/// between its parts, or not even the first epoch had a finite loss. Later divergence is a warning: the best weights
/// are kept.
pub fn train(
    recipe: &ClassifierRecipe,
    data: &TrainingSet<'_>,
    split: &Split,
    device: Device,
    seed: u64,
    observer: &dyn Observer,
) -> Result<Trained, TrainError> {
    data.check(split)?;
    match recipe {
        ClassifierRecipe::Mlp(recipe) => mlp::fit(recipe, data, split, device, seed, observer),
        ClassifierRecipe::Linear(recipe) => linear::fit(recipe, data, split, seed, observer),
        ClassifierRecipe::Knn(recipe) => {
            let knn = Knn::fit(recipe, data, &split.train, seed);
            Ok(Trained::without_epochs(Classifier::Knn(knn), None))
        }
    }
}
