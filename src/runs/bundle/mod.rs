//! A checkpoint: a classifier with everything `predict` needs, in `checkpoints/<name>/`.
//!
//! ```text
//! bundle.json              what it is, with the BLAKE3 hash of each file below
//! model.safetensors        the classifier
//! neighbours.safetensors   the training images as points, for novelty and to explain predictions
//! backbone.safetensors     the network's own weights, where it was fine-tuned
//! ```
//! The folder may be moved. A loader that does not know the format, or finds other files than described, refuses.

mod error;
mod newest;
mod reading;

use std::collections::BTreeMap;
use std::path::PathBuf;

use ndarray::{Array2, ArrayView2};
use serde::{Deserialize, Serialize};

pub use error::BundleError;
pub use newest::{newest_checkpoint, next_checkpoint};

use super::{FeatureChain, RunDir, RunError};
use crate::atomic_file;
use crate::data::UNKNOWN;
use crate::training::{Calibration, Classifier, ClassifierError, Recognition, RejectRule, TrainingNeighbours};

/// The format this program writes. It also reads format 3, which knew no threshold of confidence and no scale of novelty,
/// format 2, which wrote features in another way, and format 1, which had neither calibration nor rejection.
pub const FORMAT: u32 = 4;

const DESCRIPTION: &str = "bundle.json";
const MODEL: &str = "model.safetensors";
const NEIGHBOURS: &str = "neighbours.safetensors";
/// The network's own weights, where it was fine-tuned.
pub const BACKBONE_FILE: &str = "backbone.safetensors";

/// `bundle.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Bundle {
    /// See [`FORMAT`].
    pub format: u32,
    /// The recipe's name.
    pub name: String,
    /// When it was trained, RFC 3339.
    pub created: String,
    /// Grows from checkpoint to checkpoint in a folder, whatever the clock says; 0 in those of earlier versions.
    #[serde(default)]
    pub sequence: u64,
    /// In the order of the classifier's answers.
    pub classes: Vec<String>,
    /// How images become the classifier's features.
    pub features: FeatureChain,
    /// Height and width of the network's input in pixels.
    pub input_size: (usize, usize),
    /// How scores become probabilities.
    pub calibration: Calibration,
    /// When an image is `unknown`; `None` where that was not learned.
    pub reject: Option<RejectRule>,
    /// The training images, counted.
    pub training_set: TrainedOn,
    /// BLAKE3 of every other file that prediction relies on, by name.
    pub files: BTreeMap<String, String>,
}

impl Bundle {
    /// The class that is called as images are that no class fits; today's training refuses one.
    #[must_use]
    pub fn class_called_unknown(&self) -> Option<&str> {
        self.classes.iter().map(String::as_str).find(|class| class.trim().eq_ignore_ascii_case(UNKNOWN))
    }
}

/// The training set of a checkpoint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrainedOn {
    /// Changes with any image or label.
    pub fingerprint: String,
    /// Labelled images, split into train, validation and test.
    pub n_images: usize,
}

/// A checkpoint that was read and found whole.
#[derive(Debug, Clone)]
pub struct Checkpoint {
    /// Where it lies.
    pub folder: PathBuf,
    /// Its description; a network of its own is named by where it lies now.
    pub bundle: Bundle,
    /// The classifier.
    pub classifier: Classifier,
    /// The training images; `None` in checkpoints of format 1.
    pub neighbours: Option<TrainingNeighbours>,
}

impl Checkpoint {
    /// Calibrated probability of each class, `[n, n_classes]`, for `x` of shape `[n, n_features]`.
    ///
    /// # Errors
    /// When `x` has another number of features than the classifier was trained on.
    pub fn probabilities(&self, x: ArrayView2<'_, f32>) -> Result<Array2<f32>, ClassifierError> {
        Ok(self.bundle.calibration.probabilities(self.classifier.logits(x)?))
    }

    /// How far each row of `x`, shape `[n, n_features]`, is recognised, given `confidences`; `None` where the checkpoint
    /// cannot say.
    ///
    /// # Errors
    /// When `x` has another number of features than the classifier was trained on.
    pub fn recognise(
        &self,
        x: ArrayView2<'_, f32>,
        confidences: &[f32],
    ) -> Result<Option<Vec<Recognition>>, ClassifierError> {
        let (Some(rule), Some(neighbours)) = (&self.bundle.reject, &self.neighbours) else { return Ok(None) };
        rule.recognise_all(neighbours, x, confidences).map(Some)
    }
}

impl Bundle {
    /// Writes the description and the files it speaks of into a checkpoint folder in the making: `backbone` where the
    /// network was fine-tuned. `self.files` is filled in.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn write(
        mut self,
        classifier: &Classifier,
        neighbours: &TrainingNeighbours,
        backbone: Option<&[u8]>,
        folder: &RunDir,
    ) -> Result<(), BundleError> {
        let (model, neighbours) = (classifier.to_safetensors(), neighbours.to_safetensors());
        let backbone = backbone.map(|bytes| (BACKBONE_FILE, bytes));
        for (name, bytes) in [(MODEL, &model[..]), (NEIGHBOURS, &neighbours[..])].into_iter().chain(backbone) {
            let path = folder.file(name)?;
            atomic_file::write(&path, bytes).map_err(RunError::at(&path))?;
            self.files.insert(name.to_owned(), hash(bytes));
        }
        folder.write_json(DESCRIPTION, &self)?;
        Ok(())
    }
}

/// BLAKE3 in hexadecimal digits.
pub(super) fn hash(bytes: &[u8]) -> String {
    blake3::hash(bytes).to_hex().to_string()
}

#[cfg(test)]
mod tests;
