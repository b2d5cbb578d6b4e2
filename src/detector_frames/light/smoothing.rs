//! Running medians: frames scatter, the shutter stays where it is.

use crate::detector_frames::typical;

/// Median of normal numbers against their mean: its standard error is larger by this.
const OF_MEDIAN: f64 = 1.25;
/// A frame of nothing spoiled scatters this far now and then: beyond 2.5 deviations lies 1 in 160 below.
const RARELY: f64 = 2.5;
/// Frames on either side, at most: a longer window would swallow a short loss of the beam.
const WIDEST: usize = 4;

/// Upper medians of the values up to `half` before and after each.
pub(super) fn running_median(values: &[f64], half: usize) -> Vec<f64> {
    if half == 0 {
        return values.to_vec();
    }
    let around = |at: usize| at.saturating_sub(half)..(at + half + 1).min(values.len());
    (0..values.len()).map(|at| typical(values[around(at)].iter().copied())).collect()
}

/// What a running median of `2 * half + 1` frames still misses by chance, where each scatters by `scatter`.
pub(super) fn by_chance(scatter: f64, half: usize) -> f64 {
    let median = if half == 0 { 1.0 } else { OF_MEDIAN };
    RARELY * scatter * median / ((2 * half + 1) as f64).sqrt()
}

/// The narrowest window whose medians tell what misses `tolerated`, or the widest there is.
pub(super) fn half_window(scatter: f64, tolerated: f64) -> usize {
    (0..WIDEST).find(|&half| by_chance(scatter, half) <= tolerated).unwrap_or(WIDEST)
}
