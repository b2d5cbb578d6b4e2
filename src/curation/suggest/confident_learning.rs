//! Confident learning: labels that are probably wrong, by out-of-fold probabilities.
//!
//! Reference: Northcutt et al., "Confident learning: estimating uncertainty in dataset labels", JAIR 2021. An image
//! counts as class j where its out-of-fold probability of j reaches the mean that images labelled j have for it; where
//! it counts as another class than its label, the label is suspect. Numbers as the package `cleanlab` gives them.

use ndarray::{Array2, ArrayView1, ArrayView2};

/// Thresholds, confident joint and label errors.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct ConfidentLearning {
    /// Mean probability of each class among the images that carry it; infinite for a class nobody carries.
    pub thresholds: Vec<f64>,
    /// Images by label and by the class they count as; those that reach no threshold are left out.
    pub joint: Array2<usize>,
    /// Per label given: the class the image counts as instead.
    pub instead: Vec<Option<usize>>,
}

/// Judges `labels` (positions of columns) by out-of-fold `probabilities`, shape `[labels.len(), n_classes]`.
pub(super) fn confident_learning(labels: &[usize], probabilities: ArrayView2<'_, f32>) -> ConfidentLearning {
    let n_classes = probabilities.ncols();
    let mut sums = vec![(0.0, 0_usize); n_classes];
    for (&label, row) in labels.iter().zip(probabilities.rows()) {
        sums[label].0 += f64::from(row[label]);
        sums[label].1 += 1;
    }
    let thresholds: Vec<f64> =
        sums.into_iter().map(|(sum, count)| if count == 0 { f64::INFINITY } else { sum / count as f64 }).collect();
    let mut joint = Array2::zeros((n_classes, n_classes));
    let instead = labels
        .iter()
        .zip(probabilities.rows())
        .map(|(&label, row)| {
            let mut reached = (0..n_classes).filter(|&class| f64::from(row[class]) >= thresholds[class] - ROUNDING);
            let first = reached.next()?;
            // An image that reaches several thresholds counts as what it most probably is.
            let class = if reached.next().is_none() { first } else { most_probable(row) };
            joint[[label, class]] += 1;
            // A label that is still the most probable class is let be.
            (class != label && most_probable(row) != label).then_some(class)
        })
        .collect();
    ConfidentLearning { thresholds, joint, instead }
}

/// A probability this much below a threshold still reaches it, as in `cleanlab`.
const ROUNDING: f64 = 1e-6;

/// The class of highest probability, the first of equal ones; 0 without classes.
pub(super) fn most_probable(row: ArrayView1<'_, f32>) -> usize {
    (1..row.len()).fold(0, |best, class| if row[class] > row[best] { class } else { best })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Deserialize)]
    struct Golden {
        labels: Vec<usize>,
        probabilities: Vec<Vec<f32>>,
        thresholds: Vec<f64>,
        joint: Vec<Vec<usize>>,
        issues: Vec<usize>,
    }

    #[test]
    fn equals_cleanlab() {
        let golden: Golden = serde_json::from_str(include_str!("../../../tests/golden/confident.json")).unwrap();
        let n_classes = golden.thresholds.len();
        let flat: Vec<f32> = golden.probabilities.concat();
        let probabilities = Array2::from_shape_vec((golden.labels.len(), n_classes), flat).unwrap();
        let found = confident_learning(&golden.labels, probabilities.view());
        for (found, expected) in found.thresholds.iter().zip(&golden.thresholds) {
            assert!((found - expected).abs() < 1e-6, "{found} {expected}");
        }
        let rows: Vec<Vec<usize>> = found.joint.rows().into_iter().map(|row| row.to_vec()).collect();
        assert_eq!(rows, golden.joint);
        let issues: Vec<usize> = (0..golden.labels.len()).filter(|&row| found.instead[row].is_some()).collect();
        assert_eq!(issues, golden.issues);
    }

    #[test]
    fn a_class_nobody_carries_takes_no_image() {
        let found = confident_learning(&[0, 0], ndarray::array![[0.9_f32, 0.1], [0.2, 0.8]].view());
        assert_eq!(found.instead, [None, None]);
    }
}
