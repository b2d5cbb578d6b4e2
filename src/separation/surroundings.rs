//! What a tile is compared with: what the nearest usual tiles of its array let expect in its place.
//!
//! Inside a group of defects the tiles around are as odd as the tile itself, and beside one they mislead. Usual tiles are
//! therefore found first (`usual.rs`), and only they are asked, as many as a full neighbourhood has, wherever the nearest
//! ones stand. Through them goes a plane, so that a slope in the light misleads no tile at the edge of an array or of a group;
//! how readily it tilts is a ridge, from how much slope there is in the array beside the noise (Hoerl & Kennard, 1970).

use std::collections::{BTreeMap, HashMap};

use ndarray::{Array2, ArrayView2, Axis};
use rayon::prelude::*;

use super::GridPlace;
use super::local::{Difference, by_array};
use super::noise::Noise;
use super::plane::Prediction;
use super::usual::usual;

/// Tiles in their places.
pub(super) struct Surroundings<'a> {
    places: &'a [GridPlace],
    at: HashMap<GridPlace, usize>,
    /// Rows of the tiles of each array.
    arrays: BTreeMap<usize, Vec<usize>>,
    /// How many rows and columns away a full neighbourhood reaches.
    around: u32,
}

impl<'a> Surroundings<'a> {
    pub fn of(places: &'a [GridPlace], around: u32) -> Self {
        let arrays = by_array(places).into_iter().map(|rows| (places[rows[0]].array, rows)).collect();
        Self { places, at: places.iter().copied().zip(0..).collect(), arrays, around }
    }

    /// What is expected instead of `values`, of the same shape `[n_tiles, n_features]`; NaN for a tile without others.
    /// Where `judged` is a feature, a tile that is odd in it is no measure in any other; else each is judged by itself.
    pub fn expected(&self, values: ArrayView2<'_, f32>, judged: Option<usize>, difference: Difference) -> Array2<f32> {
        let noise_in = |values: &[f32]| -> Vec<Noise> {
            self.arrays.values().map(|rows| Noise::of(self, rows, values, difference)).collect()
        };
        let usual_in = |values: &[f32], noises: &[Noise]| {
            let mut of_all = vec![false; values.len()];
            for (rows, noise) in self.arrays.values().zip(noises) {
                for row in usual(self, rows, values, noise) {
                    of_all[row] = true;
                }
            }
            of_all
        };
        let judged = judged.map(|column| {
            let values = values.column(column).to_vec();
            usual_in(&values, &noise_in(&values))
        });
        let mut expected = Array2::from_elem(values.dim(), f32::NAN);
        expected.axis_iter_mut(Axis(1)).into_par_iter().zip(values.axis_iter(Axis(1))).for_each(
            |(mut expected, values)| {
                let values = values.to_vec();
                let noises = noise_in(&values);
                let own = judged.is_none().then(|| usual_in(&values, &noises));
                let Some(usual) = judged.as_ref().or(own.as_ref()) else { return };
                for (rows, noise) in self.arrays.values().zip(&noises) {
                    for &row in rows {
                        let found = self.predict(row, &values, noise.ridge, |near| usual[near]);
                        expected[row] = found.map_or(f32::NAN, Prediction::within_range);
                    }
                }
            },
        );
        expected
    }

    /// The value in the place of `row` that the plane through the nearest of the `wanted` tiles has; `None` without any.
    pub fn predict(
        &self,
        row: usize,
        values: &[f32],
        ridge: f64,
        wanted: impl Fn(usize) -> bool,
    ) -> Option<Prediction> {
        Prediction::of(self.nearest(row, wanted).into_iter().map(|near| (self.offset(row, near), values[near])), ridge)
    }

    /// The value in the place of `row` that the plane through the tiles `near` has; its own without any.
    pub fn through(&self, row: usize, near: &[usize], values: &[f32], ridge: f64) -> f32 {
        let samples = near.iter().map(|&near| (self.offset(row, near), values[near]));
        Prediction::of(samples, ridge).map_or(values[row], |found| found.value)
    }

    /// The tiles of the same array at most `reach` rows and columns away, the tile itself left out.
    pub fn near(&self, row: usize, reach: u32) -> Vec<usize> {
        let place = self.places[row];
        let array = &self.arrays[&place.array];
        let side = 2 * u64::from(reach) + 1;
        if side.saturating_mul(side) > array.len() as u64 {
            let is_near = |near: &usize| *near != row && self.steps(row, *near) <= reach;
            return array.iter().copied().filter(is_near).collect();
        }
        let rows = place.row.saturating_sub(reach)..=place.row.saturating_add(reach);
        let columns = place.column.saturating_sub(reach)..=place.column.saturating_add(reach);
        rows.flat_map(|row| columns.clone().map(move |column| GridPlace { row, column, ..place }))
            .filter(|near| *near != place)
            .filter_map(|near| self.at.get(&near).copied())
            .collect()
    }

    /// The tiles of a full neighbourhood, of those that are there.
    pub fn neighbourhood(&self, row: usize) -> Vec<usize> {
        self.near(row, self.around)
    }

    /// The next tile of the same row and that of the same column, where they are there.
    pub fn beside(&self, row: usize) -> Vec<usize> {
        let place = self.places[row];
        let next = [
            place.row.checked_add(1).map(|row| GridPlace { row, ..place }),
            place.column.checked_add(1).map(|column| GridPlace { column, ..place }),
        ];
        next.into_iter().flatten().filter_map(|next| self.at.get(&next).copied()).collect()
    }

    /// How far a tile that joins may change what is expected of another, in rows and columns.
    pub fn reach(&self) -> u32 {
        self.around.saturating_add(1)
    }

    /// The nearest of the `wanted` tiles, as many as a full neighbourhood has and those as near as the last of them; fewer
    /// where the array has not.
    fn nearest(&self, row: usize, wanted: impl Fn(usize) -> bool) -> Vec<usize> {
        let side = 2 * u64::from(self.around) + 1;
        let enough = usize::try_from(side.saturating_mul(side) - 1).unwrap_or(usize::MAX);
        let others = self.arrays[&self.places[row].array].len() - 1;
        let mut reach = self.around;
        let mut found = loop {
            let near = self.near(row, reach);
            let all = near.len() == others;
            let found: Vec<usize> = near.into_iter().filter(|&near| wanted(near)).collect();
            if all || found.len() >= enough {
                break found;
            }
            reach = reach.saturating_mul(2);
        };
        let distance = |near: usize| self.offset(row, near).iter().map(|off| off * off).sum::<f64>();
        // The corners of the square are farther away than what lies beyond its sides.
        let corner = (f64::from(reach) * std::f64::consts::SQRT_2).ceil() as u32;
        if corner > reach {
            found = self.near(row, corner).into_iter().filter(|&near| wanted(near)).collect();
        }
        found.sort_by(|a, b| distance(*a).total_cmp(&distance(*b)).then(a.cmp(b)));
        let last = found.get(enough - 1).map_or(f64::INFINITY, |&last| distance(last));
        found.into_iter().take_while(|&near| distance(near) <= last).collect()
    }

    /// Steps from `row` to the nearest wanted tile of its array; `None` without any.
    pub fn steps_to(&self, row: usize, wanted: impl Fn(usize) -> bool) -> Option<u32> {
        let array = self.arrays[&self.places[row].array].iter();
        array.filter(|near| wanted(**near)).map(|&near| self.steps(row, near)).min()
    }

    /// Rows and columns from one tile to another.
    fn offset(&self, from: usize, to: usize) -> [f64; 2] {
        let (from, to) = (self.places[from], self.places[to]);
        [f64::from(to.row) - f64::from(from.row), f64::from(to.column) - f64::from(from.column)]
    }

    /// Steps from one tile to another, each to one of eight neighbours.
    fn steps(&self, from: usize, to: usize) -> u32 {
        let (from, to) = (self.places[from], self.places[to]);
        from.row.abs_diff(to.row).max(from.column.abs_diff(to.column))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grid(side: u32) -> Vec<GridPlace> {
        let row = |row| (1..=side).map(move |column| GridPlace { array: 0, row, column });
        (1..=side).flat_map(row).collect()
    }

    #[test]
    fn a_plane_is_continued_over_the_edge_of_what_is_wanted() {
        let places = grid(9);
        let values: Vec<f32> = places.iter().map(|place| 10.0 * place.row as f32 - 3.0 * place.column as f32).collect();
        let surroundings = Surroundings::of(&places, 2);
        let inside = 4 * 9 + 4;
        let predict = |ridge, wanted: &dyn Fn(usize) -> bool| surroundings.predict(inside, &values, ridge, wanted);
        assert!((predict(0.0, &|_| true).unwrap().value - values[inside]).abs() < 1e-3);
        let beside = predict(0.0, &|near| places[near].row > 5 && places[near].column == 5).unwrap();
        assert!((beside.value - values[inside]).abs() < 1e-3, "{beside:?}");
        assert!(beside.within_range() > values[inside] + 1.0, "{beside:?}");
        assert_eq!(predict(0.0, &|_| false), None);
        assert_eq!(predict(0.0, &|near| near == 0).unwrap().value, values[0]);
    }

    #[test]
    fn as_many_as_a_full_neighbourhood_has_wherever_they_stand() {
        let places = grid(9);
        let surroundings = Surroundings::of(&places, 1);
        let inside = 4 * 9 + 4;
        assert_eq!(surroundings.nearest(inside, |_| true), [31, 39, 41, 49, 30, 32, 48, 50]);
        let far = surroundings.nearest(inside, |near| places[near].row == 9 || places[near].row == 1);
        assert_eq!(far, [4, 76, 3, 5, 75, 77, 2, 6, 74, 78], "those as near as the eighth come along");
        assert_eq!(surroundings.nearest(0, |near| near % 40 == 0), [40, 80]);
    }

    #[test]
    fn far_and_lonely_places_are_no_problem() {
        let place = |row, column| GridPlace { array: 0, row, column };
        let places = [place(1, 1), place(u32::MAX, u32::MAX), GridPlace { array: 1, ..place(1, 2) }];
        let values = ndarray::array![[1.0], [2.0], [3.0]];
        let surroundings = Surroundings::of(&places, 2);
        let expected = surroundings.expected(values.view(), None, Difference::Plain);
        assert!(expected[[2, 0]].is_nan());
        assert_eq!(surroundings.near(0, 10_000), [] as [usize; 0]);
    }
}
