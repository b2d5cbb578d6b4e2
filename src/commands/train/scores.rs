//! How well a classifier did, in all the usual numbers.

use std::collections::BTreeMap;

use ndarray::ArrayView2;
use serde::Serialize;

use crate::data::ClassId;
use crate::metrics::ConfusionMatrix;
use crate::metrics::classification::{
    ClassScores, accuracy, balanced_accuracy, cohen_kappa, log_loss, macro_f1, matthews_correlation, per_class,
};

/// How well images were classified; `None` where nothing was judged.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Scores {
    /// Share of images classified right, in `0.0..=1.0`.
    pub accuracy: Option<f64>,
    /// Mean recall of the classes, in `0.0..=1.0`.
    pub balanced_accuracy: Option<f64>,
    /// Mean F1 of the classes, in `0.0..=1.0`.
    pub macro_f1: Option<f64>,
    /// Cohen's kappa, in `-1.0..=1.0`.
    pub kappa: Option<f64>,
    /// Matthews correlation coefficient, in `-1.0..=1.0`.
    pub mcc: Option<f64>,
    /// Mean negative log-likelihood of the true class, in nats.
    pub log_loss: Option<f64>,
    /// Precision, recall, F1 and support by class name.
    pub per_class: BTreeMap<String, ClassScores>,
}

impl Scores {
    pub(super) fn new(matrix: &ConfusionMatrix, truth: &[ClassId], probabilities: ArrayView2<'_, f32>) -> Self {
        Self {
            accuracy: accuracy(matrix),
            balanced_accuracy: balanced_accuracy(matrix),
            macro_f1: macro_f1(matrix),
            kappa: cohen_kappa(matrix),
            mcc: matthews_correlation(matrix),
            log_loss: log_loss(truth, probabilities),
            per_class: matrix.classes().iter().cloned().zip(per_class(matrix)).collect(),
        }
    }
}
