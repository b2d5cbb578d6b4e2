//! Fine-tuning: a pretrained network learns on, together with the head on it.
//!
//! ```text
//!  pictures ─▶ prefix (frozen, kept in memory) ─▶ trainable part (burn) ─▶ head ─▶ loss
//!     └ augment                                        └──── after each epoch: state, to go on from
//! ```
//!
//! The result is a [`Head`] and the network's [`Weights`], which the native engine reads like any others.

mod activations;
mod head;
mod learner;
mod losses;
mod prefix;
mod recipe;
mod schedule;
mod state;
#[cfg(test)]
mod tests;

use std::path::Path;

pub use recipe::{FinetuneRecipe, Precision, TrainedPart};

use super::{Head, Split, StopReason, TrainError, Trained};
use crate::backbones::{Backbone, Weights};
use crate::data::{ClassId, ImageId};
use crate::device::Device;
use crate::images::Image;
use crate::memory::MemoryBudget;
use crate::progress::{Note, Observer, Stage, Warning};

/// Where images come from, ready for the network: decoded, at one brightness scale, of the network's input size.
pub trait Pictures: Sync {
    /// The image of a row of the data set.
    ///
    /// # Errors
    /// A text that says why it cannot be read, with its path.
    fn picture(&self, row: usize) -> Result<Image, String>;
}

/// A fine-tuning job: the network, its head, the images and their split.
#[derive(Clone, Copy)]
pub struct FineTune<'a> {
    /// How.
    pub recipe: &'a FinetuneRecipe,
    /// The pretrained network.
    pub backbone: &'a Backbone,
    /// The layer whose averages the head reads.
    pub layer: &'a str,
    /// A head trained on the frozen features.
    pub head: &'a Head,
    /// The same head after it learned from the validation images too: where the head alone learns, it then starts from
    /// this one and learns from all of them, once it is known for how many epochs. `None` leaves them out.
    pub refit: Option<&'a Head>,
    /// The images, by row.
    pub pictures: &'a dyn Pictures,
    /// Content ids, by row.
    pub ids: &'a [ImageId],
    /// Classes, by row; positions among the head's.
    pub y: &'a [ClassId],
    /// Label weights, by row; only ratios count.
    pub weights: &'a [f32],
    /// Rows to learn from and to validate on.
    pub split: &'a Split,
    /// Decides the order of images and their altered versions.
    pub seed: u64,
    /// Where the state after each epoch is kept; removed by whoever keeps the result.
    pub state: &'a Path,
    /// Whether to go on from what is there.
    pub resume: bool,
    /// What steps, and the activations that are kept, may take.
    pub memory: MemoryBudget,
}

impl FinetuneRecipe {
    /// Whether it can be done on `device`; to be asked before the long way to the first epoch.
    ///
    /// # Errors
    /// Mixed precision on the processor, which would only cost time.
    pub fn check(&self, device: Device) -> Result<(), TrainError> {
        match (self.precision, device) {
            (Precision::Mixed, Device::Cpu) => Err(TrainError::MixedOnCpu),
            _ => Ok(()),
        }
    }

    /// Bytes that a step takes, about, for networks of 224 × 224 pixels: the activations of all its images, which are
    /// kept for the way back in the part that learns.
    fn step_memory(&self) -> u64 {
        let per_image: u64 = match self.train {
            TrainedPart::Head => 4 << 20,
            TrainedPart::LastStage => 16 << 20,
            TrainedPart::All => 96 << 20,
        };
        per_image.saturating_mul(self.batch_size.get() as u64)
    }
}

/// A fine-tuned classifier.
#[derive(Debug, Clone)]
pub struct FineTuned {
    /// The head and how it came about; epoch 0 is the frozen network.
    pub trained: Trained,
    /// The network's new weights; `None` where it did not learn.
    pub weights: Option<Weights>,
}

/// Fine-tunes. The same data, split, seed and number of threads give the same bits on the processor, also after any
/// number of interruptions.
///
/// # Errors
/// When the weights lack the layer, an image can no longer be read, or the state cannot be written. A diverging loss is
/// a warning: the best weights, at worst the frozen ones, are kept.
pub fn finetune(job: &FineTune<'_>, device: Device, observer: &dyn Observer) -> Result<FineTuned, TrainError> {
    job.recipe.check(device)?;
    let batch_size = job.recipe.batch_size.get();
    job.memory.admit(job.recipe.step_memory()).map_err(|why| TrainError::StepMemory { batch_size, why })?;
    if job.split.validation.is_empty() {
        observer.warn(&Warning::NoValidation);
    }
    let tuned = {
        let stage = observer.stage(Stage::Train, job.recipe.epochs.get());
        device.run(learner::Learner { job: *job, on: device, observer, stage: &stage })?
    };
    let Trained { best_epoch, stopped, .. } = tuned.trained;
    match stopped {
        StopReason::Diverged { epoch } => observer.warn(&Warning::Diverged { epoch, best_epoch }),
        StopReason::Epochs | StopReason::Patience | StopReason::WithoutEpochs => {
            observer.note(&Note::TrainingEnded { early: stopped == StopReason::Patience, best_epoch });
        }
    }
    Ok(tuned)
}
