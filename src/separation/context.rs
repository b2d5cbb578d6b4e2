//! A tile beside others: what it differs in from its neighbours in the grid, and from the mean of all.

use std::collections::HashMap;

use ndarray::{Array1, Array2, ArrayView2, Axis, s};

use super::GridPlace;
use super::local::by_array;

/// Names of the columns of a tile beside its grid neighbours: differences in the units of
/// [`crate::features::HandMadeBlock::Surface`], and their Euclidean length.
#[must_use]
pub fn neighbour_columns() -> [String; 5] {
    ["mean", "std", "dark_share", "circularity", "norm"].map(|column| format!("neighbours_{column}"))
}

/// Names of the columns of a radial profile beside the mean one, in grey levels from 0.
#[must_use]
pub fn radial_columns() -> [String; 4] {
    ["norm", "max", "first", "last"].map(|column| format!("radial_deviation_{column}"))
}

/// `surface`, shape `[n_tiles, 4]`, less its mean over the up to eight tiles around that are there; 0 without any.
/// The last column is the length of the differences. Shape `[n_tiles, 5]`.
pub(super) fn neighbours(surface: ArrayView2<'_, f32>, places: &[GridPlace]) -> Array2<f32> {
    let at: HashMap<GridPlace, usize> = places.iter().copied().zip(0..).collect();
    let mut out = Array2::zeros((surface.nrows(), surface.ncols() + 1));
    for (row, place) in places.iter().enumerate() {
        let rows = place.row.saturating_sub(1)..=place.row + 1;
        let near: Vec<usize> = rows
            .flat_map(|row| {
                let columns = place.column.saturating_sub(1)..=place.column + 1;
                columns.map(move |column| GridPlace { row, column, ..*place })
            })
            .filter(|near| near != place)
            .filter_map(|near| at.get(&near).copied())
            .collect();
        let Some(mean) = surface.select(Axis(0), &near).mean_axis(Axis(0)) else { continue };
        let difference = &surface.row(row) - &mean;
        out[[row, surface.ncols()]] = length(&difference);
        out.slice_mut(s![row, ..surface.ncols()]).assign(&difference);
    }
    out
}

/// `profiles`, shape `[n_tiles, 8]`, less the mean of those of the same array: its length, largest value, |first| and
/// |last|. Shape `[n_tiles, 4]`.
pub(super) fn radial_deviation(profiles: ArrayView2<'_, f32>, places: &[GridPlace]) -> Array2<f32> {
    let mut out = Array2::zeros((profiles.nrows(), 4));
    for rows in by_array(places) {
        let Some(mean) = profiles.select(Axis(0), &rows).mean_axis(Axis(0)) else { continue };
        for row in rows {
            out.row_mut(row).assign(&summary(&(&profiles.row(row) - &mean)));
        }
    }
    out
}

fn summary(off: &Array1<f32>) -> Array1<f32> {
    let largest = off.iter().fold(0.0_f32, |most, value| most.max(value.abs()));
    Array1::from_vec(vec![length(off), largest, off[0].abs(), off[off.len() - 1].abs()])
}

fn length(values: &Array1<f32>) -> f32 {
    values.iter().map(|&value| f64::from(value).powi(2)).sum::<f64>().sqrt() as f32
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    #[test]
    fn only_neighbours_of_the_same_array_count() {
        let place = |array, row, column| GridPlace { array, row, column };
        let places = [place(0, 1, 1), place(0, 1, 2), place(0, 1, 4), place(1, 1, 1)];
        let surface = array![[1.0, 0.0, 0.0, 0.0], [4.0, 4.0, 0.0, 0.0], [9.0, 9.0, 9.0, 9.0], [7.0, 7.0, 7.0, 7.0]];
        let found = neighbours(surface.view(), &places);
        assert_eq!(found.row(0).to_vec(), [-3.0, -4.0, 0.0, 0.0, 5.0]);
        assert_eq!(found.slice(s![2.., ..]), Array2::<f32>::zeros((2, 5)));
    }

    #[test]
    fn deviations_are_from_the_mean_profile() {
        let mut profiles = Array2::from_elem((2, 8), 10.0);
        profiles[[0, 0]] = 16.0;
        profiles[[0, 7]] = 2.0;
        let place = |array, column| GridPlace { array, row: 1, column };
        let places = [place(0, 1), place(0, 2)];
        assert_eq!(radial_deviation(profiles.view(), &places).row(0).to_vec(), [5.0, 4.0, 3.0, 4.0]);
        let apart = [place(0, 1), place(1, 1)];
        assert_eq!(radial_deviation(profiles.view(), &apart), Array2::<f32>::zeros((2, 4)));
    }
}
