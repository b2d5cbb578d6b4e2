//! Rejection: what becomes of predictions when images that are novel or unsure are called `unknown`.

use ndarray::Array2;
use serde::Serialize;

use super::{LabelledPredictions, NovelImages, Predictions};
use crate::data::ClassId;
use crate::metrics::{Ranking, RiskCoverage};
use crate::training::{RejectRule, UnknownBecause};

/// When an image is `unknown`, and how that fared on labelled images.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Rejection {
    /// Share of images of the known classes that is not to be taken for novel.
    pub keep: f64,
    /// Novelty above which an image is novel; `None` where none is.
    pub threshold: Option<f64>,
    /// Confidence below which an image is unsure; `None` where none is.
    pub min_confidence: Option<f64>,
    /// Whether novelty is a share of known images, above 0 and below 1; by a checkpoint of before it counts standard
    /// deviations.
    #[serde(skip)]
    pub novelty_is_share: bool,
    /// Images that the thresholds were chosen on.
    pub n_images: usize,
    /// Share of the labelled images that keep their class, and of wrong ones among them; `None` without images, or
    /// where none keeps its class.
    pub at_threshold: Option<KeptImages>,
    /// Labelled images without a class because they are novel.
    pub novel: RejectedImages,
    /// Labelled images without a class because they are unsure.
    pub unsure: RejectedImages,
    /// Labelled images that a checkpoint of before gives no class, for either reason.
    pub untold: RejectedImages,
    /// Share of wrong ones among all labelled images; `None` without images.
    pub risk_of_all: Option<f64>,
    /// How well images of novel classes are detected; `None` without such images.
    pub novel_classes: Option<NovelClassDetection>,
    /// Share of all images that keep their class, those of novel classes included; `None` where nothing is rejected by
    /// rule.
    #[serde(skip)]
    pub coverage: Option<f64>,
    /// Risk over coverage where both thresholds move together; images of novel classes are wrong answers.
    #[serde(skip)]
    pub by_both: RiskCoverage,
    /// The same where the most novel images are rejected first.
    #[serde(skip)]
    pub by_novelty: RiskCoverage,
    /// The same where the least confident images are rejected first.
    #[serde(skip)]
    pub by_confidence: RiskCoverage,
}

/// Images that keep their class.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct KeptImages {
    /// Their share of all images, above 0, up to 1.
    pub coverage: f64,
    /// Share of wrong ones among them, in `0.0..=1.0`.
    pub risk: f64,
}

/// Images of known classes that get no class.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct RejectedImages {
    /// How many.
    pub images: usize,
    /// How many of them would have been called right.
    pub right: usize,
}

/// Detection of novel classes: how many of their images are `unknown`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct NovelClassDetection {
    /// How many images of novel classes there are.
    pub images: usize,
    /// How many of them are `unknown`.
    pub unknown: usize,
    /// How many of these because they are novel.
    pub novel: usize,
    /// Chance that one of them has a higher novelty than an image of a known class, in `0.0..=1.0`; 0.5 is guessing.
    /// `None` without images of known classes, or without a novelty.
    pub roc_auc: Option<f64>,
}

impl Rejection {
    /// Applies `rule` to images that it recognised.
    #[must_use]
    pub fn of(rule: &RejectRule, labelled: &LabelledPredictions<'_>, novel: &NovelImages) -> Self {
        let mut correct = labelled.correct();
        let all = [&labelled.predictions, &novel.predictions];
        let rejected = |because| RejectedImages::of(&labelled.predictions, &correct, because);
        let [as_novel, as_unsure, untold] =
            [UnknownBecause::Novel, UnknownBecause::Unsure, UnknownBecause::Untold].map(rejected);
        let unknown = as_novel.and(as_unsure).and(untold);
        let (images, right) = (correct.len(), correct.iter().filter(|right| **right).count());
        let (kept, kept_right) = (images - unknown.images, right - unknown.right);
        let novel_classes = NovelClassDetection::of(&labelled.predictions, &novel.predictions);
        let unknown_novel = novel_classes.as_ref().map_or(0, |found| found.unknown);
        let all_images = images + novel.images.len();
        // The classifier cannot be right on a class that it never learned.
        correct.resize(all_images, false);
        let doubts: Vec<f64> = all.map(Predictions::confidences).concat().iter().map(|&c| 1.0 - f64::from(c)).collect();
        let novelties = all.map(Predictions::novelties).concat();
        let margins = all.iter().flat_map(|found| &found.recognitions).map(|found| -found.margin);
        let margins: Vec<f64> = margins.collect();
        // Where nothing was measured there is no order but that of the confidences.
        let curve =
            |scores: &[f64]| RiskCoverage::of(if scores.len() == correct.len() { scores } else { &doubts }, &correct);
        let rejects = rule.threshold.is_some() || rule.min_confidence.is_some();
        Self {
            keep: rule.keep.get(),
            threshold: rule.novelty_threshold(),
            min_confidence: rule.min_confidence,
            novelty_is_share: rule.has_scale(),
            n_images: rule.n_images,
            at_threshold: (kept > 0).then(|| KeptImages {
                coverage: kept as f64 / images as f64,
                risk: (kept - kept_right) as f64 / kept as f64,
            }),
            novel: as_novel,
            unsure: as_unsure,
            untold,
            risk_of_all: (images > 0).then(|| (images - right) as f64 / images as f64),
            coverage: (rejects && all_images > 0)
                .then(|| (kept + novel.images.len() - unknown_novel) as f64 / all_images as f64),
            novel_classes,
            by_both: curve(&margins),
            by_novelty: curve(&novelties),
            by_confidence: curve(&doubts),
        }
    }

    /// Labelled images that get no class, for whatever reason.
    #[must_use]
    pub fn unknown(&self) -> RejectedImages {
        self.novel.and(self.unsure).and(self.untold)
    }

    /// How many of them are novel and how many unsure, and how many of each would be right, as a list in words; empty where none
    /// is either.
    #[must_use]
    pub fn reasons(&self) -> String {
        let reasons = [("novel", self.novel), ("unsure", self.unsure)].into_iter();
        let told = reasons.filter(|(_, found)| found.images > 0);
        let told: Vec<String> =
            told.map(|(reason, found)| format!("{} {reason} ({} right)", found.images, found.right)).collect();
        told.join(", ")
    }
}

impl RejectedImages {
    /// These and `others`.
    fn and(self, others: Self) -> Self {
        Self { images: self.images + others.images, right: self.right + others.right }
    }

    /// Counts those of `predictions` that are unknown `because`; `correct` has an entry for each.
    fn of(predictions: &Predictions, correct: &[bool], because: UnknownBecause) -> Self {
        let rejected = (0..correct.len()).filter(|&row| predictions.unknown_because(row) == Some(because));
        rejected.fold(Self::default(), |sum, row| Self {
            images: sum.images + 1,
            right: sum.right + usize::from(correct[row]),
        })
    }
}

impl NovelClassDetection {
    fn of(known: &Predictions, novel: &Predictions) -> Option<Self> {
        let because = novel.recognitions.iter().filter_map(|found| found.unknown_because);
        let because: Vec<UnknownBecause> = because.collect();
        (!novel.recognitions.is_empty()).then(|| Self {
            images: novel.recognitions.len(),
            unknown: because.len(),
            novel: because.iter().filter(|because| **because == UnknownBecause::Novel).count(),
            roc_auc: detection_auc(&known.novelties(), &novel.novelties()),
        })
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
        let (means, deviations) = ([0.0; 3], [1.0; 3]);
        RejectRule { keep, threshold, min_confidence: None, scale: None, means, deviations, spread: 1.0, n_images: 20 }
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
        // Known: novelty 0.0 right, 1.0 wrong and unsure, 0.5 right; novel: 3.0, rejected.
        let features = Array2::zeros((5, 1));
        let (mut labelled, novel) = divide_by_truth(&classes, images, &truth, features.view(), &predictions);
        labelled.predictions.recognitions[1].unknown_because = Some(UnknownBecause::Unsure);
        let found = Rejection::of(&rule(Some(0.8)), &labelled, &novel);
        assert_eq!(found.risk_of_all, Some(1.0 / 3.0));
        assert_eq!(found.at_threshold, Some(KeptImages { coverage: 2.0 / 3.0, risk: 0.0 }));
        let counted = |images, right| RejectedImages { images, right };
        assert_eq!((found.novel, found.unsure, found.unknown()), (counted(0, 0), counted(1, 0), counted(1, 0)));
        let detected = NovelClassDetection { images: 1, unknown: 1, novel: 1, roc_auc: Some(1.0) };
        assert_eq!(found.novel_classes, Some(detected));
        assert_eq!((found.coverage, found.by_novelty.images, found.by_novelty.wrong), (Some(0.5), 4, 2));
        // By margin: 0.0 right, 0.5 right, 1.0 wrong, 3.0 novel.
        let risks: Vec<f64> = found.by_both.points.iter().map(|point| point.risk).collect();
        assert_eq!(risks, [0.0, 0.0, 1.0 / 3.0, 0.5]);
        // By confidence: 0.9 right, 0.8 wrong, 0.7 novel and wrong, 0.6 right.
        let risks: Vec<f64> = found.by_confidence.points.iter().map(|point| point.risk).collect();
        assert_eq!(risks, [0.0, 0.5, 2.0 / 3.0, 0.5]);
    }

    #[test]
    fn without_a_threshold_every_image_keeps_its_class() {
        let (classes, images, _, predictions) = five();
        let truth = [Some("a"), Some("a"), Some("b"), None, None];
        let features = Array2::zeros((5, 1));
        let (mut labelled, novel) = divide_by_truth(&classes, images, &truth, features.view(), &predictions);
        let found = Rejection::of(&rule(None), &labelled, &novel);
        assert_eq!((found.at_threshold.unwrap().coverage, found.coverage), (1.0, None));
        assert_eq!(found.novel_classes, None);
        labelled.predictions.recognitions.clear();
        let unmeasured = Rejection::of(&rule(None), &labelled, &novel);
        assert_eq!(unmeasured.by_novelty, unmeasured.by_confidence);
    }
}
