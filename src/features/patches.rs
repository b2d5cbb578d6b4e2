//! Statistics of the patches of an image: where something lies in it, and where it is empty.

use std::num::NonZeroU32;
use std::ops::Range;

use ndarray::{Array2, ArrayView2, Axis, s};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::hand_made::statistics;
use super::{FeatureError, Statistic};
use crate::data::{Fraction, NonNegative};
use crate::images::Tiling;

/// Which patches are left out: those that are nearly all dark. In the others dark pixels do not count, or patches across
/// the border of a picture would be the most striking of all.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ignore {
    /// Grey levels below this one are dark.
    pub below: NonNegative,
    /// Share of dark pixels from which a patch is left out.
    pub share: Fraction,
}

/// Statistics of the patches of one image.
#[derive(Debug, Clone, PartialEq)]
pub struct Patches {
    /// Row by row, all statistics in the order of [`Statistic::ALL`], not all finite. Shape `[rows × columns, statistics]`.
    pub values: Array2<f64>,
    /// Which patches the rule leaves out.
    pub ignored: Vec<bool>,
    /// Share of each patch that shows an object, in `0.0..=1.0`; absent where that was not asked for.
    pub object_shares: Option<Vec<f64>>,
}

impl Patches {
    /// Slices `plane`, intensities in `0.0..=255.0` of shape `[height, width]`, into `rows` × `columns` patches.
    ///
    /// # Errors
    /// When there are more rows or columns of patches than of pixels.
    pub fn measure(
        plane: ArrayView2<'_, f32>,
        rows: NonZeroU32,
        columns: NonZeroU32,
        ignore: Option<Ignore>,
    ) -> Result<Self, FeatureError> {
        Ok(Self::measure_at(plane, &grid(plane, rows, columns)?, ignore))
    }

    /// Measures `plane`, intensities in `0.0..=255.0` of shape `[height, width]`, at `places`: rows and columns of pixels.
    /// What is NaN lies outside of the field of view: such pixels do not count, and patches of which they are more than half
    /// are left out.
    ///
    /// # Panics
    /// When a place lies outside of the plane.
    #[must_use]
    pub fn measure_at(plane: ArrayView2<'_, f32>, places: &[[Range<usize>; 2]], ignore: Option<Ignore>) -> Self {
        let mut values = Array2::zeros((places.len(), Statistic::ALL.len()));
        let mut ignored = vec![false; places.len()];
        values.axis_iter_mut(Axis(0)).into_par_iter().zip(&mut ignored).zip(places).for_each(
            |((mut row, ignored), [y, x])| {
                let patch = plane.slice(s![y.clone(), x.clone()]);
                let outside = patch.iter().filter(|value| value.is_nan()).count();
                *ignored = 2 * outside > patch.len() || ignore.is_some_and(|rule| rule.applies(patch));
                let inside = patch.iter().copied().filter(|value| !value.is_nan());
                let found = match ignore {
                    Some(rule) if !*ignored => statistics::of(inside.filter(|value| rule.lit(*value))),
                    _ => statistics::of(inside),
                };
                row.iter_mut().zip(found).for_each(|(cell, value)| *cell = value);
            },
        );
        Self { values, ignored, object_shares: None }
    }

    /// The same with the share of each patch that shows an object, by a map of [`object_map`](crate::images::object_map) with
    /// the rule's [`Ignore::dark`]. The grid is that of [`Patches::measure`].
    ///
    /// # Errors
    /// As [`Patches::measure`].
    pub fn with_objects(
        self,
        objects: ArrayView2<'_, f32>,
        rows: NonZeroU32,
        columns: NonZeroU32,
    ) -> Result<Self, FeatureError> {
        Ok(self.with_objects_at(objects, &grid(objects, rows, columns)?))
    }

    /// The same at the places of [`Patches::measure_at`].
    ///
    /// # Panics
    /// When a place lies outside of the map.
    #[must_use]
    pub fn with_objects_at(self, objects: ArrayView2<'_, f32>, places: &[[Range<usize>; 2]]) -> Self {
        let share = |[y, x]: &[Range<usize>; 2]| {
            let patch = objects.slice(s![y.clone(), x.clone()]);
            let counted = patch.iter().filter(|pixel| !pixel.is_nan());
            let (sum, n) = counted.fold((0.0, 0.0), |(sum, n), pixel| (sum + f64::from(*pixel), n + 1.0));
            if n > 0.0 { sum / n } else { 0.0 }
        };
        Self { object_shares: Some(places.iter().map(share).collect()), ..self }
    }

    /// Whether at least `share` of a patch shows an object, and some of it does.
    #[must_use]
    pub fn shows_object(&self, patch: usize, share: Fraction) -> bool {
        self.object_shares.as_ref().is_some_and(|shares| shares[patch] > 0.0 && shares[patch] >= share.get())
    }
}

/// The places of `rows` × `columns` patches of `plane`.
fn grid(
    plane: ArrayView2<'_, f32>,
    rows: NonZeroU32,
    columns: NonZeroU32,
) -> Result<Vec<[Range<usize>; 2]>, FeatureError> {
    let tiling = Tiling::Grid { rows, columns, half_width: None };
    let places = tiling.boxes(plane.nrows(), plane.ncols()).map_err(FeatureError)?;
    Ok(places.into_iter().map(|place| [place.y, place.x]).collect())
}

impl Ignore {
    /// The level below which pixels are dark by `rule`; none are without one.
    #[must_use]
    pub fn dark(rule: Option<Self>) -> f32 {
        rule.map_or(0.0, |rule| rule.below.get() as f32)
    }

    fn lit(&self, value: f32) -> bool {
        f64::from(value) >= self.below.get()
    }

    fn applies(&self, patch: ArrayView2<'_, f32>) -> bool {
        let dark = patch.iter().filter(|value| !self.lit(**value)).count();
        dark as f64 >= self.share.get() * patch.len() as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::images::object_map;

    fn n(n: u32) -> NonZeroU32 {
        NonZeroU32::new(n).unwrap()
    }

    #[test]
    fn every_patch_is_measured_on_its_own() {
        let plane = Array2::from_shape_fn((5, 9), |(y, x)| (y * 9 + x) as f32);
        let patches = Patches::measure(plane.view(), n(2), n(3), None).unwrap();
        assert_eq!(patches.values.dim(), (6, 7));
        // Edges of cells are rounded: two rows of 3 and 2 pixels, columns of 3.
        assert_eq!(patches.values.row(0).to_vec(), statistics::of(plane.slice(s![..3, ..3]).iter().copied()).to_vec());
        assert_eq!(patches.values.row(5).to_vec(), statistics::of(plane.slice(s![3.., 6..]).iter().copied()).to_vec());
        let refused = Patches::measure(plane.view(), n(6), n(3), None).unwrap_err().to_string();
        assert!(refused.contains("too few for a grid of 6×3"), "{refused}");
        let single = Patches::measure(plane.slice(s![..1, ..1]), n(1), n(1), None).unwrap();
        assert_eq!(single.values[[0, 0]], 0.0);
    }

    #[test]
    fn patches_outside_of_the_field_are_left_out() {
        let mut plane = Array2::from_elem((8, 8), 90.0);
        plane.slice_mut(s![..4, ..4]).fill(f32::NAN);
        plane.slice_mut(s![..2, 4..]).fill(f32::NAN);
        let patches = Patches::measure(plane.view(), n(2), n(2), None).unwrap();
        assert_eq!(patches.ignored, [true, false, false, false]);
        assert_eq!(patches.values[[1, 0]], 90.0, "pixels outside do not count");
    }

    #[test]
    fn shares_count_neither_dark_pixels_nor_those_outside() {
        let mut plane = Array2::from_shape_fn((64, 64), |(y, x)| 100.0 + ((y * 7 + x * 13) % 5) as f32);
        plane.slice_mut(s![.., ..8]).fill(0.0);
        plane.slice_mut(s![..8, ..]).fill(f32::NAN);
        plane.slice_mut(s![40..56, 40..56]).fill(160.0);
        let rule = Ignore { below: NonNegative::try_from(5.0).unwrap(), share: Fraction::try_from(0.95).unwrap() };
        let map = object_map(plane.view(), Ignore::dark(Some(rule)));
        assert!(map[[4, 30]].is_nan() && map[[30, 4]].is_nan());
        let shares = Patches::measure(plane.view(), n(2), n(2), Some(rule)).unwrap();
        let shares = shares.with_objects(map.view(), n(2), n(2)).unwrap().object_shares.unwrap();
        assert_eq!(shares[..3], [0.0; 3]);
        assert!((0.25..0.36).contains(&shares[3]), "{shares:?}");
    }

    #[test]
    fn dark_patches_are_left_out_by_rule() {
        let mut plane = Array2::from_elem((8, 8), 90.0);
        plane.slice_mut(s![..4, ..4]).fill(1.0);
        plane[[0, 0]] = 200.0;
        let rule = |below: f64, share: f64| {
            let below = NonNegative::try_from(below).unwrap();
            Some(Ignore { below, share: Fraction::try_from(share).unwrap() })
        };
        let ignored = |rule| Patches::measure(plane.view(), n(2), n(2), rule).unwrap().ignored;
        assert_eq!(ignored(rule(5.0, 0.9)), [true, false, false, false]);
        assert_eq!(ignored(rule(5.0, 0.95)), [false; 4], "one of 16 pixels is bright");
        assert_eq!(ignored(None), [false; 4]);
        let patches = Patches::measure(plane.view(), n(2), n(2), rule(5.0, 0.95)).unwrap();
        assert_eq!(patches.values[[0, 0]], 200.0, "dark pixels of a patch that is kept do not count");
    }
}
