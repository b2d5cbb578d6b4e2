//! Risk and coverage of predictions that may be rejected: the fewer are given, the fewer are wrong.
//!
//! References: El-Yaniv and Wiener, "On the Foundations of Noise-free Selective Classification", JMLR 2010, for risk
//! and coverage; Geifman et al., "Bias-Reduced Uncertainty Estimation for Deep Neural Classifiers", ICLR 2019, for the
//! area.

use serde::{Deserialize, Serialize};

/// Selective risk: the share of wrong answers among the images that are given one.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct RiskAtCoverage {
    /// Share of images given an answer, above 0, up to 1.
    pub coverage: f64,
    /// Share of those answers that are wrong, in `0.0..=1.0`.
    pub risk: f64,
    /// Images whose score is this or less are given an answer.
    pub threshold: f64,
}

/// Risk over coverage, from few images to all.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct RiskCoverage {
    /// Coverage rises; images of equal score are given an answer together.
    pub points: Vec<RiskAtCoverage>,
    /// Images and wrong answers.
    pub images: usize,
    pub wrong: usize,
}

impl RiskCoverage {
    /// Rejects images from the highest of `scores` down; `right` says which answers are right. Scores are not NaN.
    ///
    /// # Panics
    /// When the two differ in length.
    #[must_use]
    pub fn of(scores: &[f64], right: &[bool]) -> Self {
        assert_eq!(scores.len(), right.len(), "one score per answer");
        let mut order: Vec<usize> = (0..scores.len()).collect();
        order.sort_by(|&a, &b| scores[a].total_cmp(&scores[b]));
        let mut points = Vec::new();
        let mut wrong = 0;
        for (place, &image) in order.iter().enumerate() {
            wrong += usize::from(!right[image]);
            let given = place + 1;
            if order.get(given).is_none_or(|&next| scores[next] > scores[image]) {
                points.push(RiskAtCoverage {
                    coverage: given as f64 / scores.len() as f64,
                    risk: wrong as f64 / given as f64,
                    threshold: scores[image],
                });
            }
        }
        Self { points, images: scores.len(), wrong }
    }

    /// Mean risk over all coverages (AURC), in `0.0..=1.0`: each image counts with the risk of the answers given when
    /// it is the last one; `None` without images.
    #[must_use]
    pub fn area(&self) -> Option<f64> {
        let mut before = 0.0;
        let mut area = 0.0;
        for point in &self.points {
            area += point.risk * (point.coverage - before);
            before = point.coverage;
        }
        (!self.points.is_empty()).then_some(area)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_curve_by_hand() {
        let curve = RiskCoverage::of(&[0.1, 0.4, 0.2, 0.2], &[true, false, true, false]);
        let point = |coverage, risk, threshold| RiskAtCoverage { coverage, risk, threshold };
        assert_eq!(curve.points, [point(0.25, 0.0, 0.1), point(0.75, 1.0 / 3.0, 0.2), point(1.0, 0.5, 0.4)]);
        assert_eq!((curve.images, curve.wrong), (4, 2));
        assert!((curve.area().unwrap() - (0.5 / 3.0 + 0.25 * 0.5)).abs() < 1e-12);
        assert_eq!(RiskCoverage::of(&[], &[]).area(), None);
    }

    proptest! {
        #[test]
        fn all_images_at_last_and_the_best_order_is_least(
            answers in prop::collection::vec((0.0..1.0_f64, any::<bool>()), 1..80)
        ) {
            let (scores, right): (Vec<f64>, Vec<bool>) = answers.into_iter().unzip();
            let curve = RiskCoverage::of(&scores, &right);
            let last = curve.points.last().unwrap();
            let wrong = right.iter().filter(|right| !**right).count() as f64;
            prop_assert_eq!((last.coverage, last.risk), (1.0, wrong / right.len() as f64));
            let best: Vec<f64> = right.iter().map(|right| f64::from(u8::from(!right))).collect();
            let rank: Vec<f64> = best.iter().enumerate().map(|(i, wrong)| wrong * 1e3 + i as f64).collect();
            prop_assert!(RiskCoverage::of(&rank, &right).area().unwrap() <= curve.area().unwrap() + 1e-12);
        }
    }
}
