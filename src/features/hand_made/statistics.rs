//! Seven statistics of the intensities of a patch: they tell crystals from their background.
//!
//! Moments divide by the number of pixels (population), as `scipy.stats` does by default.

use serde::{Deserialize, Serialize};

use super::grey_tile::GreyTile;
use crate::metrics::median;

/// A statistic, by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Statistic {
    /// Grey levels, `0.0..=255.0`.
    Mean,
    /// Population standard deviation in grey levels, `0.0..=127.5`.
    Std,
    /// Standard deviation by mean, from 0; not finite in a black patch.
    RelativeStd,
    /// Grey levels, `0.0..=255.0`; midway between the two middle values of an even number.
    Median,
    /// The most frequent whole grey level, `0.0..=255.0`; the darkest of several.
    Mode,
    /// Third standardised moment, any sign; not finite in a patch of one brightness.
    Skewness,
    /// Excess over a normal distribution's, from -2; not finite in a patch of one brightness.
    Kurtosis,
}

impl Statistic {
    /// Every statistic, in the order they are measured.
    pub const ALL: [Self; 7] =
        [Self::Mean, Self::Std, Self::RelativeStd, Self::Median, Self::Mode, Self::Skewness, Self::Kurtosis];

    /// As recipes and columns name it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        COLUMNS[self as usize]
    }
}

/// Names of the statistics, in the order of [`Statistic::ALL`].
pub(super) const COLUMNS: [&str; N] = ["mean", "std", "relative_std", "median", "mode", "skewness", "kurtosis"];

const N: usize = Statistic::ALL.len();

pub(super) fn measure(tile: &GreyTile) -> [f64; N] {
    of(tile.pixels().iter().copied())
}

/// All statistics of `values`, in the order of [`Statistic::ALL`]; not all need be finite.
///
/// Values are in `0.0..=255.0`. Whole ones, as 8-bit images have, are only counted by level, which gives the exact
/// answers in one pass; others are looked at one by one.
#[must_use]
pub fn of(values: impl Iterator<Item = f32> + Clone) -> [f64; N] {
    let mut levels = [0_u32; 256];
    let mut whole = true;
    for value in values.clone() {
        let level = value.round();
        whole &= level == value;
        levels[level as u8 as usize] += 1;
    }
    let n: f64 = levels.iter().map(|&count| f64::from(count)).sum();
    if whole {
        let each = || levels.iter().enumerate().filter(|(_, count)| **count > 0);
        let counted = || each().map(|(level, &count)| (level as f64, f64::from(count)));
        return assemble(counted, n, median_level(&levels), mode(&levels));
    }
    let middle = median(&mut values.clone().collect::<Vec<f32>>()).unwrap_or(f64::NAN);
    assemble(move || values.clone().map(|value| (f64::from(value), 1.0)), n, middle, mode(&levels))
}

/// `counted` gives values and how often each occurs.
fn assemble<I: Iterator<Item = (f64, f64)>>(counted: impl Fn() -> I, n: f64, median: f64, mode: f64) -> [f64; N] {
    let mean = counted().map(|(value, count)| value * count).sum::<f64>() / n;
    let (mut second, mut third, mut fourth) = (0.0, 0.0, 0.0);
    for (value, count) in counted() {
        let off = value - mean;
        let square = off * off * count;
        second += square;
        third += square * off;
        fourth += square * off * off;
    }
    // What rounding of the mean leaves behind is no spread.
    let variance = if (second / n).sqrt() <= 1e-10 * mean.abs() { 0.0 } else { second / n };
    let std = variance.sqrt();
    [mean, std, std / mean, median, mode, third / n / (variance * std), fourth / n / (variance * variance) - 3.0]
}

/// The darkest of the most frequent levels; NaN without values.
fn mode(levels: &[u32; 256]) -> f64 {
    let most = levels.iter().copied().max().filter(|&most| most > 0);
    most.and_then(|most| levels.iter().position(|&count| count == most)).map_or(f64::NAN, |level| level as f64)
}

fn median_level(levels: &[u32; 256]) -> f64 {
    let n: u32 = levels.iter().sum();
    let at_rank = |rank: u32| {
        let mut seen = 0;
        let reached = levels.iter().position(|&count| {
            seen += count;
            seen > rank
        });
        reached.map_or(f64::NAN, |level| level as f64)
    };
    if n == 0 { f64::NAN } else { f64::midpoint(at_rank((n - 1) / 2), at_rank(n / 2)) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// Counting levels and looking at every value give the same.
        #[test]
        fn both_ways_agree(values in prop::collection::vec(0_u8..=255, 1..200)) {
            let whole: Vec<f32> = values.iter().map(|&value| f32::from(value)).collect();
            let counted = of(whole.iter().copied());
            let levels = values.iter().fold([0; 256], |mut levels, &value| { levels[value as usize] += 1; levels });
            let each = || whole.iter().map(|&value| (f64::from(value), 1.0));
            let looked_at = assemble(each, whole.len() as f64, median(&mut whole.clone()).unwrap(), mode(&levels));
            for (a, b) in counted.iter().zip(looked_at) {
                prop_assert!(a.is_nan() && b.is_nan() || (a - b).abs() <= 1e-9 * b.abs().max(1.0), "{a} {b}");
            }
        }
    }

    #[test]
    fn by_hand() {
        let [mean, std, relative, median, mode, skewness, kurtosis] = of([1.0, 1.0, 2.0, 4.0].into_iter());
        assert_eq!((mean, median, mode), (2.0, 1.5, 1.0));
        assert!((std - 1.5_f64.sqrt()).abs() < 1e-12 && (relative - std / 2.0).abs() < 1e-12);
        assert!((skewness - 1.5 / 1.5_f64.powf(1.5)).abs() < 1e-12, "{skewness}");
        assert!((kurtosis - (4.5 / 2.25 - 3.0)).abs() < 1e-12, "{kurtosis}");
    }

    #[test]
    fn recipes_and_columns_use_the_same_names() {
        for statistic in Statistic::ALL {
            assert_eq!(serde_json::to_value(statistic).unwrap(), statistic.name());
        }
    }

    #[test]
    fn one_brightness_has_no_shape() {
        let flat = of([7.0; 9].into_iter());
        assert_eq!(flat[..5], [7.0, 0.0, 0.0, 7.0, 7.0]);
        assert!(flat[5].is_nan() && flat[6].is_nan());
        assert!(of([0.0].into_iter())[2].is_nan());
    }
}
