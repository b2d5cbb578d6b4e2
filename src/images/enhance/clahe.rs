//! Contrast-limited adaptive histogram equalisation: every tile has its own curve, and pixels blend those around them.
//!
//! Reference: Zuiderveld, "Contrast Limited Adaptive Histogram Equalization", Graphics Gems IV, 1994. Tiles, limits and
//! rounding are those of `OpenCV`'s `createCLAHE`; only the blend of curves is not rounded to whole levels.

use std::num::NonZeroU8;

use ndarray::{Array2, ArrayView2};
use serde::{Deserialize, Serialize};

use super::levels::{Curve, histogram};
use crate::data::Positive;
use crate::images::mirrored;

/// How local, and how strong.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Clahe {
    /// Tiles along each side, 1 to 255; 8 by default.
    pub tiles: NonZeroU8,
    /// The slope that a tile's curve may have, in multiples of that of an even histogram; 2 by default.
    pub clip_limit: Positive,
}

impl Default for Clahe {
    fn default() -> Self {
        Self {
            tiles: const { NonZeroU8::new(8).expect("8 is above 0") },
            clip_limit: const { Positive::constant(2.0) },
        }
    }
}

impl Clahe {
    pub(super) fn apply(&self, plane: ArrayView2<'_, f32>) -> Array2<f32> {
        let (height, width) = plane.dim();
        let tiles = usize::from(self.tiles.get());
        // Where one side does not divide evenly, OpenCV grows both.
        let even = height.is_multiple_of(tiles) && width.is_multiple_of(tiles);
        let tile_side = |side: usize| if even { side / tiles } else { side / tiles + 1 };
        let (tile_height, tile_width) = (tile_side(height), tile_side(width));
        let curves: Vec<Curve> = (0..tiles * tiles)
            .map(|tile| {
                let (top, left) = (tile / tiles * tile_height, tile % tiles * tile_width);
                let values = (top..top + tile_height).flat_map(|y| {
                    (left..left + tile_width)
                        .map(move |x| plane[[mirrored(y.cast_signed(), height), mirrored(x.cast_signed(), width)]])
                });
                self.curve(values, tile_height * tile_width)
            })
            .collect();
        let across: Vec<_> = (0..width).map(|x| between(x, tile_width, tiles)).collect();
        let down: Vec<_> = (0..height).map(|y| between(y, tile_height, tiles)).collect();
        Array2::from_shape_fn((height, width), |(y, x)| {
            let (top, bottom, share_below) = down[y];
            let (left, right, share_right) = across[x];
            let at = |row: usize, column: usize| curves[row * tiles + column].at(plane[[y, x]]);
            let blend = |row| at(row, left) * (1.0 - share_right) + at(row, right) * share_right;
            blend(top) * (1.0 - share_below) + blend(bottom) * share_below
        })
    }

    fn curve(&self, values: impl IntoIterator<Item = f32>, area: usize) -> Curve {
        let mut histogram = histogram(values);
        let limit = ((self.clip_limit.get() * area as f64 / 256.0) as u32).max(1);
        let mut excess = 0;
        for count in &mut histogram {
            excess += count.saturating_sub(limit);
            *count = (*count).min(limit);
        }
        // What was cut off is spread evenly, and the remainder over levels at equal distances.
        let (each, rest) = (excess / 256, excess as usize % 256);
        for count in &mut histogram {
            *count += each;
        }
        let distance = 256_usize.checked_div(rest).unwrap_or(1).max(1);
        for count in histogram.iter_mut().step_by(distance).take(rest) {
            *count += 1;
        }
        Curve::cumulative(&histogram, 255.0 / area as f32)
    }
}

/// The tiles whose centres lie before and after a pixel, and the share of the latter.
fn between(at: usize, tile_side: usize, tiles: usize) -> (usize, usize, f32) {
    let at = at as f32 * (1.0 / tile_side as f32) - 0.5;
    let before = at.floor();
    (before.max(0.0) as usize, ((before + 1.0) as usize).min(tiles - 1), at - before)
}
