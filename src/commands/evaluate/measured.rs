//! Everything that is measured of judged images: pure numbers, no files.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Value, json};

use super::judged::Judged;
use super::scores::{Scores, intervals};
use crate::metrics::classification::log_loss;
use crate::metrics::{ConfusionMatrix, Interval, Ranking, Reliability, error_by_chance, wilson};
use crate::report::Results;
use crate::training::most_likely;

/// The outcome of judging images.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Evaluation {
    /// All the usual numbers.
    #[serde(flatten)]
    pub scores: Scores,
    /// 95 % intervals of the scores, by name.
    pub intervals: BTreeMap<String, Interval>,
    /// Whether confidences can be believed.
    pub confidence: Confidence,
    /// Accuracy by value of each name field with 2 to 50 values.
    pub fields: BTreeMap<String, Vec<FieldRow>>,
    /// Images by true class and predicted class.
    #[serde(skip)]
    pub confusion: ConfusionMatrix,
    /// One per class.
    #[serde(skip)]
    pub rankings: Vec<Ranking>,
}

/// Whether confidences can be believed.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Confidence {
    /// What logits were divided by; 1 where nothing was calibrated.
    pub temperature: f64,
    /// Expected calibration error, in `0.0..=1.0`.
    pub ece: Option<f64>,
    /// The same before the temperature was applied.
    pub ece_before: Option<f64>,
    /// What 95 % of perfectly calibrated classifiers stay below on as many images.
    pub ece_by_chance: Option<f64>,
    /// Log loss before the temperature was applied, in nats.
    pub log_loss_before: Option<f64>,
    /// By confidence.
    pub reliability: Reliability,
    /// The same before the temperature was applied.
    #[serde(skip)]
    pub reliability_before: Reliability,
}

impl Confidence {
    /// Whether the error may be chance; `None` without images.
    #[must_use]
    pub fn is_compatible(&self) -> Option<bool> {
        Some(self.ece? <= self.ece_by_chance?)
    }
}

/// The images with one value of a name field.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FieldRow {
    /// Such as the name of a tenant.
    pub value: String,
    /// How many.
    pub images: u64,
    /// How many of them were called right.
    pub right: u64,
    /// Where their accuracy most likely lies (95 %, Wilson).
    pub interval: Option<Interval>,
}

impl Evaluation {
    /// Measures; `seed` draws the resamples.
    pub(in crate::commands) fn of(judged: &Judged<'_>, temperature: f64, seed: u64) -> Self {
        let predicted = judged.predicted();
        let confusion = ConfusionMatrix::of(&judged.truth, &predicted, judged.classes);
        let right: Vec<bool> =
            judged.truth.iter().zip(&predicted).map(|(truth, predicted)| truth == predicted).collect();
        Self {
            scores: Scores::new(&confusion, &judged.truth, judged.probabilities.view()),
            intervals: intervals(&confusion, seed),
            confidence: confidence(judged, &right, temperature, seed),
            fields: judged
                .fields()
                .into_iter()
                .map(|field| (field.clone(), by_value(judged, &field, &right)))
                .collect(),
            rankings: Ranking::of_all(&judged.truth, judged.probabilities.view()),
            confusion,
        }
    }

    /// Puts everything into `results`.
    pub(in crate::commands) fn fill(&self, results: &mut Results) {
        if let Value::Object(measured) = json!(self) {
            results.metrics.extend(measured);
        }
        let rows: Vec<Vec<u64>> = self.confusion.counts().rows().into_iter().map(|row| row.to_vec()).collect();
        results.set("confusion_matrix", json!({ "classes": self.confusion.classes(), "rows": rows }));
    }
}

fn confidence(judged: &Judged<'_>, right: &[bool], temperature: f64, seed: u64) -> Confidence {
    let confidences: Vec<f32> = (0..right.len()).map(|row| judged.confidence(row)).collect();
    let before: Vec<f32> = most_likely(judged.uncalibrated.view())
        .iter()
        .zip(judged.uncalibrated.rows())
        .map(|(class, probabilities)| probabilities[class.0])
        .collect();
    let reliability = Reliability::of(&confidences, right);
    let reliability_before = Reliability::of(&before, right);
    Confidence {
        temperature,
        ece: reliability.calibration_error(),
        ece_before: reliability_before.calibration_error(),
        ece_by_chance: error_by_chance(&confidences, 0.95, seed),
        log_loss_before: log_loss(&judged.truth, judged.uncalibrated.view()),
        reliability,
        reliability_before,
    }
}

/// In the order of the values; images without the field come last, without a value.
fn by_value(judged: &Judged<'_>, field: &str, right: &[bool]) -> Vec<FieldRow> {
    let mut counts: BTreeMap<(bool, &str), (u64, u64)> = BTreeMap::new();
    for (image, &right) in judged.images.iter().zip(right) {
        let value = image.fields.get(field);
        let entry = counts.entry((value.is_none(), value.map_or("", String::as_str))).or_default();
        entry.0 += 1;
        entry.1 += u64::from(right);
    }
    let row = |((_, value), (images, right)): ((bool, &str), (u64, u64))| FieldRow {
        value: value.to_owned(),
        images,
        right,
        interval: wilson(right, images),
    };
    counts.into_iter().map(row).collect()
}
