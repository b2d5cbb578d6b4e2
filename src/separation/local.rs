//! Scores against the tiles around: uneven light and drift, which change slowly over an array, drop out.
//!
//! A score is `(value − median) / (1.4826 · MAD)` over the tiles of the same array at most some rows and columns away
//! (Iglewicz & Hoaglin, "How to detect and handle outliers", 1993), cut at ±[`MOST`].

use std::collections::HashMap;

use ndarray::{Array2, ArrayView2, Axis};
use rayon::prelude::*;

use super::GridPlace;

/// Beyond it a score says no more: one wild feature must not drown the others.
pub(super) const MOST: f32 = 12.0;
/// The median absolute deviation of a normal distribution times this is its standard deviation.
const TO_STD: f32 = 1.4826;

/// Scores of `values`, shape `[n_tiles, n_features]`; 0 where there is nothing to compare with.
pub(super) fn scores(values: ArrayView2<'_, f32>, places: &[GridPlace], around: usize) -> Array2<f32> {
    let at: HashMap<GridPlace, usize> = places.iter().copied().zip(0..).collect();
    let floors = floors(values, places);
    let mut scores = Array2::zeros(values.dim());
    let around = around as u32;
    scores.axis_iter_mut(Axis(0)).into_par_iter().zip(places).enumerate().for_each(|(row, (mut scores, place))| {
        let rows = place.row.saturating_sub(around)..=place.row + around;
        let columns = place.column.saturating_sub(around)..=place.column + around;
        let near: Vec<usize> = rows
            .flat_map(|row| columns.clone().map(move |column| GridPlace { row, column, ..*place }))
            .filter_map(|place| at.get(&place).copied())
            .collect();
        let mut sample = Vec::with_capacity(near.len());
        for (column, score) in scores.iter_mut().enumerate() {
            sample.clear();
            sample.extend(near.iter().map(|&row| values[[row, column]]));
            let (median, spread) = median_and_spread(&mut sample);
            // A window may be more even than the array by chance.
            let spread = spread.max(floors[&place.array][column]);
            let off = values[[row, column]] - median;
            *score = if spread > 0.0 { (off / spread).clamp(-MOST, MOST) } else { 0.0 };
        }
    });
    scores
}

/// Per array: half the median over its rows of what the feature spreads within a row. It follows no drift down the array.
fn floors(values: ArrayView2<'_, f32>, places: &[GridPlace]) -> HashMap<usize, Vec<f32>> {
    let mut lines: HashMap<(usize, u32), Vec<usize>> = HashMap::new();
    for (row, place) in places.iter().enumerate() {
        lines.entry((place.array, place.row)).or_default().push(row);
    }
    let mut of_array: HashMap<usize, Vec<&Vec<usize>>> = HashMap::new();
    for ((array, _), line) in &lines {
        of_array.entry(*array).or_default().push(line);
    }
    let spread_of = |lines: &[&Vec<usize>], column: usize| {
        let mut spreads: Vec<f32> = lines
            .iter()
            .map(|line| median_and_spread(&mut line.iter().map(|&row| values[[row, column]]).collect::<Vec<_>>()).1)
            .collect();
        median(&mut spreads) / 2.0
    };
    of_array
        .into_iter()
        .map(|(array, lines)| (array, (0..values.ncols()).map(|column| spread_of(&lines, column)).collect()))
        .collect()
}

/// Median and robust standard deviation; 0 and 0 without values.
pub(super) fn median_and_spread(sample: &mut [f32]) -> (f32, f32) {
    let middle = median(sample);
    for value in sample.iter_mut() {
        *value = (*value - middle).abs();
    }
    (middle, TO_STD * median(sample))
}

fn median(sample: &mut [f32]) -> f32 {
    let n = sample.len();
    if n == 0 {
        return 0.0;
    }
    let (below, &mut upper, _) = sample.select_nth_unstable_by(n / 2, f32::total_cmp);
    if n % 2 == 1 { upper } else { f32::midpoint(below.iter().copied().fold(f32::NEG_INFINITY, f32::max), upper) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grid(side: u32) -> Vec<GridPlace> {
        let row = |row| (1..=side).map(move |column| GridPlace { array: 0, row, column });
        (1..=side).flat_map(row).collect()
    }

    #[test]
    fn drift_drops_out_and_the_odd_one_stays() {
        let places = grid(15);
        let noise = |row: u32, column: u32| ((row * 7 + column * 13) % 11) as f32 / 11.0;
        let value = |place: &GridPlace| 8.0 * place.row as f32 + noise(place.row, place.column);
        let mut values = Array2::from_shape_fn((225, 1), |(at, _)| value(&places[at]));
        values[[112, 0]] += 60.0;
        let scores = scores(values.view(), &places, 3);
        let highest = scores.iter().copied().fold(f32::MIN, f32::max);
        assert_eq!(highest, scores[[112, 0]]);
        let ordinary = scores.iter().enumerate().filter(|(at, score)| *at != 112 && score.abs() > 4.0).count();
        assert_eq!(ordinary, 0, "{scores}");
    }

    #[test]
    fn alone_or_all_alike_is_nothing_special() {
        assert_eq!(scores(ndarray::array![[5.0, -3.0]].view(), &grid(1), 2), Array2::<f32>::zeros((1, 2)));
        assert_eq!(scores(Array2::ones((9, 1)).view(), &grid(3), 2), Array2::<f32>::zeros((9, 1)));
    }
}
