//! Labelled features become a classifier.
//!
//! ```text
//!  recipe ─┐
//!  split ──┼─▶ learner (burn) ──▶ head (plain arrays) ──▶ predictions, model.safetensors
//!  x, y ───┘     mlp, batches, loss, schedule
//! ```
//!
//! The network lives in burn only while it learns; what leaves is a [`Head`], which needs no backend.

mod augment;
mod batches;
mod calibrate;
mod class_weights;
mod classifier;
mod error;
mod finetune;
mod folds;
mod grad_cam;
mod head;
mod head_file;
mod held_out;
mod knn;
mod knn_file;
mod learner;
mod linear;
mod loss;
mod mlp;
mod neighbours;
mod neighbours_file;
mod recipe;
mod reject;
mod schedule;
mod split;
mod standardizer;
mod training_set;
mod weights;

use std::fmt;

use serde::{Deserialize, Serialize};

pub use augment::{AugmentRecipe, Flip, UpTo};
pub use calibrate::{CalibrateRecipe, Calibration, Fit, HeldOutFrom};
pub use class_weights::ClassWeights;
pub use classifier::Classifier;
pub use error::TrainError;
pub use finetune::{FineTune, FineTuned, FinetuneRecipe, Pictures, Precision, TrainedPart, finetune};
pub use folds::{Folds, FoldsError};
pub use grad_cam::heat_map;
pub use head::{Head, HeadError, Layer, most_likely, softmax};
pub use held_out::HeldOut;
pub use knn::{Knn, KnnRecipe, Votes};
pub use linear::LinearRecipe;
pub use neighbours::{Metric, Neighbour, Reference, Resemblance, TrainingNeighbours};
pub use recipe::{HeadRecipe, MlpRecipe};
pub use reject::{RejectRecipe, RejectRule, UNKNOWN};
pub use schedule::Schedule;
pub use split::{
    Disjointness, Divisible, GroupProof, Groups, NearDuplicates, NearProof, SharesError, Split, SplitRecipe,
    SplitShares,
};
pub use standardizer::{Scaling, Standardizer};
pub use training_set::TrainingSet;

use crate::device::Device;
use crate::progress::{Event, Observer};

/// A classifier and how it came about.
#[derive(Debug, Clone, PartialEq)]
pub struct Trained {
    /// What classifies.
    pub head: Classifier,
    /// The classifier as it was before it learned from the validation images too; `None` where it did not.
    pub held_out: Option<Classifier>,
    /// Every epoch whose losses were finite; none of a classifier that remembers.
    pub history: Vec<Epoch>,
    /// The epoch of lowest validation loss, counted from 1; 0 without epochs.
    pub best_epoch: usize,
    /// Why training ended.
    pub stopped: Stopped,
}

impl Trained {
    /// The classifier that never saw the validation images: what is measured on them is honest.
    #[must_use]
    pub fn judged(&self) -> &Classifier {
        self.held_out.as_ref().unwrap_or(&self.head)
    }
}

/// What one pass over the training images measured.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Epoch {
    /// Counted from 1.
    pub epoch: usize,
    /// Mean loss while the weights changed, of the disturbed images.
    pub train_loss: f64,
    /// Share classified right while the weights changed, in `0.0..=1.0`.
    pub train_accuracy: f64,
    /// Mean loss at the end of the epoch: cross-entropy in nats, or the generalised one.
    pub validation_loss: f64,
    /// Share classified right at the end of the epoch, in `0.0..=1.0`.
    pub validation_accuracy: f64,
    /// Wall time of the epoch, validation included.
    pub seconds: f64,
}

/// Why training ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stopped {
    /// All epochs of the recipe were run.
    Epochs,
    /// There was nothing to iterate.
    AtOnce,
    /// The validation loss had not fallen for as many epochs as the recipe's patience.
    Patience,
    /// The loss was no longer finite in this epoch; the best weights from before were kept.
    Diverged { epoch: usize },
}

impl fmt::Display for Stopped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Epochs => f.write_str("all epochs were run"),
            Self::AtOnce => f.write_str("it learned at once"),
            Self::Patience => f.write_str("the validation loss stopped falling"),
            Self::Diverged { epoch } => write!(f, "the loss diverged in epoch {epoch}"),
        }
    }
}

/// Learns to tell `data.classes` apart from the training part of `split`, judged by the validation part.
///
/// Without validation images the training loss is the judge. The same data, split and seed give the same weights to
/// the bit on the processor with the same number of threads.
///
/// # Errors
/// When the arrays do not fit each other, the training part shows fewer than two classes, the split shares images
/// between its parts, or not even the first epoch had a finite loss. Later divergence is a warning: the best weights
/// are kept.
pub fn train<'a>(
    recipe: impl Into<HeadRecipe<'a>>,
    data: &TrainingSet<'_>,
    split: &Split,
    device: Device,
    seed: u64,
    observer: &dyn Observer,
) -> Result<Trained, TrainError> {
    data.check(split)?;
    match recipe.into() {
        HeadRecipe::Linear(recipe) => linear::fit(recipe, data, split, seed),
        HeadRecipe::Mlp(recipe) => learn(recipe, data, split, device, seed, observer),
        HeadRecipe::Knn(recipe) => {
            let head = Classifier::Knn(Knn::fit(recipe, data, &split.train, seed));
            Ok(Trained { head, held_out: None, history: Vec::new(), best_epoch: 0, stopped: Stopped::AtOnce })
        }
    }
}

/// Learns a multilayer perceptron, step by step.
fn learn(
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
    let (standardizer, x) = standardizer::standardised(data.x, &split.train, recipe.scaling);
    let weights = weights::weights(x.view(), data, split, &recipe.class_weights, recipe.doubt.get(), seed)?;
    let fitted = device.run(learner::Fit {
        recipe,
        x,
        targets: loss::targets(data.y, &weights, data.classes.len(), recipe.label_smoothing.get()),
        y: data.y,
        weights: &weights,
        train: &split.train,
        validation,
        refit: recipe.refit && !without_validation,
        seed,
        observer,
    });
    let learner::Fitted { layers, judged, history, best_epoch, stopped } = fitted?;
    let text = format!("{stopped}; the weights of epoch {best_epoch} are kept");
    match stopped {
        Stopped::Patience => observer.on(Event::Note { text: &text }),
        Stopped::Diverged { .. } => observer.on(Event::Warning { text: &text }),
        Stopped::Epochs | Stopped::AtOnce => {}
    }
    let lowest = history[best_epoch - 1].validation_loss;
    let guessing = loss::of_guessing(data.classes.len(), recipe.robustness.get());
    if lowest >= guessing {
        let text = format!(
            "nothing was learned: the best validation loss is {lowest:.3}, equal guesses give {guessing:.3}; \
             lower `learning_rate` or check the labels"
        );
        observer.on(Event::Warning { text: &text });
    }
    let held_out =
        (layers != judged).then(|| Head::new(standardizer.clone(), judged).map(Classifier::Mlp)).transpose()?;
    let head = Classifier::Mlp(Head::new(standardizer, layers)?);
    Ok(Trained { head, held_out, history, best_epoch, stopped })
}

#[cfg(test)]
mod tests;
