//! Predictions of a classifier: probabilities before and after calibration, and how far each image is recognised.

use ndarray::{Array2, Axis};

use crate::data::ClassId;
use crate::training::{Recognition, UnknownBecause, confidences, most_likely};

/// Predictions for a list of images: row `i` of everything belongs to image `i`.
#[derive(Debug, Clone, Default)]
pub struct Predictions {
    /// Probabilities before calibration, shape `[n_images, n_classes]`.
    pub uncalibrated: Array2<f32>,
    /// Probabilities as predictions show them, of the same shape.
    pub probabilities: Array2<f32>,
    /// One per image; empty where the classifier measures no novelty.
    pub recognitions: Vec<Recognition>,
}

impl Predictions {
    /// The most likely class of each image.
    #[must_use]
    pub fn predicted(&self) -> Vec<ClassId> {
        most_likely(self.probabilities.view())
    }

    /// Probability of the most likely class of each image, in `0.0..=1.0`.
    #[must_use]
    pub fn confidences(&self) -> Vec<f32> {
        confidences(self.probabilities.view())
    }

    /// The predictions of `rows`, in that order.
    ///
    /// # Panics
    /// When there is no such row.
    #[must_use]
    pub fn select(&self, rows: &[usize]) -> Self {
        Self {
            uncalibrated: self.uncalibrated.select(Axis(0), rows),
            probabilities: self.probabilities.select(Axis(0), rows),
            recognitions: rows.iter().filter_map(|&row| self.recognitions.get(row).copied()).collect(),
        }
    }

    /// Why prediction gives the image of `row` no class; `None` where it gives one.
    #[must_use]
    pub fn unknown_because(&self, row: usize) -> Option<UnknownBecause> {
        self.recognitions.get(row)?.unknown_because
    }

    /// Novelty, one per image; empty where the classifier measures none.
    #[must_use]
    pub fn novelties(&self) -> Vec<f64> {
        self.recognitions.iter().filter_map(|recognition| recognition.novelty).collect()
    }
}
