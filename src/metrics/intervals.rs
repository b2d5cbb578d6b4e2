//! Confidence intervals: how far a score may be off because there were only so many images.
//!
//! References: Efron, "Bootstrap methods: another look at the jackknife", 1979 (percentile intervals);
//! Wilson, "Probable inference, the law of succession, and statistical inference", 1927.

use ndarray::Array2;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::ConfusionMatrix;
use super::order::quantile;

/// How often images are drawn anew.
pub const RESAMPLES: usize = 1000;

/// Share of cases in which an interval is meant to hold the true value.
pub const LEVEL: f64 = 0.95;

/// Half of what an interval of [`LEVEL`] leaves out, in standard deviations of a normal distribution.
const Z: f64 = 1.959_963_984_540_054;

/// Where a score most likely lies.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Interval {
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

/// 95 % intervals of `scores`, each a function of the confusion matrix; `None` where a score has no value.
///
/// Images are drawn with replacement, as many as there are, [`RESAMPLES`] times; the ends are the 2.5 and 97.5
/// percentiles of the scores. The same seed gives the same bits.
#[must_use]
pub fn bootstrap(
    matrix: &ConfusionMatrix,
    scores: &[fn(&ConfusionMatrix) -> Option<f64>],
    seed: u64,
) -> Vec<Option<Interval>> {
    let shape = matrix.counts().dim();
    let cells = matrix.counts().iter().enumerate();
    let images: Vec<u32> = cells.flat_map(|(cell, &count)| (0..count).map(move |_| cell as u32)).collect();
    if images.is_empty() {
        return vec![None; scores.len()];
    }
    let resample = |stream: u64| {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        random.set_stream(stream);
        let mut counts = vec![0_u64; shape.0 * shape.1];
        for _ in 0..images.len() {
            counts[images[random.random_range(0..images.len())] as usize] += 1;
        }
        let drawn = matrix.with_counts(Array2::from_shape_fn(shape, |(i, j)| counts[i * shape.1 + j]));
        scores.iter().map(|score| score(&drawn)).collect::<Vec<_>>()
    };
    let drawn: Vec<Vec<Option<f64>>> = (0..RESAMPLES as u64).into_par_iter().map(resample).collect();
    let interval = |(index, score): (usize, &fn(&ConfusionMatrix) -> Option<f64>)| {
        score(matrix)?;
        let mut values: Vec<f64> = drawn.iter().filter_map(|scores| scores[index]).collect();
        values.sort_unstable_by(f64::total_cmp);
        let outside = (1.0 - LEVEL) / 2.0;
        Some(Interval { low: quantile(&values, outside)?, high: quantile(&values, 1.0 - outside)? })
    };
    scores.iter().enumerate().map(interval).collect()
}

/// 95 % interval (Wilson) of the share `right / images`, within `0.0..=1.0`; also good for few images. `None` without
/// images.
#[must_use]
pub fn wilson(right: u64, images: u64) -> Option<Interval> {
    if images == 0 {
        return None;
    }
    let found = wilson_of_share(right as f64 / images as f64, images as f64, Z);
    // The ends that are 0 and 1 by the formula are so to the bit.
    let low = if right == 0 { 0.0 } else { found.low };
    let high = if right == images { 1.0 } else { found.high };
    Some(Interval { low, high })
}

/// Interval (Wilson) of a `share` that `n` independent cases tell, which need not be whole, out to `z` standard deviations of
/// a normal distribution; within `0.0..=1.0`.
#[must_use]
pub fn wilson_of_share(share: f64, n: f64, z: f64) -> Interval {
    let middle = (share + z * z / (2.0 * n)) / (1.0 + z * z / n);
    let half = z / (1.0 + z * z / n) * (share * (1.0 - share) / n + z * z / (4.0 * n * n)).sqrt();
    Interval { low: (middle - half).max(0.0), high: (middle + half).min(1.0) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::classification::{accuracy, cohen_kappa, macro_f1};
    use crate::metrics::golden::{close, golden_scores};

    #[test]
    fn shares_have_the_intervals_of_statsmodels() {
        for case in golden_scores().proportions {
            let ours = wilson(case.right, case.images).unwrap();
            assert!(close(Some(ours.low), Some(case.low)) && close(Some(ours.high), Some(case.high)), "{case:?}");
        }
        assert_eq!(wilson(0, 0), None);
        for n in 1..200 {
            assert_eq!((wilson(0, n).unwrap().low, wilson(n, n).unwrap().high), (0.0, 1.0), "{n}");
        }
    }

    #[test]
    fn bootstrap_intervals_are_about_those_of_scipy() {
        let case = golden_scores().bootstrap;
        let names = ["a", "b", "c"].map(str::to_owned);
        let matrix = ConfusionMatrix::of(&case.truth, &case.predicted, &names);
        let ours = bootstrap(&matrix, &[accuracy, macro_f1, cohen_kappa], 7);
        for (ours, (low, high)) in ours.iter().zip([case.accuracy, case.macro_f1, case.kappa]) {
            let ours = ours.unwrap();
            assert!((ours.low - low).abs() < 0.01 && (ours.high - high).abs() < 0.01, "{ours:?} {low} {high}");
        }
        assert_eq!(ours, bootstrap(&matrix, &[accuracy, macro_f1, cohen_kappa], 7));
    }

    #[test]
    fn without_images_or_doubt_there_is_nothing_to_resample() {
        let names = ["a", "b"].map(str::to_owned);
        assert_eq!(bootstrap(&ConfusionMatrix::of(&[], &[], &names), &[accuracy], 1), [None]);
        let all_right = [crate::data::ClassId(0); 5];
        let sure = bootstrap(&ConfusionMatrix::of(&all_right, &all_right, &names), &[accuracy, cohen_kappa], 1);
        assert_eq!(sure, [Some(Interval { low: 1.0, high: 1.0 }), None]);
    }
}
