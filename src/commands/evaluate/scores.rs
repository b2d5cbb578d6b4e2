//! How well a classifier did, in all the usual numbers.

use std::collections::BTreeMap;

use ndarray::ArrayView2;
use serde::Serialize;

use crate::data::ClassId;
use crate::metrics::classification::{
    ClassScores, accuracy, balanced_accuracy, cohen_kappa, log_loss, macro_f1, matthews_correlation, per_class,
};
use crate::metrics::{ConfusionMatrix, Interval, Ranking, bootstrap, macro_average_precision, macro_roc_auc};

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
    /// Mean area under the classes' ROC curves, in `0.0..=1.0`; `None` where a class has no image.
    pub roc_auc: Option<f64>,
    /// Mean average precision of the classes, in `0.0..=1.0`; `None` where a class has no image.
    pub average_precision: Option<f64>,
    /// Precision, recall, F1 and support by class name.
    pub per_class: BTreeMap<String, ClassScores>,
}

/// A score as a function of the confusion matrix.
type Score = fn(&ConfusionMatrix) -> Option<f64>;

/// The scores that have intervals, by their names in results.json.
const WITH_INTERVAL: [(&str, Score); 5] = [
    ("accuracy", accuracy),
    ("balanced_accuracy", balanced_accuracy),
    ("macro_f1", macro_f1),
    ("kappa", cohen_kappa),
    ("mcc", matthews_correlation),
];

impl Scores {
    pub(in crate::commands) fn new(
        matrix: &ConfusionMatrix,
        truth: &[ClassId],
        probabilities: ArrayView2<'_, f32>,
    ) -> Self {
        let rankings = Ranking::of_all(truth, probabilities);
        Self {
            accuracy: accuracy(matrix),
            balanced_accuracy: balanced_accuracy(matrix),
            macro_f1: macro_f1(matrix),
            kappa: cohen_kappa(matrix),
            mcc: matthews_correlation(matrix),
            log_loss: log_loss(truth, probabilities),
            roc_auc: macro_roc_auc(&rankings),
            average_precision: macro_average_precision(&rankings),
            per_class: matrix.classes().iter().cloned().zip(per_class(matrix)).collect(),
        }
    }

    /// Name in results.json, name for people, value, and what it tells; those without a value are left out.
    pub(super) fn named(&self) -> Vec<(&'static str, &'static str, f64, &'static str)> {
        [
            ("accuracy", "accuracy", self.accuracy, "share of images called right"),
            (
                "balanced_accuracy",
                "balanced accuracy",
                self.balanced_accuracy,
                "the same, every class counting alike however rare it is",
            ),
            ("macro_f1", "macro F1", self.macro_f1, "mean over the classes of what is found and what is right of it"),
            (
                "kappa",
                "Cohen's kappa",
                self.kappa,
                "1 is perfect, 0 is what guessing by the shares of the classes would give",
            ),
            ("mcc", "MCC", self.mcc, "1 is perfect, 0 is guessing, below 0 is worse than guessing"),
            (
                "roc_auc",
                "ROC AUC",
                self.roc_auc,
                "1 is perfect, 0.5 is guessing: how well probabilities sort the images",
            ),
            (
                "average_precision",
                "average precision",
                self.average_precision,
                "1 is perfect: the same, harder on rare classes",
            ),
            ("log_loss", "log loss", self.log_loss, "0 is perfect: how surprised the probabilities are by the truth"),
        ]
        .into_iter()
        .filter_map(|(key, name, value, tells)| Some((key, name, value?, tells)))
        .collect()
    }
}

/// 95 % intervals of the scores that are functions of the confusion matrix, by name.
pub(in crate::commands) fn intervals(matrix: &ConfusionMatrix, seed: u64) -> BTreeMap<String, Interval> {
    let found = bootstrap(matrix, &WITH_INTERVAL.map(|(_, score)| score), seed);
    let named = WITH_INTERVAL.iter().zip(found);
    named.filter_map(|((name, _), interval)| Some(((*name).to_owned(), interval?))).collect()
}
