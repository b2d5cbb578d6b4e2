//! Numbers of an evaluation in results.json, where `rails compare` looks for them.

use serde_json::{Value, json};

use crate::evaluation::{Evaluation, Rejection};
use crate::files::Results;

/// Scores, intervals, calibration, accuracy by field and the confusion matrix.
pub(crate) fn record_evaluation(evaluation: &Evaluation, results: &mut Results) {
    if let Value::Object(measured) = json!(evaluation) {
        results.metrics.extend(measured);
    }
    let confusion = &evaluation.confusion;
    let rows: Vec<Vec<u64>> = confusion.counts().rows().into_iter().map(|row| row.to_vec()).collect();
    results.set("confusion_matrix", json!({ "classes": confusion.classes(), "rows": rows }));
}

/// The thresholds of rejection and how they fared, and the area under each curve of risk over coverage.
pub(crate) fn record_rejection(rejection: &Rejection, results: &mut Results) {
    let Rejection { by_both, by_novelty, by_confidence, .. } = rejection;
    results.set("rejection", rejection);
    let areas = json!({
        "by_both": by_both.area(),
        "by_novelty": by_novelty.area(),
        "by_confidence": by_confidence.area(),
    });
    results.set("risk_coverage_area", areas);
}
