//! What a tile is compared with: the tiles around it, those farther away where its surroundings are themselves odd.
//!
//! Inside a group of defects the tiles around are as odd as the tile itself, and beside one they mislead. Tiles are
//! therefore compared with ever wider surroundings first; what stands out in any of these is odd and, where it crowds a
//! neighbourhood, no measure for others. Scattered defects crowd none: there the median bears them.

use std::collections::{BTreeMap, HashMap};

use ndarray::{Array2, ArrayView2, Axis};
use rayon::prelude::*;

use super::GridPlace;
use super::local::{Difference, by_array, scores};
use crate::metrics::median;

/// Robust standard deviations from which a tile is odd. Iglewicz & Hoaglin propose 3.5; with 3.5 and with 4 the models of
/// `scripts/make_pillars.py` that it was chosen on keep recalls of 0.95 and precisions of 0.9, with 6 groups lose recall.
const ODD: f32 = 4.0;
/// Share of odd tiles from which a neighbourhood is crowded: a quarter, all on one side, moves the median of the others by
/// 0.43 of their standard deviations.
const CROWDED: f64 = 0.25;
/// Share of its difference from the array that a group differs from the tiles that touch it, at least: half-way between
/// a slope that was cut somewhere and a group on even ground.
const STEP: f64 = 0.5;
/// Wider surroundings, as multiples of the nearest ones; beyond them there is the whole array.
const WIDER: [u32; 2] = [2, 4];

/// Tiles in their places.
pub(super) struct Surroundings<'a> {
    places: &'a [GridPlace],
    at: HashMap<GridPlace, usize>,
    /// Rows of the tiles of each array.
    arrays: BTreeMap<usize, Vec<usize>>,
}

impl<'a> Surroundings<'a> {
    pub fn of(places: &'a [GridPlace]) -> Self {
        let arrays = by_array(places).into_iter().map(|rows| (places[rows[0]].array, rows)).collect();
        Self { places, at: places.iter().copied().zip(0..).collect(), arrays }
    }

    /// The medians that `values`, shape `[n_tiles, n_features]`, are to be compared with, of the same shape: of the tiles
    /// at most `around` rows and columns away, or, where these are crowded with odd ones, of as many usual tiles as half
    /// of a full neighbourhood has, the nearest ones. NaN for a tile without any around.
    pub fn usual(&self, values: ArrayView2<'_, f32>, around: u32, difference: Difference) -> Array2<f32> {
        let odd = self.odd(values, around, difference);
        let mut usual = self.medians(values, around);
        usual.axis_iter_mut(Axis(0)).into_par_iter().enumerate().for_each(|(row, mut usual)| {
            let near = self.near(row, around);
            for (column, usual) in usual.iter_mut().enumerate() {
                let crowd = near.iter().filter(|near| odd[[**near, column]]).count();
                if crowd as f64 <= CROWDED * near.len() as f64 {
                    continue;
                }
                let is_usual = |near: &usize| !odd[[*near, column]];
                let found = self.nearest(row, around, is_usual);
                let mut sample: Vec<f32> = found.into_iter().map(|near| values[[near, column]]).collect();
                if let Some(middle) = median(&mut sample) {
                    *usual = middle as f32;
                }
            }
        });
        usual
    }

    /// Which values stand out from the wider surroundings of their tile, or from the whole array.
    fn odd(&self, values: ArrayView2<'_, f32>, around: u32, difference: Difference) -> Array2<bool> {
        let mut odd = Array2::from_elem(values.dim(), false);
        let of_arrays = self.medians_of_arrays(values);
        let wider = WIDER.iter().map(|times| self.medians(values, around.saturating_mul(*times)));
        for middles in wider.chain([of_arrays.clone()]) {
            let scores = scores(difference.of(values, &middles).view(), self.places, f32::MAX);
            odd.zip_mut_with(&scores, |odd, score| *odd |= score.abs() > ODD);
        }
        self.forget_slopes(&mut odd, values, &of_arrays);
        odd
    }

    /// Takes back what is odd only since the light drifts: a group of defects differs from what touches it about as much
    /// as from the rest of the array, the end of a slope hardly.
    fn forget_slopes(&self, odd: &mut Array2<bool>, values: ArrayView2<'_, f32>, of_arrays: &Array2<f32>) {
        for (column, mut odd) in odd.columns_mut().into_iter().enumerate() {
            let mut seen = vec![false; odd.len()];
            for start in 0..odd.len() {
                if !odd[start] || std::mem::replace(&mut seen[start], true) {
                    continue;
                }
                let (mut group, mut jumps, mut next) = (vec![start], Vec::new(), 0);
                while let Some(&row) = group.get(next) {
                    next += 1;
                    for near in self.near(row, 1) {
                        if !odd[near] {
                            jumps.push(values[[row, column]] - values[[near, column]]);
                        } else if !std::mem::replace(&mut seen[near], true) {
                            group.push(near);
                        }
                    }
                }
                let mut offsets: Vec<f32> =
                    group.iter().map(|&row| values[[row, column]] - of_arrays[[row, column]]).collect();
                let size = |sample: &mut [f32]| median(sample).map_or(0.0, f64::abs);
                if size(&mut jumps) < STEP * size(&mut offsets) {
                    for row in group {
                        odd[row] = false;
                    }
                }
            }
        }
    }

    /// Medians of the tiles at most `around` rows and columns away, the tile itself left out; NaN without any.
    fn medians(&self, values: ArrayView2<'_, f32>, around: u32) -> Array2<f32> {
        let mut medians = Array2::from_elem(values.dim(), f32::NAN);
        medians.axis_iter_mut(Axis(0)).into_par_iter().enumerate().for_each(|(row, mut medians)| {
            let near = self.near(row, around);
            let mut sample = Vec::with_capacity(near.len());
            for (column, middle) in medians.iter_mut().enumerate() {
                sample.clear();
                sample.extend(near.iter().map(|&row| values[[row, column]]));
                *middle = median(&mut sample).map_or(f32::NAN, |middle| middle as f32);
            }
        });
        medians
    }

    fn medians_of_arrays(&self, values: ArrayView2<'_, f32>) -> Array2<f32> {
        let mut medians = Array2::from_elem(values.dim(), f32::NAN);
        for rows in self.arrays.values() {
            for column in 0..values.ncols() {
                let middle = median(&mut rows.iter().map(|&row| values[[row, column]]).collect::<Vec<_>>());
                for &row in rows {
                    medians[[row, column]] = middle.map_or(f32::NAN, |middle| middle as f32);
                }
            }
        }
        medians
    }

    /// The tiles of the same array at most `around` rows and columns away, the tile itself left out.
    fn near(&self, row: usize, around: u32) -> Vec<usize> {
        let place = self.places[row];
        let array = &self.arrays[&place.array];
        let side = 2 * u64::from(around) + 1;
        if side.saturating_mul(side) > array.len() as u64 {
            let close = |a: u32, b: u32| a.abs_diff(b) <= around;
            let is_near = |near: &usize| {
                let other = self.places[*near];
                *near != row && close(other.row, place.row) && close(other.column, place.column)
            };
            return array.iter().copied().filter(is_near).collect();
        }
        let rows = place.row.saturating_sub(around)..=place.row.saturating_add(around);
        let columns = place.column.saturating_sub(around)..=place.column.saturating_add(around);
        rows.flat_map(|row| columns.clone().map(move |column| GridPlace { row, column, ..place }))
            .filter(|near| *near != place)
            .filter_map(|near| self.at.get(&near).copied())
            .collect()
    }

    /// The nearest tiles that are wanted, as many as half of a full neighbourhood has; fewer where the array has not.
    fn nearest(&self, row: usize, around: u32, wanted: impl Fn(&usize) -> bool) -> Vec<usize> {
        let side = 2 * u64::from(around) + 1;
        let enough = (side.saturating_mul(side) - 1) / 2;
        let others = self.arrays[&self.places[row].array].len() - 1;
        let mut radius = around;
        loop {
            let near = self.near(row, radius);
            let all = near.len() == others;
            let found: Vec<usize> = near.into_iter().filter(|near| wanted(near)).collect();
            if all || found.len() as u64 >= enough {
                return found;
            }
            radius = radius.saturating_add(1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 21 × 21 tiles whose light rises along the rows, with a little noise; `odd` ones are 60 brighter.
    fn array(odd: impl Fn(u32, u32) -> bool) -> (Vec<GridPlace>, Array2<f32>, Vec<bool>) {
        let row = |row| (1..=21).map(move |column| GridPlace { array: 0, row, column });
        let places: Vec<GridPlace> = (1..=21).flat_map(row).collect();
        let truth: Vec<bool> = places.iter().map(|place| odd(place.row, place.column)).collect();
        let noise = |place: &GridPlace| ((place.row * 7 + place.column * 13) % 11) as f32;
        let level = |at: usize| 100.0 + places[at].row as f32 + noise(&places[at]) + if truth[at] { 60.0 } else { 0.0 };
        let values = Array2::from_shape_fn((places.len(), 1), |(at, _)| level(at));
        (places, values, truth)
    }

    #[test]
    fn whole_groups_differ_from_what_is_usual_wherever_they_stand() {
        let groups: [fn(u32, u32) -> bool; 5] = [
            |row, column| row <= 6 && column <= 6,
            |row, column| (8..=13).contains(&row) && (5..=10).contains(&column),
            |row, _| row == 4 || row == 5,
            |_, column| column >= 20,
            |row, column| row == 3 && column == 17,
        ];
        for group in groups {
            let (places, values, truth) = array(group);
            let usual = Surroundings::of(&places).usual(values.view(), 2, Difference::Plain);
            for (at, odd) in truth.into_iter().enumerate() {
                let off = values[[at, 0]] - usual[[at, 0]];
                assert_eq!(off > 40.0, odd, "{:?}: {off}", places[at]);
            }
        }
    }

    #[test]
    fn slopes_are_no_groups() {
        let (places, mut values, _) = array(|_, _| false);
        values.iter_mut().zip(&places).for_each(|(value, place)| *value += 40.0 * place.row as f32);
        let odd = Surroundings::of(&places).odd(values.view(), 2, Difference::Plain);
        assert!(!odd.iter().any(|odd| *odd));
    }

    #[test]
    fn scattered_tiles_change_nothing() {
        let (places, values, _) = array(|row, column| row % 7 == 3 && column % 6 == 2);
        let surroundings = Surroundings::of(&places);
        assert_eq!(surroundings.usual(values.view(), 2, Difference::Plain), surroundings.medians(values.view(), 2));
    }

    #[test]
    fn far_and_lonely_places_are_no_problem() {
        let place = |row, column| GridPlace { array: 0, row, column };
        let places = [place(1, 1), place(u32::MAX, u32::MAX), GridPlace { array: 1, ..place(1, 2) }];
        let values = ndarray::array![[1.0], [2.0], [3.0]];
        let surroundings = Surroundings::of(&places);
        assert!(surroundings.usual(values.view(), 2, Difference::Plain).iter().all(|usual| usual.is_nan()));
        assert_eq!(surroundings.near(0, 10_000), [] as [usize; 0]);
    }
}
