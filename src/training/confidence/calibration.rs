//! Temperature scaling (Guo et al., "On Calibration of Modern Neural Networks", ICML 2017): calibrated confidences. All
//! scores are divided by one number, the temperature, before softmax, chosen so that images the
//! classifier did not learn from are least surprising. The most likely class stays the same.

use ndarray::{Array2, ArrayView2};
use serde::{Deserialize, Serialize};

use crate::data::{ClassId, bounds};
use crate::training::softmax;

/// Range of plausible temperatures.
const LOWEST: f64 = 0.1;
const HIGHEST: f64 = 10.0;

/// Settings of calibration: on which images temperature and threshold of novelty are chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CalibrateRecipe {
    /// Classifiers trained beside the one that is kept, each on all but one part of the training and validation
    /// images, to see how the recipe does on the part left out; `0` uses the validation images alone.
    #[serde(deserialize_with = "bounds::folds")]
    pub folds: usize,
    /// From this many validation images on, they are enough.
    pub enough: usize,
}

/// Which images a classifier was calibrated on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HeldOutFrom {
    /// Each training and validation image, as classifiers of the same recipe answered that had not learned it.
    Folds,
    /// The validation images.
    Validation,
}

/// Temperature scaling: turns the scores of a classifier into calibrated probabilities.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Calibration {
    /// Scores are divided by it: above 1 the classifier was too sure of itself, below 1 not sure enough.
    pub temperature: f64,
    /// Images it was chosen on.
    pub n_images: usize,
    /// Where these images come from; `None` where there were none.
    pub from: Option<HeldOutFrom>,
    /// How the temperature was found.
    pub fit: TemperatureFit,
}

/// How a temperature was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TemperatureFit {
    /// Where the images are least surprising.
    Best,
    /// All images were called right, so nothing shows how often a sure answer is wrong: it stays at 1 at least.
    NoErrors,
    /// The best lies beyond the plausible range: too few images, or a classifier that learned nothing.
    AtBound,
    /// There were no images: probabilities are as the classifier gives them.
    NoImages,
}

impl Calibration {
    /// Leaves probabilities as the classifier gives them.
    pub const NONE: Self = Self { temperature: 1.0, n_images: 0, from: None, fit: TemperatureFit::NoImages };

    /// Finds the temperature at which `truth` is least surprising given `logits`, `[truth.len(), n_classes]`: the
    /// classifier's scores of images that it did not learn from.
    ///
    /// # Panics
    /// When the two differ in length, or a class has no column.
    #[must_use]
    pub fn fit(logits: ArrayView2<'_, f32>, truth: &[ClassId], from: HeldOutFrom) -> Self {
        assert_eq!(logits.nrows(), truth.len(), "one row of scores per image");
        if truth.is_empty() {
            return Self::NONE;
        }
        let all_right =
            logits.rows().into_iter().zip(truth).all(|(row, class)| {
                row.iter().enumerate().all(|(other, &logit)| other == class.0 || logit < row[class.0])
            });
        // In 1 / temperature the surprise is convex: its slope rises, so the best is where it changes its sign.
        let (mut low, mut high) = (1.0 / HIGHEST, if all_right { 1.0 } else { 1.0 / LOWEST });
        let fit = match (slope(logits, truth, low) > 0.0, slope(logits, truth, high) < 0.0) {
            (false, false) => TemperatureFit::Best,
            (false, true) if all_right => TemperatureFit::NoErrors,
            _ => TemperatureFit::AtBound,
        };
        if slope(logits, truth, 1.0) == 0.0 {
            // At its best already, or scores so alike that no temperature matters.
            return Self { temperature: 1.0, n_images: truth.len(), from: Some(from), fit: TemperatureFit::Best };
        }
        for _ in 0..60 {
            let middle = (low * high).sqrt();
            if slope(logits, truth, middle) > 0.0 { high = middle } else { low = middle }
        }
        let temperature = match fit {
            TemperatureFit::NoErrors => 1.0,
            _ => 1.0 / (low * high).sqrt(),
        };
        Self { temperature, n_images: truth.len(), from: Some(from), fit }
    }

    /// Probability of each class, `[n, n_classes]`, for scores of the same shape.
    #[must_use]
    pub fn probabilities(&self, mut logits: Array2<f32>) -> Array2<f32> {
        let temperature = self.temperature as f32;
        logits.mapv_inplace(|logit| logit / temperature);
        softmax(logits)
    }
}

impl Default for CalibrateRecipe {
    fn default() -> Self {
        Self { folds: 5, enough: 1000 }
    }
}

/// Derivative of the mean surprise by the inverse temperature: mean score expected minus mean score of the truth.
fn slope(logits: ArrayView2<'_, f32>, truth: &[ClassId], inverse: f64) -> f64 {
    let of_row = |row: ndarray::ArrayView1<'_, f32>, class: &ClassId| {
        let highest = f64::from(row.fold(f32::NEG_INFINITY, |highest, &logit| highest.max(logit)));
        let (sum, weighted) = row.iter().fold((0.0, 0.0), |(sum, weighted), &logit| {
            let logit = f64::from(logit);
            let mass = (inverse * (logit - highest)).exp();
            (sum + mass, weighted + mass * logit)
        });
        weighted / sum - f64::from(row[class.0])
    };
    let slopes = logits.rows().into_iter().zip(truth).map(|(row, class)| of_row(row, class));
    slopes.sum::<f64>() / truth.len() as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    /// One case of tests/golden/temperature.json, as scipy finds it.
    #[derive(Deserialize)]
    struct Golden {
        logits: Vec<Vec<f32>>,
        truth: Vec<ClassId>,
        temperature: f64,
        probabilities: Vec<f32>,
    }

    #[test]
    fn the_temperature_is_the_one_scipy_finds() {
        let cases: Vec<Golden> = serde_json::from_str(include_str!("../../../tests/golden/temperature.json")).unwrap();
        assert!(cases.len() >= 3);
        for case in cases {
            let shape = (case.truth.len(), case.logits[0].len());
            let logits = Array2::from_shape_vec(shape, case.logits.concat()).unwrap();
            let found = Calibration::fit(logits.view(), &case.truth, HeldOutFrom::Validation);
            assert!((found.temperature / case.temperature - 1.0).abs() < 1e-5, "{found:?} {}", case.temperature);
            assert_eq!((found.fit, found.n_images), (TemperatureFit::Best, case.truth.len()));
            for (ours, theirs) in found.probabilities(logits).row(0).iter().zip(case.probabilities) {
                assert!((ours - theirs).abs() < 1e-5, "{ours} {theirs}");
            }
        }
    }

    #[test]
    fn too_little_to_go_by_is_told_and_bounded() {
        let fit = |logits: Array2<f32>, truth: &[usize]| {
            let truth: Vec<ClassId> = truth.iter().copied().map(ClassId).collect();
            Calibration::fit(logits.view(), &truth, HeldOutFrom::Folds)
        };
        assert_eq!(fit(Array2::zeros((0, 3)), &[]), Calibration::NONE);
        let right = fit(array![[3.0, 0.0], [0.0, 1.0]], &[0, 1]);
        assert_eq!((right.temperature, right.fit), (1.0, TemperatureFit::NoErrors));
        let wrong = fit(array![[3.0, 0.0], [0.0, 9.0]], &[1, 0]);
        assert!((wrong.temperature - HIGHEST).abs() < 1e-6 && wrong.fit == TemperatureFit::AtBound, "{wrong:?}");
        let same = fit(array![[2.0, 2.0]], &[1]);
        assert_eq!(same.temperature, 1.0, "no temperature matters");
        let huge = fit(array![[1e30, -1e30], [1e30, -1e30]], &[0, 1]);
        assert!(huge.temperature.is_finite(), "{huge:?}");
    }

    #[test]
    fn a_temperature_changes_how_sure_not_which() {
        let logits = array![[2.0, 1.0, -3.0], [0.0, 0.5, 0.4]];
        let at = |temperature| Calibration { temperature, ..Calibration::NONE }.probabilities(logits.clone());
        assert_eq!(at(1.0), softmax(logits.clone()));
        assert!(at(5.0)[[0, 0]] < at(1.0)[[0, 0]] && at(0.2)[[0, 0]] > at(1.0)[[0, 0]]);
        assert_eq!(crate::training::most_likely(at(5.0).view()), crate::training::most_likely(at(0.2).view()));
    }
}
