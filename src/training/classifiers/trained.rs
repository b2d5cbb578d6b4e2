//! The result of a training: the classifier, its epochs, and why it ended.

use serde::{Deserialize, Serialize};

use super::Classifier;

/// A classifier and how it came about.
#[derive(Debug, Clone, PartialEq)]
pub struct Trained {
    /// The classifier.
    pub head: Classifier,
    /// The classifier as it was before it learned from the validation images too; `None` where it did not.
    pub held_out: Option<Classifier>,
    /// Every epoch whose losses were finite, in order; empty for classifiers that are fitted without epochs (logistic
    /// regression, k nearest neighbours).
    pub history: Vec<Epoch>,
    /// The epoch of lowest validation loss, counted from 1; 0 without epochs.
    pub best_epoch: usize,
    /// Why training ended.
    pub stopped: StopReason,
}

impl Trained {
    /// A classifier that is fitted without epochs.
    pub(in crate::training) const fn without_epochs(head: Classifier, held_out: Option<Classifier>) -> Self {
        Self { head, held_out, history: Vec::new(), best_epoch: 0, stopped: StopReason::WithoutEpochs }
    }

    /// The classifier that never saw the validation images: what is measured on them is honest.
    #[must_use]
    pub fn before_refit(&self) -> &Classifier {
        self.held_out.as_ref().unwrap_or(&self.head)
    }
}

/// Loss and accuracy of one pass over the training images.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Epoch {
    /// Counted from 1.
    pub epoch: usize,
    /// Mean loss while the weights changed, with dropout and mixup, in nats or as the generalised loss has it.
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
pub enum StopReason {
    /// All epochs of the recipe were run.
    Epochs,
    /// The classifier is fitted without epochs.
    #[serde(rename = "at_once")]
    WithoutEpochs,
    /// Early stopping: the validation loss had not fallen for as many epochs as the recipe's patience.
    Patience,
    /// The loss was no longer finite in this epoch; the best weights from before were kept.
    Diverged { epoch: usize },
}
