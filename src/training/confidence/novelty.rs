//! Novelty rejection: how unlike the known images an image is, and from when on it is called `unknown`.
//!
//! The novelty score sums three others, each in standard deviations of known images:
//! - how isolated it is: its distance to the nearest training images over their distances to each other, on several
//!   scales (Breunig et al., "LOF: Identifying Density-Based Local Outliers", SIGMOD 2000);
//! - how far the nearest training image is (Sun et al., "Out-of-Distribution Detection with Deep Nearest Neighbors",
//!   ICML 2022);
//! - lack of confidence: the log odds against the most likely class (Hendrycks and Gimpel, "A Baseline for
//!   Detecting Misclassified and Out-of-Distribution Examples", ICLR 2017).
//!
//! The threshold is a conformal quantile over known images that were not learned from (Vovk et al. 2005): of new images
//! of the known classes, at least the wanted share is kept on average, whatever the classifier.

use serde::{Deserialize, Serialize};

use crate::data::Fraction;
use crate::training::neighbours::OutlierScores;

/// Least doubt: confidences closer to 1 than this count as equal.
const LEAST_DOUBT: f64 = 1e-7;

/// Settings of novelty rejection.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RejectRecipe {
    /// Share of images of the known classes that keeps its class; the rest, and what was never seen, is `unknown`.
    /// `1` calls nothing unknown.
    pub keep: Fraction,
}

impl Default for RejectRecipe {
    fn default() -> Self {
        Self { keep: const { Fraction::constant(0.9) } }
    }
}

/// Novelty rejection, fitted: the score of an image, and the threshold above which it is `unknown`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RejectRule {
    /// Share of images of the known classes that is kept.
    pub keep: Fraction,
    /// Images above it are `unknown`; `None` keeps all.
    pub threshold: Option<f64>,
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
    /// Without images nothing is ever unknown; with few of them the threshold is the highest value seen, or none.
    ///
    /// # Panics
    /// When the two differ in length.
    #[must_use]
    pub fn fit(scores: &[OutlierScores], confidences: &[f32], keep: Fraction) -> Self {
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
        }
        rule
    }

    /// Novelty score of an image, in standard deviations: 0 is usual for a known image, more is less like them.
    #[must_use]
    pub fn novelty(&self, scores: OutlierScores, confidence: f32) -> f64 {
        self.sum(components(scores, confidence)) / self.spread
    }

    /// Whether an image of this novelty score is `unknown`.
    #[must_use]
    pub fn rejects(&self, novelty: f64) -> bool {
        self.threshold.is_some_and(|threshold| novelty > threshold)
    }

    /// Sum of the three scores in standard deviations.
    fn sum(&self, components: [f64; 3]) -> f64 {
        let scaled = components.iter().zip(self.means).zip(self.deviations);
        scaled.map(|((component, mean), deviation)| (component - mean) / deviation).sum()
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

    #[test]
    fn an_image_is_novel_on_any_of_the_three_grounds() {
        let (scores, confidences) = known(200);
        let rule = RejectRule::fit(&scores, &confidences, fraction(0.9));
        let usual = OutlierScores { isolation: 0.0, distance: -5.0 };
        assert!(rule.novelty(usual, 0.85).abs() < 0.5);
        assert!(!rule.rejects(rule.novelty(usual, 0.85)));
        for (scores, confidence) in [
            (OutlierScores { isolation: 4.0, ..usual }, 0.85),
            (OutlierScores { distance: 8.0, ..usual }, 0.85),
            (usual, 0.02),
        ] {
            assert!(rule.rejects(rule.novelty(scores, confidence)), "{scores:?} {confidence}");
        }
    }

    #[test]
    fn too_few_images_or_keeping_all_reject_nothing() {
        let (scores, confidences) = known(8);
        let extreme = OutlierScores { isolation: 1e9, distance: 1e9 };
        for rule in [
            RejectRule::fit(&[], &[], fraction(0.9)),
            RejectRule::fit(&scores, &confidences, fraction(0.9)),
            RejectRule::fit(&scores, &confidences, fraction(1.0)),
        ] {
            assert_eq!(rule.threshold, None);
            assert!(!rule.rejects(rule.novelty(extreme, 0.0)));
        }
        let alike = vec![OutlierScores { isolation: 0.0, distance: 1.0 }; 20];
        let rule = RejectRule::fit(&alike, &[1.0; 20], fraction(0.9));
        assert!(!rule.rejects(rule.novelty(alike[0], 1.0)));
        assert!(rule.rejects(rule.novelty(extreme, 1.0)));
    }

    proptest! {
        #[test]
        fn as_many_are_kept_as_was_asked(n in 1..300_usize, keep in 0.0..1.0_f64) {
            let (scores, confidences) = known(n);
            let rule = RejectRule::fit(&scores, &confidences, fraction(keep));
            let kept = scores.iter().zip(&confidences)
                .filter(|(r, c)| !rule.rejects(rule.novelty(**r, **c))).count();
            prop_assert!(kept as f64 >= (keep * n as f64).floor(), "{} of {}", kept, n);
            prop_assert!(kept as f64 <= keep * (n + 1) as f64 + 1.0 + f64::EPSILON, "{} of {}", kept, n);
        }
    }
}
