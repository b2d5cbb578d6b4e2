//! Labelled features become a classifier.
//!
//! ```text
//!  recipe ─┐
//!  split ──┼─▶ learner (burn-train) ──▶ head (plain arrays) ──▶ predictions, model.safetensors
//!  x, y ───┘     mlp, loader, renderer, judge
//! ```
//!
//! The network lives in burn only while it learns; what leaves is a [`Head`], which needs no backend.

mod error;
mod folds;
mod head;
mod head_file;
mod judge;
mod learner;
mod loader;
mod mlp;
mod recipe;
mod renderer;
mod split;
mod standardizer;
mod training_set;

use std::fmt;

use serde::{Deserialize, Serialize};

pub use error::TrainError;
pub use folds::{Folds, FoldsError};
pub use head::{Head, HeadError, Layer, most_likely};
pub use recipe::{Dropout, DropoutOutOfRange, MlpRecipe};
pub use split::{
    Disjointness, Divisible, GroupProof, Groups, NearDuplicates, NearProof, SharesError, Split, SplitRecipe,
    SplitShares,
};
pub use standardizer::Standardizer;
pub use training_set::TrainingSet;

use crate::device::Device;
use crate::progress::{Event, Observer, Stage};

/// A classifier and how it came about.
#[derive(Debug, Clone, PartialEq)]
pub struct Trained {
    /// The weights of `best_epoch`.
    pub head: Head,
    /// Every epoch whose losses were finite.
    pub history: Vec<Epoch>,
    /// The epoch of lowest validation loss, counted from 1.
    pub best_epoch: usize,
    /// Why training ended.
    pub stopped: Stopped,
}

/// What one pass over the training images measured.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Epoch {
    /// Counted from 1.
    pub epoch: usize,
    /// Mean cross-entropy while the weights changed, in nats.
    pub train_loss: f64,
    /// Share classified right while the weights changed, in `0.0..=1.0`.
    pub train_accuracy: f64,
    /// Mean cross-entropy at the end of the epoch, in nats.
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
    /// The validation loss had not fallen for as many epochs as the recipe's patience.
    Patience,
    /// The loss was no longer finite in this epoch; the best weights from before were kept.
    Diverged { epoch: usize },
}

impl fmt::Display for Stopped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Epochs => f.write_str("all epochs were run"),
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
pub fn train(
    recipe: &MlpRecipe,
    data: &TrainingSet<'_>,
    split: &Split,
    device: Device,
    seed: u64,
    observer: &dyn Observer,
) -> Result<Trained, TrainError> {
    data.check(split)?;
    let validation = if split.validation.is_empty() { &split.train } else { &split.validation };
    if split.validation.is_empty() {
        observer.on(Event::Warning { text: "no validation images: the training loss decides when to stop" });
    }
    let mut x = data.x.to_owned();
    let standardizer = recipe.standardize.then(|| Standardizer::fit(data.x, &split.train));
    if let Some(standardizer) = &standardizer {
        standardizer.apply(x.view_mut());
    }
    let mut weights = data.weights.map_or_else(|| vec![1.0; data.ids.len()], <[f32]>::to_vec);
    normalise(&mut weights, &split.train);
    normalise(&mut weights, &split.validation);

    observer.on(Event::Started { stage: Stage::Train, total: recipe.epochs.get() });
    let fitted = device.run(learner::Fit {
        recipe,
        x,
        y: data.y.iter().map(|class| class.0 as u32).collect(),
        weights,
        n_classes: data.classes.len(),
        train: &split.train,
        validation,
        seed,
        observer,
    });
    observer.on(Event::Finished);
    let learner::Fitted { layers, history, best_epoch, stopped } = fitted?;
    let text = format!("{stopped}; the weights of epoch {best_epoch} are kept");
    match stopped {
        Stopped::Epochs => {}
        Stopped::Patience => observer.on(Event::Note { text: &text }),
        Stopped::Diverged { .. } => observer.on(Event::Warning { text: &text }),
    }
    let loss = history[best_epoch - 1].validation_loss;
    let guessing = (data.classes.len() as f64).ln();
    if loss >= guessing {
        let text = format!(
            "nothing was learned: the best validation loss is {loss:.3}, equal guesses give {guessing:.3}; \
             lower `learning_rate` or check the labels"
        );
        observer.on(Event::Warning { text: &text });
    }
    Ok(Trained { head: Head::new(standardizer, layers)?, history, best_epoch, stopped })
}

/// Scales the weights of `rows` to a mean of 1; all 0 stays so.
fn normalise(weights: &mut [f32], rows: &[usize]) {
    let mean = rows.iter().map(|&row| f64::from(weights[row])).sum::<f64>() / rows.len().max(1) as f64;
    if mean > 0.0 {
        for &row in rows {
            weights[row] = (f64::from(weights[row]) / mean) as f32;
        }
    }
}

#[cfg(test)]
mod tests;
