//! When an image is `unknown`: it resembles nothing that was learned, or the classifier doubts.
//!
//! Three views of strangeness, each in standard deviations of known images, count alike:
//! - how isolated it is: its distance to the nearest training images over their distances to each other, on several
//!   scales (Breunig et al., "LOF: Identifying Density-Based Local Outliers", SIGMOD 2000);
//! - how far the nearest training image is (Sun et al., "Out-of-Distribution Detection with Deep Nearest Neighbors",
//!   ICML 2022);
//! - how much the classifier doubts: the log odds against its most likely class (Hendrycks and Gimpel, "A Baseline for
//!   Detecting Misclassified and Out-of-Distribution Examples", ICLR 2017).
//!
//! The threshold is a conformal quantile over known images that were not learned from (Vovk et al. 2005): of new images
//! of the known classes, at least the wanted share is kept on average, whatever the classifier.

use serde::{Deserialize, Serialize};

use super::neighbours::Resemblance;
use crate::data::Fraction;

/// The class of an image that nothing fits well enough.
pub const UNKNOWN: &str = "unknown";

/// Confidences are told apart up to this odds against them.
const LEAST_DOUBT: f64 = 1e-7;

/// When images are called `unknown`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RejectRecipe {
    /// Share of images of the known classes that keeps its class; the rest, and what was never seen, is `unknown`.
    /// `1` calls nothing unknown.
    pub keep: Fraction,
}

impl Default for RejectRecipe {
    fn default() -> Self {
        let keep = Fraction::try_from(0.9).unwrap_or_else(|_| unreachable!("the default is in range"));
        Self { keep }
    }
}

/// Tells how unfamiliar an image is, and from when on that is too much.
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
    pub fn fit(resemblances: &[Resemblance], confidences: &[f32], keep: Fraction) -> Self {
        assert_eq!(resemblances.len(), confidences.len(), "one confidence per image");
        let views: Vec<[f64; 3]> = resemblances.iter().zip(confidences).map(|(r, &c)| views(*r, c)).collect();
        let n = views.len();
        let moments = |values: &dyn Fn(&[f64; 3]) -> f64| {
            let mean = views.iter().map(values).sum::<f64>() / n.max(1) as f64;
            let variance = views.iter().map(|v| (values(v) - mean).powi(2)).sum::<f64>() / n.max(1) as f64;
            // Where known images are all alike, any difference counts as it is.
            (mean, if variance > 0.0 { variance.sqrt() } else { 1.0 })
        };
        let each = [0, 1, 2].map(|view| moments(&move |v| v[view]));
        let mut rule = Self {
            keep,
            threshold: None,
            means: each.map(|(mean, _)| mean),
            deviations: each.map(|(_, deviation)| deviation),
            spread: 1.0,
            n_images: n,
        };
        rule.spread = moments(&|v| rule.together(*v)).1;
        let mut known: Vec<f64> = views.iter().map(|v| rule.together(*v) / rule.spread).collect();
        known.sort_unstable_by(f64::total_cmp);
        // The (n + 1)·keep-th smallest; beyond the last where there are too few to know.
        let rank = ((n + 1) as f64 * keep.get() - 1e-9).ceil().max(1.0) as usize;
        if keep.get() < 1.0 {
            rule.threshold = known.get(rank - 1).copied();
        }
        rule
    }

    /// How unfamiliar an image is, in standard deviations: 0 is usual for a known image, more is stranger.
    #[must_use]
    pub fn unfamiliarity(&self, resemblance: Resemblance, confidence: f32) -> f64 {
        self.together(views(resemblance, confidence)) / self.spread
    }

    /// Whether an image so unfamiliar is `unknown`.
    #[must_use]
    pub fn rejects(&self, unfamiliarity: f64) -> bool {
        self.threshold.is_some_and(|threshold| unfamiliarity > threshold)
    }

    /// Sum of the three views in standard deviations.
    fn together(&self, views: [f64; 3]) -> f64 {
        let scaled = views.iter().zip(self.means).zip(self.deviations);
        scaled.map(|((view, mean), deviation)| (view - mean) / deviation).sum()
    }
}

/// Isolation, distance and doubt.
fn views(resemblance: Resemblance, confidence: f32) -> [f64; 3] {
    let doubt = (1.0 - f64::from(confidence)).clamp(LEAST_DOUBT, 1.0 - LEAST_DOUBT);
    [resemblance.isolation, resemblance.distance, (doubt / (1.0 - doubt)).ln()]
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn fraction(share: f64) -> Fraction {
        share.try_into().unwrap()
    }

    fn known(n: usize) -> (Vec<Resemblance>, Vec<f32>) {
        let wave = |i: usize, pace: f64| (i as f64 * pace).sin();
        let each = (0..n).map(|i| Resemblance { isolation: wave(i, 0.7), distance: 3.0 * wave(i, 1.3) - 5.0 });
        (each.collect(), (0..n).map(|i| (0.8 + 0.19 * wave(i, 2.1)) as f32).collect())
    }

    #[test]
    fn strangers_are_unfamiliar_on_any_of_the_three_grounds() {
        let (resemblances, confidences) = known(200);
        let rule = RejectRule::fit(&resemblances, &confidences, fraction(0.9));
        let usual = Resemblance { isolation: 0.0, distance: -5.0 };
        assert!(rule.unfamiliarity(usual, 0.85).abs() < 0.5);
        assert!(!rule.rejects(rule.unfamiliarity(usual, 0.85)));
        for (resemblance, confidence) in [
            (Resemblance { isolation: 4.0, ..usual }, 0.85),
            (Resemblance { distance: 8.0, ..usual }, 0.85),
            (usual, 0.02),
        ] {
            assert!(rule.rejects(rule.unfamiliarity(resemblance, confidence)), "{resemblance:?} {confidence}");
        }
    }

    #[test]
    fn too_few_images_or_keeping_all_reject_nothing() {
        let (resemblances, confidences) = known(8);
        let extreme = Resemblance { isolation: 1e9, distance: 1e9 };
        for rule in [
            RejectRule::fit(&[], &[], fraction(0.9)),
            RejectRule::fit(&resemblances, &confidences, fraction(0.9)),
            RejectRule::fit(&resemblances, &confidences, fraction(1.0)),
        ] {
            assert_eq!(rule.threshold, None);
            assert!(!rule.rejects(rule.unfamiliarity(extreme, 0.0)));
        }
        let alike = vec![Resemblance { isolation: 0.0, distance: 1.0 }; 20];
        let rule = RejectRule::fit(&alike, &[1.0; 20], fraction(0.9));
        assert!(!rule.rejects(rule.unfamiliarity(alike[0], 1.0)));
        assert!(rule.rejects(rule.unfamiliarity(extreme, 1.0)));
    }

    proptest! {
        #[test]
        fn as_many_are_kept_as_was_asked(n in 1..300_usize, keep in 0.0..1.0_f64) {
            let (resemblances, confidences) = known(n);
            let rule = RejectRule::fit(&resemblances, &confidences, fraction(keep));
            let kept = resemblances.iter().zip(&confidences)
                .filter(|(r, c)| !rule.rejects(rule.unfamiliarity(**r, **c))).count();
            prop_assert!(kept as f64 >= (keep * n as f64).floor(), "{} of {}", kept, n);
            prop_assert!(kept as f64 <= keep * (n + 1) as f64 + 1.0 + f64::EPSILON, "{} of {}", kept, n);
        }
    }
}
