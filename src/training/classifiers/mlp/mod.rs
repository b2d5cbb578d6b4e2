//! The multilayer perceptron: a recipe, a burn network while it learns, and a [`Head`] afterwards.

mod batches;
mod learner;
mod network;
mod recipe;

use super::classifier::Classifier;
use super::head::Head;
use crate::device::Device;
use crate::progress::{Note, Observer, Warning};
use crate::training::fitting::{label_weights, of_guessing, standardised, targets};
use crate::training::{Split, StopReason, TrainError, Trained, TrainingSet};
use learner::{MlpTraining, TrainedMlp};

pub use recipe::MlpRecipe;

/// Trains a multilayer perceptron epoch by epoch, with early stopping.
///
/// # Errors
/// When class weights name what is no class, or not even the first epoch had a finite loss.
pub fn fit(
    recipe: &MlpRecipe,
    data: &TrainingSet<'_>,
    split: &Split,
    device: Device,
    seed: u64,
    observer: &dyn Observer,
) -> Result<Trained, TrainError> {
    let without_validation = split.validation.is_empty();
    let validation = if without_validation { &split.train } else { &split.validation };
    if without_validation {
        observer.warn(&Warning::NoValidation);
    }
    let (standardizer, x) = standardised(data.x, &split.train, recipe.scaling);
    let weights = label_weights(x.view(), data, split, &recipe.class_weights, recipe.doubt.get(), seed, observer)?;
    let fitted = device.run(MlpTraining {
        recipe,
        x,
        targets: targets(data.y, &weights, data.classes.len(), recipe.label_smoothing.get()),
        y: data.y,
        weights: &weights,
        train: &split.train,
        validation,
        refit: recipe.refit && !without_validation,
        seed,
        observer,
    });
    let TrainedMlp { layers, before_refit, history, best_epoch, stopped } = fitted?;
    match stopped {
        StopReason::Patience => observer.note(&Note::TrainingEnded { early: true, best_epoch }),
        StopReason::Diverged { epoch } => observer.warn(&Warning::Diverged { epoch, best_epoch }),
        StopReason::Epochs | StopReason::WithoutEpochs => {}
    }
    let loss = history[best_epoch - 1].validation_loss;
    let guessing = of_guessing(data.classes.len(), recipe.robustness.get());
    if loss >= guessing {
        observer.warn(&Warning::NothingLearned { loss, guessing });
    }
    // Without a refit both are the same weights, and one classifier is enough.
    let held_out = (layers != before_refit)
        .then(|| Head::new(standardizer.clone(), before_refit).map(Classifier::Mlp))
        .transpose()?;
    let head = Classifier::Mlp(Head::new(standardizer, layers)?);
    Ok(Trained { head, held_out, history, best_epoch, stopped })
}
