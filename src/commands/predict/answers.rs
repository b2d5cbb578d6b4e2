//! Predictions of all images that were given, and their files.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::{Prediction, UnknownCounts};
use crate::commands::CommandError;
use crate::data::Skipped;
use crate::training::UnknownBecause;

/// Predictions in the order of the images, and where each image lies.
#[derive(Default)]
pub(super) struct Answers {
    pub predictions: Vec<Prediction>,
    /// One per prediction.
    pub files: Vec<PathBuf>,
    pub skipped: Vec<Skipped>,
}

impl Answers {
    /// Fails where there is no prediction, and says why.
    pub fn require_some(&self) -> Result<(), CommandError> {
        if !self.predictions.is_empty() {
            return Ok(());
        }
        let hint = match self.skipped.first() {
            Some(first) => format!("{} files were skipped, the first because: {}", self.skipped.len(), first.reason),
            None => "png, jpg, bmp, tif, webp, pgm, h5, npy, cbf and edf files are looked for, also in subfolders"
                .to_owned(),
        };
        Err(CommandError::failed("no images to predict", hint))
    }

    /// Images per class.
    pub fn counts(&self) -> BTreeMap<String, usize> {
        let mut counts = BTreeMap::new();
        for prediction in &self.predictions {
            *counts.entry(prediction.class.clone()).or_default() += 1;
        }
        counts
    }

    /// Images without a class, by reason.
    pub fn unknown(&self) -> UnknownCounts {
        let count = |because| self.predictions.iter().filter(|p| p.unknown_because == Some(because)).count();
        UnknownCounts {
            novel: count(UnknownBecause::Novel),
            unsure: count(UnknownBecause::Unsure),
            untold: count(UnknownBecause::Untold),
        }
    }

    /// Mean confidence, in `0.0..=1.0`.
    pub fn mean_confidence(&self) -> f64 {
        let confidence: f64 = self.predictions.iter().map(|prediction| f64::from(prediction.confidence)).sum();
        confidence / self.predictions.len() as f64
    }

    /// Leaves out the images of other classes than `class`.
    pub fn keep_only(&mut self, class: &str) {
        let mut kept = self.predictions.iter().map(|prediction| prediction.class == class);
        self.files.retain(|_| kept.next().unwrap_or_default());
        self.predictions.retain(|prediction| prediction.class == class);
    }
}
