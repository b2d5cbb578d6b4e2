//! Does a step in brightness run through the whole tile, past what stands in its middle?
//!
//! A seam between two exposures shows in the strips along both sides as well, at the same place and with the same sign;
//! the edges of a pillar, however sharp, do not reach there, and one that toppled across makes a step up and one down.

use ndarray::{ArrayView2, s};

use super::grey_tile::{GreyTile, largest, mean};

/// The step across rows, across columns, and the larger of them, in grey levels from 0; NaN below 8×8 pixels.
pub(super) const COLUMNS: [&str; 3] = ["row_step", "column_step", "step"];

/// Of the side: how wide a strip is, how many pixels count before and behind a step, and how many it may take itself.
const STRIP: usize = 8;
const BESIDE: usize = 16;
const RAMP: usize = 20;

pub(super) fn measure(tile: &GreyTile) -> [f64; 3] {
    let pixels = tile.pixels().view();
    let [row, column] = [pixels, pixels.reversed_axes()].map(step);
    [row, column, largest([row, column])]
}

/// The step between rows that both strips show.
fn step(pixels: ArrayView2<'_, f32>) -> f64 {
    let (height, width) = pixels.dim();
    if height.min(width) < STRIP {
        return f64::NAN;
    }
    let wide = width / STRIP;
    let [left, right] = [s![.., ..wide], s![.., width - wide..]].map(|strip| steps(pixels.slice(strip)));
    let both = left
        .iter()
        .zip(&right)
        .map(|(left, right)| if left * right > 0.0 { left.signum() * left.abs().min(right.abs()) } else { 0.0 });
    let (down, up) = both.fold((0.0_f64, 0.0_f64), |(down, up), step| (down.min(step), up.max(step)));
    (down + up).abs()
}

/// How much brighter it is behind each place than before it.
fn steps(strip: ArrayView2<'_, f32>) -> Vec<f64> {
    let lines: Vec<f64> = strip.rows().into_iter().map(mean).collect();
    let beside = (lines.len() / BESIDE).max(1);
    let level = |part: &[f64]| part.iter().sum::<f64>() / part.len() as f64;
    let places = lines.windows(2 * beside + lines.len() / RAMP);
    places.map(|place| level(&place[place.len() - beside..]) - level(&place[..beside])).collect()
}
