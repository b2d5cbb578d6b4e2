//! Answers of scikit-learn, scipy and statsmodels, for the tests: tests/golden/trust.json.

use ndarray::Array2;
use serde::Deserialize;

use super::mcnemar::McNemar;
use crate::data::ClassId;

#[derive(Deserialize)]
pub(super) struct GoldenScores {
    pub rankings: Vec<RankingCase>,
    pub calibrations: Vec<CalibrationCase>,
    pub proportions: Vec<Proportion>,
    pub bootstrap: BootstrapCase,
    pub mcnemar: Vec<McNemar>,
}

#[derive(Deserialize)]
pub(super) struct RankingCase {
    pub name: String,
    n_classes: usize,
    pub truth: Vec<ClassId>,
    probabilities: Vec<Vec<f32>>,
    pub roc_auc: Vec<Option<f64>>,
    pub average_precision: Vec<Option<f64>>,
    pub macro_roc_auc: Option<f64>,
    pub macro_average_precision: Option<f64>,
}

impl RankingCase {
    pub fn probabilities(&self) -> Array2<f32> {
        Array2::from_shape_vec((self.truth.len(), self.n_classes), self.probabilities.concat()).unwrap()
    }
}

#[derive(Deserialize)]
pub(super) struct CalibrationCase {
    pub name: String,
    pub confidences: Vec<f32>,
    pub right: Vec<bool>,
    /// Of the bins that hold images.
    pub accuracy: Vec<f64>,
    pub confidence: Vec<f64>,
    pub ece: f64,
    pub by_chance: f64,
}

#[derive(Debug, Deserialize)]
pub(super) struct Proportion {
    pub right: u64,
    pub images: u64,
    pub low: f64,
    pub high: f64,
}

#[derive(Deserialize)]
pub(super) struct BootstrapCase {
    pub truth: Vec<ClassId>,
    pub predicted: Vec<ClassId>,
    pub accuracy: (f64, f64),
    pub macro_f1: (f64, f64),
    pub kappa: (f64, f64),
}

pub(super) fn golden_scores() -> GoldenScores {
    serde_json::from_str(include_str!("../../tests/golden/trust.json")).unwrap()
}

/// Equal to 1e-6, or both missing.
pub(super) fn close(ours: Option<f64>, theirs: Option<f64>) -> bool {
    match (ours, theirs) {
        (Some(ours), Some(theirs)) => (ours - theirs).abs() < 1e-6,
        (ours, theirs) => ours.is_none() && theirs.is_none(),
    }
}
