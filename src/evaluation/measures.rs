//! Measures of predictions beside the truth.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{LabelledPredictions, Scores, intervals};
use crate::metrics::classification::log_loss;
use crate::metrics::{ConfusionMatrix, Interval, Ranking, Reliability, error_by_chance, wilson};
use crate::training::confidences;

/// Scores of predictions beside the truth, with intervals and calibration.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Evaluation {
    /// All the usual numbers.
    #[serde(flatten)]
    pub scores: Scores,
    /// 95 % intervals of the scores, by name.
    pub intervals: BTreeMap<String, Interval>,
    /// Calibration of the confidences.
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

/// Calibration: how close confidences are to the share that is right.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Confidence {
    /// The temperature that logits were divided by; 1 where nothing was calibrated.
    pub temperature: f64,
    /// Expected calibration error, in `0.0..=1.0`.
    pub ece: Option<f64>,
    /// The same before the temperature was applied.
    pub ece_before: Option<f64>,
    /// The ECE that 95 % of perfectly calibrated classifiers stay below on as many images.
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

/// Accuracy on the images with one value of a name field.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FieldRow {
    /// The value; empty for images without the field.
    pub value: String,
    /// How many.
    pub images: u64,
    /// How many of them were called right.
    pub right: u64,
    /// Where their accuracy most likely lies (95 %, Wilson).
    pub interval: Option<Interval>,
}

impl FieldRow {
    /// Share called right, in `0.0..=1.0`.
    #[must_use]
    pub fn accuracy(&self) -> f64 {
        self.right as f64 / self.images as f64
    }
}

impl Evaluation {
    /// Measures; `temperature` is reported, not applied, and `seed` draws the resamples.
    #[must_use]
    pub fn of(labelled: &LabelledPredictions<'_>, temperature: f64, seed: u64) -> Self {
        let probabilities = labelled.predictions.probabilities.view();
        let confusion = ConfusionMatrix::of(&labelled.truth, &labelled.predicted(), labelled.classes);
        let correct = labelled.correct();
        let fields = labelled.fields().into_iter();
        Self {
            scores: Scores::new(&confusion, &labelled.truth, probabilities),
            intervals: intervals(&confusion, seed),
            confidence: Confidence::of(labelled, &correct, temperature, seed),
            fields: fields.map(|field| (field.clone(), by_value(labelled, &field, &correct))).collect(),
            rankings: Ranking::of_all(&labelled.truth, probabilities),
            confusion,
        }
    }

    /// Number of images called right.
    #[must_use]
    pub fn correct(&self) -> u64 {
        self.confusion.counts().diag().sum()
    }

    /// Accuracy where `novel` more images, of classes that the classifier does not know, count as errors, in
    /// `0.0..=1.0`; `None` without images.
    #[must_use]
    pub fn accuracy_with_novel(&self, novel: usize) -> Option<f64> {
        let all = self.confusion.total() as usize + novel;
        (all > 0).then(|| self.correct() as f64 / all as f64)
    }
}

impl Confidence {
    fn of(labelled: &LabelledPredictions<'_>, correct: &[bool], temperature: f64, seed: u64) -> Self {
        let uncalibrated = labelled.predictions.uncalibrated.view();
        let shown = labelled.predictions.confidences();
        let reliability = Reliability::of(&shown, correct);
        let reliability_before = Reliability::of(&confidences(uncalibrated), correct);
        Self {
            temperature,
            ece: reliability.calibration_error(),
            ece_before: reliability_before.calibration_error(),
            ece_by_chance: error_by_chance(&shown, 0.95, seed),
            log_loss_before: log_loss(&labelled.truth, uncalibrated),
            reliability,
            reliability_before,
        }
    }
}

/// In the order of the values; images without the field come last, without a value.
fn by_value(labelled: &LabelledPredictions<'_>, field: &str, correct: &[bool]) -> Vec<FieldRow> {
    let mut counts: BTreeMap<(bool, &str), (u64, u64)> = BTreeMap::new();
    for (image, &correct) in labelled.images.iter().zip(correct) {
        let value = image.fields.get(field);
        let entry = counts.entry((value.is_none(), value.map_or("", String::as_str))).or_default();
        entry.0 += 1;
        entry.1 += u64::from(correct);
    }
    let row = |((_, value), (images, right)): ((bool, &str), (u64, u64))| FieldRow {
        value: value.to_owned(),
        images,
        right,
        interval: wilson(right, images),
    };
    counts.into_iter().map(row).collect()
}

#[cfg(test)]
mod tests {
    use super::super::labelled_predictions::tests::five;
    use super::*;
    use crate::evaluation::{Predictions, divide_by_truth};
    use ndarray::Array2;

    #[test]
    fn three_images_by_hand() {
        let (classes, mut images, mut truth, predictions) = five();
        // Without the novel one: 1 and 2 of `a`, 3 of `b`; 2 is called `b`.
        truth[3] = None;
        images[2].fields.remove("site");
        let (labelled, _) = divide_by_truth(&classes, images, &truth, Array2::zeros((5, 1)).view(), &predictions);
        let found = Evaluation::of(&labelled, 1.5, 7);
        assert_eq!(found.scores.accuracy, Some(2.0 / 3.0));
        assert_eq!(found.scores.balanced_accuracy, Some(0.75));
        assert_eq!(found.confusion.counts(), ndarray::array![[1, 1], [0, 1]]);
        assert_eq!((found.correct(), found.accuracy_with_novel(1)), (2, Some(0.5)));
        let loss = -[0.9_f32, 0.2, 0.6].map(|p| f64::from(p).ln()).iter().sum::<f64>() / 3.0;
        assert!((found.scores.log_loss.unwrap() - loss).abs() < 1e-12);
        let before = -[0.8_f32, 0.3, 0.55].map(|p| f64::from(p).ln()).iter().sum::<f64>() / 3.0;
        assert!((found.confidence.log_loss_before.unwrap() - before).abs() < 1e-12);
        assert_eq!(found.confidence.temperature, 1.5);
        // Each in a bin of its own: |0.9 - 1|, |0.8 - 0|, |0.6 - 1|.
        assert!((found.confidence.ece.unwrap() - (0.1 + 0.8 + 0.4) / 3.0).abs() < 1e-6, "{:?}", found.confidence.ece);
        let rows: Vec<_> = found.fields["site"].iter().map(|row| (row.value.as_str(), row.images, row.right)).collect();
        assert_eq!(rows, [("x", 1, 1), ("y", 1, 0), ("", 1, 1)]);
        assert_eq!(found.fields["site"][1].accuracy(), 0.0);
        assert_eq!(found.rankings[0].roc_auc(), Some(0.5), "one of two pairs in the right order");
    }

    #[test]
    fn without_images_nothing_is_claimed() {
        let classes = ["a".to_owned(), "b".to_owned()];
        let empty = || Array2::zeros((0, 2));
        let predictions = Predictions { uncalibrated: empty(), probabilities: empty(), recognitions: Vec::new() };
        let (labelled, _) = divide_by_truth(&classes, Vec::new(), &[], Array2::zeros((0, 3)).view(), &predictions);
        let found = Evaluation::of(&labelled, 1.0, 0);
        assert_eq!((found.scores.accuracy, found.confidence.ece, found.accuracy_with_novel(0)), (None, None, None));
        assert_eq!(found.confidence.is_compatible(), None);
    }
}
