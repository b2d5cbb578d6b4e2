//! Rejection: when an image is `unknown`, and why: it resembles nothing that was learned, or it lies between classes.
//!
//! The novelty score sums three others, each in standard deviations of known images:
//! - how isolated it is: its distance to the nearest training images over their distances to each other, on several
//!   scales (Breunig et al., "LOF: Identifying Density-Based Local Outliers", SIGMOD 2000);
//! - how far the nearest training image is (Sun et al., "Out-of-Distribution Detection with Deep Nearest Neighbors",
//!   ICML 2022);
//! - lack of confidence: the log odds against the most likely class (Hendrycks and Gimpel, "A Baseline for
//!   Detecting Misclassified and Out-of-Distribution Examples", ICLR 2017).
//!
//! Its threshold is a conformal quantile over known images that were not learned from (Vovk et al. 2005): of new images
//! of the known classes, at least the wanted share is kept on average, whatever the classifier.
//!
//! Whoever is not novel is unsure below a calibrated confidence (Chow, "On Optimum Recognition Error and Reject
//! Tradeoff", IEEE Transactions on Information Theory 1970): of images of confidence `p`, one error is caught for every
//! `p / (1 − p)` right answers given up.

use ndarray::ArrayView2;
use serde::{Deserialize, Serialize};

use super::novelty_scale::NoveltyScale;
use crate::data::Fraction;
use crate::training::ClassifierError;
use crate::training::neighbours::{OutlierScores, TrainingNeighbours};

/// Least doubt: confidences closer to 1 than this count as equal.
const LEAST_DOUBT: f64 = 1e-7;

/// Settings of rejection.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RejectRecipe {
    /// Share of images of the known classes that is not taken for novel; the rest, and what was never seen, is
    /// `unknown`. `1` calls nothing unknown, what is unsure neither.
    pub keep: Fraction,
    /// Confidence below which an image is `unknown`, as unsure: at `p` one error is caught for every `p / (1 − p)` right
    /// answers given up. `0` calls nothing unsure.
    pub min_confidence: Fraction,
}

impl Default for RejectRecipe {
    fn default() -> Self {
        // Chosen looking at magnetic tiles and track-bed surfaces: on both, and with two networks, fewer right answers are
        // given up than with `keep = 0.9` alone, and as many or more errors are caught.
        Self { keep: const { Fraction::constant(0.95) }, min_confidence: const { Fraction::constant(0.55) } }
    }
}

/// Why an image is `unknown`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UnknownBecause {
    /// It resembles nothing that was learned.
    Novel,
    /// It lies between classes.
    Unsure,
    /// One or the other: a checkpoint of before does not tell which.
    Untold,
}

impl UnknownBecause {
    /// Its word in tables and names of folders; `None` where the reason is not told.
    #[must_use]
    pub const fn word(self) -> Option<&'static str> {
        match self {
            Self::Novel => Some("novel"),
            Self::Unsure => Some("unsure"),
            Self::Untold => None,
        }
    }
}

/// How far an image is recognised.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Recognition {
    /// Share of known images that are less novel, above 0 and below 1; by a checkpoint of before there were shares, the
    /// score itself, in standard deviations. `None` where there were no known images to compare with.
    pub novelty: Option<f64>,
    /// Why it is `unknown`; `None` where it is not.
    pub unknown_because: Option<UnknownBecause>,
    /// How far it is from being unknown, 0 or more: below 1 it is. As both thresholds move together, images become
    /// unknown in this order.
    pub margin: f64,
}

/// Rejection, fitted: the novelty of an image, and the thresholds of novelty and confidence.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RejectRule {
    /// Share of images of the known classes that is not taken for novel.
    pub keep: Fraction,
    /// Images whose novelty score is above it are novel; `None` where none is.
    pub threshold: Option<f64>,
    /// Images whose calibrated confidence is below it are unsure; `None` where none is, as in checkpoints of before.
    #[serde(default)]
    pub min_confidence: Option<f64>,
    /// What turns scores into shares; `None` in checkpoints of before.
    #[serde(default)]
    pub scale: Option<NoveltyScale>,
    /// Mean of isolation, distance and doubt over known images.
    pub means: [f64; 3],
    /// Their standard deviations.
    pub deviations: [f64; 3],
    /// Standard deviation of the three together.
    pub spread: f64,
    /// Known images that all this was measured on; the classifier had not learned them.
    pub n_images: usize,
}

impl RejectRule {
    /// Learns how known images look that the classifier did not learn: row `i` of both belongs to the same image, and
    /// `confidences` are calibrated.
    ///
    /// Without images nothing is ever unknown; with few of them the threshold of novelty is the highest value seen, or
    /// none.
    ///
    /// # Panics
    /// When the two differ in length.
    #[must_use]
    pub fn fit(scores: &[OutlierScores], confidences: &[f32], recipe: RejectRecipe) -> Self {
        let RejectRecipe { keep, min_confidence } = recipe;
        assert_eq!(scores.len(), confidences.len(), "one confidence per image");
        let components: Vec<[f64; 3]> = scores.iter().zip(confidences).map(|(r, &c)| components(*r, c)).collect();
        let n = components.len();
        let moments = |values: &dyn Fn(&[f64; 3]) -> f64| {
            let mean = components.iter().map(values).sum::<f64>() / n.max(1) as f64;
            let variance = components.iter().map(|v| (values(v) - mean).powi(2)).sum::<f64>() / n.max(1) as f64;
            // Where known images are all alike, any difference counts as it is.
            (mean, if variance > 0.0 { variance.sqrt() } else { 1.0 })
        };
        let each = [0, 1, 2].map(|component| moments(&move |v| v[component]));
        let mut rule = Self {
            keep,
            threshold: None,
            min_confidence: None,
            scale: None,
            means: each.map(|(mean, _)| mean),
            deviations: each.map(|(_, deviation)| deviation),
            spread: 1.0,
            n_images: n,
        };
        rule.spread = moments(&|v| rule.sum(*v)).1;
        let mut known: Vec<f64> = components.iter().map(|v| rule.sum(*v) / rule.spread).collect();
        known.sort_unstable_by(f64::total_cmp);
        // The (n + 1)·keep-th smallest; beyond the last where there are too few to know.
        let rank = ((n + 1) as f64 * keep.get() - 1e-9).ceil().max(1.0) as usize;
        if keep.get() < 1.0 {
            rule.threshold = known.get(rank - 1).copied();
            rule.min_confidence = Some(min_confidence.get()).filter(|&least| n > 0 && least > 0.0);
        }
        rule.scale = Some(NoveltyScale::of(&known));
        rule
    }

    /// How far an image is recognised that lies like this among the training images; `confidence` is calibrated.
    #[must_use]
    pub fn recognise(&self, scores: OutlierScores, confidence: f32) -> Recognition {
        let components = components(scores, confidence);
        let score = self.sum(components) / self.spread;
        // Whoever lies among the training images as known ones do is not novel, however unsure the classifier is.
        let [isolation, distance, _] = self.scaled(components);
        let among = self.scale.is_some() && isolation + distance <= 0.0;
        let novel = !among && self.threshold.is_some_and(|threshold| score > threshold);
        let unsure = self.min_confidence.is_some_and(|least| f64::from(confidence) < least);
        let unknown_because = match (novel, unsure) {
            (true, _) if self.scale.is_none() => Some(UnknownBecause::Untold),
            (true, _) => Some(UnknownBecause::Novel),
            (false, true) => Some(UnknownBecause::Unsure),
            (false, false) => None,
        };
        let novelty = self.on_scale(score);
        let of_novelty = self.novelty_threshold().filter(|_| !among).map(|threshold| match self.scale {
            Some(_) => (1.0 - novelty) / (1.0 - threshold),
            None => (threshold - novelty).exp(),
        });
        // An image that neither threshold looks at is farther from being unknown than all others.
        let most = self.novelty_threshold().filter(|_| self.scale.is_some()).map_or(1.0, |most| 1.0 / (1.0 - most));
        let of_confidence = self.min_confidence.map(|least| f64::from(confidence) / least);
        let compared = self.scale.is_none() || self.n_images > 0;
        Recognition {
            novelty: compared.then_some(novelty),
            unknown_because,
            margin: of_novelty
                .into_iter()
                .chain(of_confidence)
                .reduce(f64::min)
                .unwrap_or(most + f64::from(confidence)),
        }
    }

    /// [`Self::recognise`] for each row of `x`, shape `[n, n_features]`, among the training images.
    ///
    /// # Errors
    /// When `x` has another number of features than the training images.
    pub fn recognise_all(
        &self,
        neighbours: &TrainingNeighbours,
        x: ArrayView2<'_, f32>,
        confidences: &[f32],
    ) -> Result<Vec<Recognition>, ClassifierError> {
        let scores = neighbours.outlier_scores(x)?.into_iter().zip(confidences);
        Ok(scores.map(|(scores, &confidence)| self.recognise(scores, confidence)).collect())
    }

    /// Novelty above which images are novel, as [`Recognition::novelty`] counts it; `None` where none is.
    #[must_use]
    pub fn novelty_threshold(&self) -> Option<f64> {
        self.threshold.map(|threshold| self.on_scale(threshold))
    }

    /// Whether novelty is a share of known images, above 0 and below 1, as in every checkpoint of today.
    #[must_use]
    pub fn has_scale(&self) -> bool {
        self.scale.is_some()
    }

    fn on_scale(&self, score: f64) -> f64 {
        self.scale.as_ref().map_or(score, |scale| scale.share(score))
    }

    /// Sum of the three scores in standard deviations.
    fn sum(&self, components: [f64; 3]) -> f64 {
        self.scaled(components).iter().sum()
    }

    /// The three scores in standard deviations.
    fn scaled(&self, components: [f64; 3]) -> [f64; 3] {
        [0, 1, 2].map(|at| (components[at] - self.means[at]) / self.deviations[at])
    }
}

/// Isolation, distance and doubt.
fn components(scores: OutlierScores, confidence: f32) -> [f64; 3] {
    let doubt = (1.0 - f64::from(confidence)).clamp(LEAST_DOUBT, 1.0 - LEAST_DOUBT);
    [scores.isolation, scores.distance, (doubt / (1.0 - doubt)).ln()]
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn fraction(share: f64) -> Fraction {
        share.try_into().unwrap()
    }

    fn known(n: usize) -> (Vec<OutlierScores>, Vec<f32>) {
        let wave = |i: usize, pace: f64| (i as f64 * pace).sin();
        let each = (0..n).map(|i| OutlierScores { isolation: wave(i, 0.7), distance: 3.0 * wave(i, 1.3) - 5.0 });
        (each.collect(), (0..n).map(|i| (0.8 + 0.19 * wave(i, 2.1)) as f32).collect())
    }

    fn recipe(keep: f64, min_confidence: f64) -> RejectRecipe {
        RejectRecipe { keep: fraction(keep), min_confidence: fraction(min_confidence) }
    }

    #[test]
    fn novel_and_unsure_are_two_things() {
        let (scores, confidences) = known(200);
        let rule = RejectRule::fit(&scores, &confidences, recipe(0.9, 0.5));
        let usual = OutlierScores { isolation: 0.0, distance: -5.0 };
        let because = |scores, confidence| rule.recognise(scores, confidence).unknown_because;
        assert_eq!(because(usual, 0.85), None);
        assert_eq!(because(OutlierScores { isolation: 4.0, ..usual }, 0.85), Some(UnknownBecause::Novel));
        assert_eq!(because(OutlierScores { distance: 8.0, ..usual }, 0.85), Some(UnknownBecause::Novel));
        assert_eq!(because(OutlierScores { distance: 8.0, ..usual }, 0.4), Some(UnknownBecause::Novel));
        assert_eq!(because(usual, 0.49), Some(UnknownBecause::Unsure));
        assert_eq!(because(OutlierScores { isolation: -0.1, distance: -5.1 }, 0.001), Some(UnknownBecause::Unsure));
        assert_eq!(because(usual, 0.5), None, "the threshold itself is sure enough");
        let at = rule.recognise(usual, 0.85).novelty.unwrap();
        assert!((0.3..0.7).contains(&at), "usual, and in the middle of the known ones: {at}");
        let far = rule.recognise(OutlierScores { isolation: 1e9, distance: 1e9 }, 0.0).novelty.unwrap();
        let near = rule.recognise(OutlierScores { isolation: -20.0, distance: -1e3 }, 1.0).novelty.unwrap();
        assert!(0.995 < far && far <= 1.0 && 0.0 < near && near < 0.005, "{far} {near}");
    }

    #[test]
    fn too_few_images_or_keeping_all_reject_nothing() {
        let (scores, confidences) = known(8);
        let extreme = OutlierScores { isolation: 1e9, distance: 1e9 };
        for rule in [
            RejectRule::fit(&[], &[], recipe(0.9, 0.5)),
            RejectRule::fit(&scores, &confidences, recipe(0.9, 0.0)),
            RejectRule::fit(&scores, &confidences, recipe(1.0, 0.5)),
        ] {
            assert_eq!((rule.threshold, rule.min_confidence), (None, None));
            assert_eq!(rule.recognise(extreme, 0.0).unknown_because, None);
        }
        let few = RejectRule::fit(&scores, &confidences, recipe(0.9, 0.5));
        assert_eq!(few.recognise(extreme, 0.4).unknown_because, Some(UnknownBecause::Unsure));
        assert_eq!(RejectRule::fit(&[], &[], recipe(0.9, 0.5)).recognise(extreme, 0.4).novelty, None);
        let alike = vec![OutlierScores { isolation: 0.0, distance: 1.0 }; 20];
        let rule = RejectRule::fit(&alike, &[1.0; 20], recipe(0.9, 0.5));
        assert_eq!(rule.recognise(alike[0], 1.0).unknown_because, None);
        assert_eq!(rule.recognise(extreme, 1.0).unknown_because, Some(UnknownBecause::Novel));
    }

    #[test]
    fn a_rule_of_before_tells_what_it_did() {
        let text = r#"{"keep":0.9,"threshold":1.5,"means":[0,0,0],"deviations":[1,1,1],"spread":2,"n_images":40}"#;
        let rule: RejectRule = serde_json::from_str(text).unwrap();
        let told = rule.recognise(OutlierScores { isolation: 1.0, distance: 3.0 }, 0.5);
        assert_eq!((told.novelty, told.unknown_because), (Some(2.0), Some(UnknownBecause::Untold)));
        let told = rule.recognise(OutlierScores { isolation: -1.0, distance: -3.0 }, 0.5);
        assert_eq!((told.novelty, told.unknown_because), (Some(-2.0), None));
        let torn = rule.recognise(OutlierScores { isolation: -1.0, distance: 0.5 }, 0.001);
        assert_eq!(torn.unknown_because, Some(UnknownBecause::Untold), "as it called them: {torn:?}");
        assert!(!rule.has_scale() && rule.novelty_threshold() == Some(1.5));
    }

    proptest! {
        #[test]
        fn as_many_are_kept_as_was_asked(n in 1..300_usize, keep in 0.0..1.0_f64) {
            let (scores, confidences) = known(n);
            let rule = RejectRule::fit(&scores, &confidences, recipe(keep, 0.0));
            let told: Vec<Recognition> =
                scores.iter().zip(&confidences).map(|(r, c)| rule.recognise(*r, *c)).collect();
            let kept = told.iter().filter(|told| told.unknown_because.is_none()).count();
            prop_assert!(kept as f64 >= (keep * n as f64).floor(), "{} of {}", kept, n);
            let threshold = rule.novelty_threshold().unwrap_or(1.0);
            let usual = told.iter().filter(|told| told.novelty.unwrap() <= threshold).count();
            prop_assert!(usual as f64 <= keep * (n + 1) as f64 + 1.0 + f64::EPSILON, "{} of {}", usual, n);
        }

        #[test]
        fn a_margin_below_one_is_unknown(isolation in -3.0..6.0_f64, distance in -3.0..6.0_f64, confidence in 0.0..1.0_f32) {
            let (scores, confidences) = known(150);
            let rule = RejectRule::fit(&scores, &confidences, recipe(0.9, 0.6));
            let told = rule.recognise(OutlierScores { isolation, distance }, confidence);
            prop_assert_eq!(told.unknown_because.is_some(), told.margin < 1.0, "{:?}", told);
        }
    }
}
