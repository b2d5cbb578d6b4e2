//! The multilayer perceptron: a recipe, a burn network while it learns, and a [`Head`] afterwards.

mod batches;
mod learner;
mod network;
mod recipe;

use super::classifier::Classifier;
use super::head::Head;
use crate::device::Device;
use crate::progress::{Event, Observer};
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
        observer.on(Event::Warning { text: "no validation images: the training loss decides when to stop" });
    }
    let (standardizer, x) = standardised(data.x, &split.train, recipe.scaling);
    let weights = label_weights(x.view(), data, split, &recipe.class_weights, recipe.doubt.get(), seed)?;
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
    let TrainedMlp { layers, judged, history, best_epoch, stopped } = fitted?;
    let text = format!("{stopped}; the weights of epoch {best_epoch} are kept");
    match stopped {
        StopReason::Patience => observer.on(Event::Note { text: &text }),
        StopReason::Diverged { .. } => observer.on(Event::Warning { text: &text }),
        StopReason::Epochs | StopReason::WithoutEpochs => {}
    }
    let lowest = history[best_epoch - 1].validation_loss;
    let guessing = of_guessing(data.classes.len(), recipe.robustness.get());
    if lowest >= guessing {
        let text = format!(
            "nothing was learned: the best validation loss is {lowest:.3}, equal guesses give {guessing:.3}; \
             lower `learning_rate` or check the labels"
        );
        observer.on(Event::Warning { text: &text });
    }
    // Without a refit both are the same weights, and one classifier is enough.
    let held_out =
        (layers != judged).then(|| Head::new(standardizer.clone(), judged).map(Classifier::Mlp)).transpose()?;
    let head = Classifier::Mlp(Head::new(standardizer, layers)?);
    Ok(Trained { head, held_out, history, best_epoch, stopped })
}
