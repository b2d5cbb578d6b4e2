//! Calibration of confidences: of images called with 80 % confidence, 80 % should be right.
//!
//! References: Guo et al., "On calibration of modern neural networks", ICML 2017, for the calibration error;
//! Bröcker & Smith, "Increasing the reliability of reliability diagrams", 2007, for how large it is by chance.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::intervals::RESAMPLES;
use super::order::quantile;

/// Bins of confidence, of equal width.
pub const BINS: usize = 15;

/// Images whose confidence lies in one bin.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ReliabilityBin {
    /// How many.
    pub images: u64,
    /// Their mean confidence, in `0.0..=1.0`; `None` without images.
    pub confidence: Option<f64>,
    /// The share of them that is right, in `0.0..=1.0`; `None` without images.
    pub accuracy: Option<f64>,
}

/// Reliability: how often predictions are right, by the confidence they were made with.
///
/// Bin `i` holds confidences above `i / BINS`, up to and including `(i + 1) / BINS`; the first also holds 0.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Reliability {
    /// [`BINS`] of them, from unsure to sure.
    pub bins: Vec<ReliabilityBin>,
}

impl Reliability {
    /// Sorts images into bins: `confidences` in `0.0..=1.0`, and whether each was called `right`.
    ///
    /// # Panics
    /// When the two differ in length.
    #[must_use]
    pub fn of(confidences: &[f32], right: &[bool]) -> Self {
        assert_eq!(confidences.len(), right.len(), "one confidence per image");
        let mut sums = Sums::default();
        for (&confidence, &right) in confidences.iter().zip(right) {
            sums.add(confidence, right);
        }
        Self { bins: (0..BINS).map(|bin| sums.bin(bin)).collect() }
    }

    /// Expected calibration error: mean distance of confidence and accuracy over the images' bins, in `0.0..=1.0`;
    /// `None` without images.
    #[must_use]
    pub fn calibration_error(&self) -> Option<f64> {
        let total: u64 = self.bins.iter().map(|bin| bin.images).sum();
        let gap = |bin: &ReliabilityBin| Some((bin.accuracy? - bin.confidence?).abs() * bin.images as f64);
        (total > 0).then(|| self.bins.iter().filter_map(gap).sum::<f64>() / total as f64)
    }
}

/// The calibration error that `share` of all perfectly calibrated classifiers stay below by chance, on as many images
/// with the same kind of `confidences`; in `0.0..=1.0`, `None` without images.
///
/// Images are drawn with replacement, each right with a chance equal to its confidence: [`RESAMPLES`] times. A measured
/// error above the answer for 0.95 is hardly chance. The same seed gives the same bits.
#[must_use]
pub fn error_by_chance(confidences: &[f32], share: f64, seed: u64) -> Option<f64> {
    if confidences.is_empty() {
        return None;
    }
    let resample = |stream: u64| {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        random.set_stream(stream);
        let mut sums = Sums::default();
        for _ in 0..confidences.len() {
            let confidence = confidences[random.random_range(0..confidences.len())];
            sums.add(confidence, random.random::<f64>() < f64::from(confidence));
        }
        Reliability { bins: (0..BINS).map(|bin| sums.bin(bin)).collect() }.calibration_error().unwrap_or(0.0)
    };
    let mut errors: Vec<f64> = (0..RESAMPLES as u64).into_par_iter().map(resample).collect();
    errors.sort_unstable_by(f64::total_cmp);
    quantile(&errors, share)
}

#[derive(Default)]
struct Sums {
    images: [u64; BINS],
    right: [u64; BINS],
    confidence: [f64; BINS],
}

impl Sums {
    fn add(&mut self, confidence: f32, right: bool) {
        let bin = ((f64::from(confidence) * BINS as f64).ceil() as usize).clamp(1, BINS) - 1;
        self.images[bin] += 1;
        self.right[bin] += u64::from(right);
        self.confidence[bin] += f64::from(confidence);
    }

    fn bin(&self, bin: usize) -> ReliabilityBin {
        let images = self.images[bin];
        let mean = |sum: f64| (images > 0).then(|| sum / images as f64);
        ReliabilityBin { images, confidence: mean(self.confidence[bin]), accuracy: mean(self.right[bin] as f64) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::golden::{close, golden_scores};

    #[test]
    fn bins_and_error_are_those_of_scikit_learn() {
        for case in golden_scores().calibrations {
            let reliability = Reliability::of(&case.confidences, &case.right);
            let filled: Vec<_> = reliability.bins.iter().filter(|bin| bin.images > 0).collect();
            assert_eq!(filled.len(), case.accuracy.len(), "{}", case.name);
            for (bin, (accuracy, confidence)) in filled.iter().zip(case.accuracy.iter().zip(&case.confidence)) {
                assert!(
                    close(bin.accuracy, Some(*accuracy)) && close(bin.confidence, Some(*confidence)),
                    "{}",
                    case.name
                );
            }
            assert!(close(reliability.calibration_error(), Some(case.ece)), "{}", case.name);
        }
    }

    #[test]
    fn chance_alone_makes_an_error_that_shrinks_with_the_images() {
        for case in golden_scores().calibrations {
            let ours = error_by_chance(&case.confidences, 0.95, 3).unwrap();
            assert!((ours - case.by_chance).abs() < 0.1 * case.by_chance, "{}: {ours} {}", case.name, case.by_chance);
            assert_eq!(Some(ours), error_by_chance(&case.confidences, 0.95, 3));
        }
        let few = error_by_chance(&[0.8; 20], 0.95, 1).unwrap();
        let many = error_by_chance(&[0.8; 2000], 0.95, 1).unwrap();
        assert!(few > 5.0 * many, "{few} {many}");
        assert_eq!(error_by_chance(&[], 0.95, 1), None);
        assert_eq!(error_by_chance(&[1.0; 9], 0.95, 1), Some(0.0));
    }

    #[test]
    fn edges_belong_to_the_bin_below() {
        let reliability = Reliability::of(&[0.0, 1.0, 0.5, 0.25], &[false, true, true, false]);
        let images: Vec<usize> = (0..BINS).filter(|&bin| reliability.bins[bin].images > 0).collect();
        assert_eq!(images, [0, 3, 7, 14]);
        assert_eq!(Reliability::of(&[], &[]).calibration_error(), None);
    }
}
