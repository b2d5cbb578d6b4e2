//! Predictions of a classifier: probabilities before and after calibration, and how novel each image is.

use ndarray::{Array2, Axis};

use crate::data::ClassId;
use crate::training::{RejectRule, confidences, most_likely};

/// Novelty of an image: how unlike all training images it is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Novelty {
    /// Novelty score, in standard deviations of known images: 0 is usual for a known image, more is less like them.
    pub score: f64,
    /// Whether the score lies above the threshold, so that prediction gives the image no class.
    pub rejected: bool,
}

impl Novelty {
    /// Applies `rule` to each of `scores`.
    #[must_use]
    pub fn of_all(rule: &RejectRule, scores: Vec<f64>) -> Vec<Self> {
        scores.into_iter().map(|score| Self { score, rejected: rule.rejects(score) }).collect()
    }
}

/// Predictions for a list of images: row `i` of everything belongs to image `i`.
#[derive(Debug, Clone, Default)]
pub struct Predictions {
    /// Probabilities before calibration, shape `[n_images, n_classes]`.
    pub uncalibrated: Array2<f32>,
    /// Probabilities as predictions show them, of the same shape.
    pub probabilities: Array2<f32>,
    /// One per image; empty where the classifier measures no novelty.
    pub novelty: Vec<Novelty>,
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
            novelty: rows.iter().filter_map(|&row| self.novelty.get(row).copied()).collect(),
        }
    }

    /// Novelty scores, one per image; empty where the classifier measures none.
    #[must_use]
    pub fn novelty_scores(&self) -> Vec<f64> {
        self.novelty.iter().map(|novelty| novelty.score).collect()
    }
}
