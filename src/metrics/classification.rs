//! Classification metrics: predictions against the truth. Definitions and corner cases are scikit-learn's, with
//! `zero_division = 0`: a ratio without images counts as 0.

use ndarray::ArrayView2;
use serde::{Deserialize, Serialize};

use super::ConfusionMatrix;
use crate::data::ClassId;

/// Scores of one class.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ClassScores {
    /// Share of the images predicted as this class that are of it, in `0.0..=1.0`; 0 where none is predicted.
    pub precision: f64,
    /// Share of the images of this class that are found, in `0.0..=1.0`; 0 where there is none.
    pub recall: f64,
    /// Harmonic mean of the two, in `0.0..=1.0`.
    pub f1: f64,
    /// Images of this class.
    pub support: u64,
}

/// Share of images predicted right, in `0.0..=1.0`; `None` without images.
#[must_use]
pub fn accuracy(matrix: &ConfusionMatrix) -> Option<f64> {
    let total = matrix.total();
    (total > 0).then(|| right(matrix) as f64 / total as f64)
}

/// Mean recall of the classes that have images, in `0.0..=1.0`; `None` without images.
#[must_use]
pub fn balanced_accuracy(matrix: &ConfusionMatrix) -> Option<f64> {
    mean(per_class(matrix).iter().filter(|class| class.support > 0).map(|class| class.recall))
}

/// Mean F1 of the classes that are true or predicted somewhere, in `0.0..=1.0`; `None` without images.
#[must_use]
pub fn macro_f1(matrix: &ConfusionMatrix) -> Option<f64> {
    let predicted = predicted(matrix);
    let present = per_class(matrix).into_iter().zip(predicted).filter(|(class, n)| class.support + n > 0);
    mean(present.map(|(class, _)| class.f1))
}

/// Scores of each class, in the order of the matrix.
#[must_use]
pub fn per_class(matrix: &ConfusionMatrix) -> Vec<ClassScores> {
    let scores =
        predicted(matrix).into_iter().zip(supports(matrix)).enumerate().map(|(class, (predicted, support))| {
            let hits = matrix.counts()[[class, class]];
            ClassScores {
                precision: ratio(hits, predicted),
                recall: ratio(hits, support),
                f1: ratio(2 * hits, predicted + support),
                support,
            }
        });
    scores.collect()
}

/// Agreement beyond what chance would give (Cohen 1960), in `-1.0..=1.0`; `None` where chance alone agrees fully.
#[must_use]
pub fn cohen_kappa(matrix: &ConfusionMatrix) -> Option<f64> {
    let observed = accuracy(matrix)?;
    let expected = by_chance(&predicted(matrix), &supports(matrix)) / (matrix.total() as f64).powi(2);
    (expected < 1.0).then(|| (observed - expected) / (1.0 - expected))
}

/// Matthews correlation for any number of classes (Gorodkin 2004), in `-1.0..=1.0`; 0 where either side is constant,
/// `None` without images.
#[must_use]
pub fn matthews_correlation(matrix: &ConfusionMatrix) -> Option<f64> {
    let (predicted, supports) = (predicted(matrix), supports(matrix));
    let total = matrix.total() as f64;
    let covariance = |a: &[u64], b: &[u64]| total * total - by_chance(a, b);
    let scale = (covariance(&predicted, &predicted) * covariance(&supports, &supports)).sqrt();
    let between = right(matrix) as f64 * total - by_chance(&predicted, &supports);
    (total > 0.0).then_some(if scale > 0.0 { between / scale } else { 0.0 })
}

/// Mean of −ln of the probability given to the true class, in nats, 0 or more; `None` without images.
///
/// `probabilities` has shape `[truth.len(), n_classes]`. Probabilities are held `f32::EPSILON` away from 0 and 1, so
/// that one certain mistake does not make the mean infinite.
///
/// # Panics
/// When the two differ in length, or a class has no column.
#[must_use]
pub fn log_loss(truth: &[ClassId], probabilities: ArrayView2<'_, f32>) -> Option<f64> {
    assert_eq!(truth.len(), probabilities.nrows(), "one row of probabilities per image");
    let held = |p: f32| f64::from(p.clamp(f32::EPSILON, 1.0 - f32::EPSILON));
    mean(truth.iter().zip(probabilities.rows()).map(|(class, row)| -held(row[class.0]).ln()))
}

/// Images predicted as each class.
fn predicted(matrix: &ConfusionMatrix) -> Vec<u64> {
    matrix.counts().columns().into_iter().map(|column| column.sum()).collect()
}

/// Images of each class.
fn supports(matrix: &ConfusionMatrix) -> Vec<u64> {
    matrix.counts().rows().into_iter().map(|row| row.sum()).collect()
}

fn right(matrix: &ConfusionMatrix) -> u64 {
    matrix.counts().diag().sum()
}

/// Σ aᵢ·bᵢ: pairs that would agree by chance, times the number of images.
fn by_chance(a: &[u64], b: &[u64]) -> f64 {
    a.iter().zip(b).map(|(&a, &b)| a as f64 * b as f64).sum()
}

fn ratio(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

fn mean(values: impl Iterator<Item = f64>) -> Option<f64> {
    let (sum, n) = values.fold((0.0, 0_usize), |(sum, n), value| (sum + value, n + 1));
    (n > 0).then(|| sum / n as f64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::Array2;

    /// One case of tests/golden/classification.json, as scikit-learn answers.
    #[derive(Deserialize)]
    struct Golden {
        name: String,
        n_classes: usize,
        truth: Vec<ClassId>,
        predicted: Vec<ClassId>,
        probabilities: Vec<Vec<f32>>,
        confusion: Vec<Vec<u64>>,
        accuracy: f64,
        balanced_accuracy: f64,
        macro_f1: f64,
        cohen_kappa: Option<f64>,
        mcc: f64,
        log_loss: f64,
        precision: Vec<f64>,
        recall: Vec<f64>,
        f1: Vec<f64>,
        support: Vec<u64>,
    }

    fn names(n: usize) -> Vec<String> {
        (0..n).map(|class| class.to_string()).collect()
    }

    #[test]
    fn scores_are_those_of_scikit_learn() {
        let cases: Vec<Golden> = serde_json::from_str(include_str!("../../tests/golden/classification.json")).unwrap();
        assert_eq!(cases.len(), 8);
        for case in cases {
            let matrix = ConfusionMatrix::of(&case.truth, &case.predicted, &names(case.n_classes));
            assert_eq!(matrix.counts().iter().copied().collect::<Vec<_>>(), case.confusion.concat(), "{}", case.name);
            let flat = case.probabilities.concat();
            let probabilities = Array2::from_shape_vec((case.truth.len(), case.n_classes), flat).unwrap();
            let check = |what: &str, ours: Option<f64>, theirs: Option<f64>, tolerance: f64| {
                let close = match (ours, theirs) {
                    (Some(ours), Some(theirs)) => (ours - theirs).abs() < tolerance,
                    (ours, theirs) => ours == theirs,
                };
                assert!(close, "{}: {what} is {ours:?}, scikit-learn says {theirs:?}", case.name);
            };
            check("accuracy", accuracy(&matrix), Some(case.accuracy), 1e-12);
            check("balanced accuracy", balanced_accuracy(&matrix), Some(case.balanced_accuracy), 1e-12);
            check("macro F1", macro_f1(&matrix), Some(case.macro_f1), 1e-12);
            check("kappa", cohen_kappa(&matrix), case.cohen_kappa, 1e-12);
            check("MCC", matthews_correlation(&matrix), Some(case.mcc), 1e-12);
            check("log loss", log_loss(&case.truth, probabilities.view()), Some(case.log_loss), 1e-5);
            for (class, scores) in per_class(&matrix).iter().enumerate() {
                check("precision", Some(scores.precision), Some(case.precision[class]), 1e-12);
                check("recall", Some(scores.recall), Some(case.recall[class]), 1e-12);
                check("F1", Some(scores.f1), Some(case.f1[class]), 1e-12);
                assert_eq!(scores.support, case.support[class], "{}", case.name);
            }
        }
    }

    #[test]
    fn without_images_there_is_no_score() {
        let empty = ConfusionMatrix::of(&[], &[], &names(2));
        let scores = [accuracy, balanced_accuracy, macro_f1, cohen_kappa, matthews_correlation];
        assert_eq!(scores.map(|score| score(&empty)), [None; 5]);
        assert_eq!(log_loss(&[], Array2::zeros((0, 2)).view()), None);
        assert!(per_class(&empty).iter().all(|class| class.f1 == 0.0 && class.support == 0));
    }
}
