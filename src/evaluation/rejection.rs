//! Rejection of novel images: what becomes of predictions when images unlike the training images are called `unknown`.

use ndarray::Array2;
use serde::Serialize;

use super::{LabelledPredictions, NovelImages, Predictions};
use crate::data::ClassId;
use crate::metrics::{Ranking, RiskAtCoverage, RiskCoverage};
use crate::training::RejectRule;

/// When an image is `unknown`, and how that fared on labelled images.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Rejection {
    /// Share of images of the known classes that is to keep its class.
    pub keep: f64,
    /// Novelty score above which an image is `unknown`; `None` where nothing is.
    pub threshold: Option<f64>,
    /// Images that the threshold was chosen on.
    pub n_images: usize,
    /// Share of the labelled images that keep their class, and of wrong ones among them; `None` without images.
    pub at_threshold: Option<RiskAtCoverage>,
    /// Share of wrong ones among all labelled images; `None` without images.
    pub risk_of_all: Option<f64>,
    /// How well images of novel classes are detected; `None` without such images.
    pub novel_classes: Option<NovelClassDetection>,
    /// Risk over coverage where the most novel images are rejected first; images of novel classes are wrong answers.
    #[serde(skip)]
    pub by_novelty: RiskCoverage,
    /// The same where the least confident images are rejected first.
    #[serde(skip)]
    pub by_confidence: RiskCoverage,
}

/// Detection of novel classes: how many of their images are `unknown`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct NovelClassDetection {
    /// How many images of novel classes there are.
    pub images: usize,
    /// How many of them are `unknown`.
    pub unknown: usize,
    /// Chance that one of them has a higher novelty score than an image of a known class, in `0.0..=1.0`; 0.5 is
    /// guessing. `None` without images of known classes.
    pub roc_auc: Option<f64>,
}

impl Rejection {
    /// Applies `rule` to images whose novelty it measured.
    #[must_use]
    pub fn of(rule: &RejectRule, labelled: &LabelledPredictions<'_>, novel: &NovelImages) -> Self {
        let mut correct = labelled.correct();
        let (mut scores, novel_scores) = (labelled.predictions.novelty_scores(), novel.predictions.novelty_scores());
        let known = RiskCoverage::of(&scores, &correct);
        let novel_classes = (!novel_scores.is_empty()).then(|| NovelClassDetection {
            images: novel_scores.len(),
            unknown: novel.predictions.novelty.iter().filter(|novelty| novelty.rejected).count(),
            roc_auc: detection_auc(&scores, &novel_scores),
        });
        let confidences = [&labelled.predictions, &novel.predictions].map(Predictions::confidences);
        let doubts: Vec<f64> = confidences.concat().iter().map(|&confidence| 1.0 - f64::from(confidence)).collect();
        scores.extend(novel_scores);
        // The classifier cannot be right on a class that it never learned.
        correct.resize(scores.len(), false);
        Self {
            keep: rule.keep.get(),
            threshold: rule.threshold,
            n_images: rule.n_images,
            at_threshold: known.at(rule.threshold.unwrap_or(f64::INFINITY)),
            risk_of_all: known.points.last().map(|point| point.risk),
            novel_classes,
            by_novelty: RiskCoverage::of(&scores, &correct),
            by_confidence: RiskCoverage::of(&doubts, &correct),
        }
    }

    /// Share of all images, those of novel classes included, that keep their class, in `0.0..=1.0`; `None` where
    /// nothing is rejected by rule, or everything.
    #[must_use]
    pub fn coverage(&self) -> Option<f64> {
        self.by_novelty.at(self.threshold?).map(|point| point.coverage)
    }
}

/// Area under the ROC curve of the novelty scores of `novel` images against those of `known` ones; `None` without
/// either.
fn detection_auc(known: &[f64], novel: &[f64]) -> Option<f64> {
    let truth: Vec<ClassId> = known.iter().map(|_| ClassId(1)).chain(novel.iter().map(|_| ClassId(0))).collect();
    let scores: Vec<f64> = known.iter().chain(novel).copied().collect();
    let scores = Array2::from_shape_fn((scores.len(), 1), |(row, _)| scores[row] as f32);
    Ranking::of(ClassId(0), &truth, scores.view()).roc_auc()
}

#[cfg(test)]
mod tests {
    use super::super::labelled_predictions::tests::five;
    use super::*;
    use crate::evaluation::divide_by_truth;

    fn rule(threshold: Option<f64>) -> RejectRule {
        let keep = 0.9.try_into().unwrap();
        RejectRule { keep, threshold, means: [0.0; 3], deviations: [1.0; 3], spread: 1.0, n_images: 20 }
    }

    #[test]
    fn one_pair_in_the_wrong_order_costs_its_share() {
        assert_eq!(detection_auc(&[0.0, 1.0], &[2.0, 3.0]), Some(1.0));
        assert_eq!(detection_auc(&[0.0, 2.5], &[2.0, 3.0]), Some(0.75));
        assert_eq!(detection_auc(&[], &[2.0]), None);
    }

    #[test]
    fn rejection_by_hand() {
        let (classes, images, truth, predictions) = five();
        // Known: novelty 0.0 right, 1.0 wrong, 0.5 right; novel: 3.0, rejected.
        let features = Array2::zeros((5, 1));
        let (labelled, novel) = divide_by_truth(&classes, images, &truth, features.view(), &predictions);
        let found = Rejection::of(&rule(Some(0.8)), &labelled, &novel);
        assert_eq!(found.risk_of_all, Some(1.0 / 3.0));
        let point = found.at_threshold.unwrap();
        assert_eq!((point.coverage, point.risk, point.threshold), (2.0 / 3.0, 0.0, 0.5));
        assert_eq!(found.novel_classes, Some(NovelClassDetection { images: 1, unknown: 1, roc_auc: Some(1.0) }));
        assert_eq!((found.coverage(), found.by_novelty.images, found.by_novelty.wrong), (Some(0.5), 4, 2));
        // By confidence: 0.9 right, 0.8 wrong, 0.7 novel and wrong, 0.6 right.
        let risks: Vec<f64> = found.by_confidence.points.iter().map(|point| point.risk).collect();
        assert_eq!(risks, [0.0, 0.5, 2.0 / 3.0, 0.5]);
    }

    #[test]
    fn without_a_threshold_every_image_keeps_its_class() {
        let (classes, images, _, predictions) = five();
        let truth = [Some("a"), Some("a"), Some("b"), None, None];
        let features = Array2::zeros((5, 1));
        let (labelled, novel) = divide_by_truth(&classes, images, &truth, features.view(), &predictions);
        let found = Rejection::of(&rule(None), &labelled, &novel);
        assert_eq!((found.at_threshold.unwrap().coverage, found.coverage()), (1.0, None));
        assert_eq!(found.novel_classes, None);
    }
}
