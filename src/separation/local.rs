//! Scores against the tiles around: uneven light and drift, which change slowly over an array, drop out.
//!
//! Robust z-scores of local differences: how far a tile is from what the usual tiles around it let expect
//! (`surroundings.rs`) becomes a score over its whole array: `(value − median) / (1.4826 · MAD)` (Iglewicz &
//! Hoaglin, "How to detect and handle outliers", 1993). The spread is not taken from the window: a few dozen tiles give
//! too noisy a one.

use std::collections::BTreeMap;

use ndarray::{Array2, ArrayView2};

use super::GridPlace;
use super::surroundings::Surroundings;
use crate::metrics::median;

/// The median absolute deviation of a normal distribution times this is its standard deviation.
pub(super) const TO_STD: f32 = 1.4826;

/// How a tile differs from those around.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Difference {
    /// In units of the feature.
    Plain,
    /// As a share of the median around: where light and contrast fade, differences fade along.
    Relative,
}

impl Difference {
    /// `values` less the `middles` of what is around, both of shape `[n_tiles, n_features]`; 0 where these are NaN.
    pub fn of(self, values: ArrayView2<'_, f32>, middles: &Array2<f32>) -> Array2<f32> {
        let mut off = values.to_owned();
        off.zip_mut_with(middles, |value, &middle| {
            *value = self.of_one(*value, middle);
        });
        off
    }

    /// One value less the `middle` of what is around; 0 where that is NaN.
    pub fn of_one(self, value: f32, middle: f32) -> f32 {
        match self {
            _ if middle.is_nan() => 0.0,
            Self::Plain => value - middle,
            Self::Relative if middle == 0.0 => 0.0,
            Self::Relative => (value - middle) / middle.abs(),
        }
    }
}

/// `values`, shape `[n_tiles, n_features]`, less what the usual tiles around let expect, those that are usual in the
/// feature `judged` or in each by itself; 0 for a tile without others.
pub(super) fn differences(
    values: ArrayView2<'_, f32>,
    places: &[GridPlace],
    around: usize,
    judged: Option<usize>,
    difference: Difference,
) -> Array2<f32> {
    let around = u32::try_from(around).unwrap_or(u32::MAX);
    difference.of(values, &Surroundings::of(places, around).expected(values, judged, difference))
}

/// Robust scores of `values` over the array of each tile, cut at ±`most`; 0 where at least half of the tiles are alike.
pub(super) fn scores(values: ArrayView2<'_, f32>, places: &[GridPlace], most: f32) -> Array2<f32> {
    let mut scores = values.to_owned();
    for rows in by_array(places) {
        for mut column in scores.columns_mut() {
            let (middle, spread) = median_and_spread(&mut rows.iter().map(|&row| column[row]).collect::<Vec<_>>());
            for &row in &rows {
                let off = column[row] - middle;
                column[row] = if spread > 0.0 { (off / spread).clamp(-most, most) } else { 0.0 };
            }
        }
    }
    scores
}

/// The rows of each array.
pub(super) fn by_array(places: &[GridPlace]) -> Vec<Vec<usize>> {
    let mut arrays: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (row, place) in places.iter().enumerate() {
        arrays.entry(place.array).or_default().push(row);
    }
    arrays.into_values().collect()
}

/// Median and robust standard deviation; 0 and 0 without values.
pub(super) fn median_and_spread(sample: &mut [f32]) -> (f32, f32) {
    let middle = median(sample).unwrap_or(0.0) as f32;
    for value in sample.iter_mut() {
        *value = (*value - middle).abs();
    }
    (middle, TO_STD * median(sample).unwrap_or(0.0) as f32)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    fn grid(side: u32) -> Vec<GridPlace> {
        let row = |row| (1..=side).map(move |column| GridPlace { array: 0, row, column });
        (1..=side).flat_map(row).collect()
    }

    #[test]
    fn drift_drops_out_and_the_odd_one_stays() {
        let places = grid(15);
        let noise = |y: u32, x: u32| ((y * y * 31 + x * x * 17 + y * x * 7) % 101) as f32 / 101.0;
        let value = |place: &GridPlace| 8.0 * place.row as f32 + noise(place.row, place.column);
        let mut values = Array2::from_shape_fn((225, 1), |(at, _)| value(&places[at]));
        values[[112, 0]] += 60.0;
        let off = differences(values.view(), &places, 2, None, Difference::Plain);
        let found = scores(off.view(), &places, 100.0);
        let highest = found.iter().copied().fold(f32::MIN, f32::max);
        assert_eq!(highest, found[[112, 0]]);
        let inner = places.iter().zip(&found).filter(|(place, _)| (3..=13).contains(&place.row));
        assert_eq!(inner.filter(|(_, score)| score.abs() > 4.0).count(), 1, "{found}");
    }

    #[test]
    fn differences_by_hand() {
        let values = array![[2.0], [4.0], [6.0], [9.0]];
        // In units of the feature no slope shows beside the noise: less the mean of the three others. As shares it does: less a
        // plane with a ridge of 0.5816, worked out with numpy.
        let cases = [
            (Difference::Plain, [-13.0 / 3.0, -5.0 / 3.0, 1.0, 5.0]),
            (Difference::Relative, [-0.544_447, -0.262_507, 0.047_367, 0.649_168]),
        ];
        for (difference, expected) in cases {
            let found = differences(values.view(), &grid(2), 1, None, difference);
            assert!(found.iter().zip(expected).all(|(found, expected)| (found - expected).abs() < 1e-4), "{found}");
        }
    }

    #[test]
    fn alone_or_all_alike_is_nothing_special() {
        let alone = array![[5.0, -3.0]];
        let off = differences(alone.view(), &grid(1), 2, None, Difference::Relative);
        assert_eq!(off, Array2::<f32>::zeros((1, 2)));
        assert_eq!(scores(off.view(), &grid(1), 12.0), Array2::<f32>::zeros((1, 2)));
        assert_eq!(scores(Array2::ones((9, 1)).view(), &grid(3), 12.0), Array2::<f32>::zeros((9, 1)));
    }
}
