//! Does a seam run through the tile, where two exposures were put together?

use ndarray::{ArrayView2, Axis, s};

use super::grey_tile::{GreyTile, largest, mean};

/// Grey levels from 0, the Sobel columns up to 1020 (the filter's weights sum to four either way); `score` is
/// `jump + split + strip`.
pub(super) const COLUMNS: [&str; 10] = [
    "row_jump",
    "column_jump",
    "jump",
    "top_bottom",
    "left_right",
    "split",
    "strip",
    "sobel_row",
    "sobel_column",
    "score",
];

/// Pixels of a strip along the border.
const STRIP: usize = 5;

pub(super) fn measure(tile: &GreyTile) -> [f64; 10] {
    let pixels = tile.pixels().view();
    let [row_jump, column_jump] = [0, 1].map(|axis| largest_jump(&means_along(pixels, Axis(axis))));
    let [top_bottom, left_right] = [0, 1].map(|axis| {
        let (first, second) = pixels.split_at(Axis(axis), pixels.len_of(Axis(axis)) / 2);
        (mean(first) - mean(second)).abs()
    });
    let (jump, split, strip) = (largest([row_jump, column_jump]), largest([top_bottom, left_right]), strip(pixels));
    let gradient = tile.gradient();
    let steepest = |values: &ndarray::Array2<f32>, axis: Axis| {
        largest(
            values.axis_iter(axis).map(|line| line.iter().map(|v| f64::from(v.abs())).sum::<f64>() / line.len() as f64),
        )
    };
    let (sobel_row, sobel_column) = (steepest(&gradient.y, Axis(0)), steepest(&gradient.x, Axis(1)));
    [row_jump, column_jump, jump, top_bottom, left_right, split, strip, sobel_row, sobel_column, jump + split + strip]
}

/// The mean of every row (`Axis(0)`) or column (`Axis(1)`).
fn means_along(pixels: ArrayView2<'_, f32>, axis: Axis) -> Vec<f64> {
    pixels.axis_iter(axis).map(mean).collect()
}

fn largest_jump(profile: &[f64]) -> f64 {
    largest(profile.windows(2).map(|pair| (pair[1] - pair[0]).abs()))
}

/// Largest difference between the mean of a border strip and that of what all four leave over.
fn strip(pixels: ArrayView2<'_, f32>) -> f64 {
    let (height, width) = pixels.dim();
    if height <= 2 * STRIP || width <= 2 * STRIP {
        return f64::NAN;
    }
    let centre = mean(pixels.slice(s![STRIP..height - STRIP, STRIP..width - STRIP]));
    let strips = [s![..STRIP, ..], s![height - STRIP.., ..], s![.., ..STRIP], s![.., width - STRIP..]];
    largest(strips.map(|strip| (mean(pixels.slice(strip)) - centre).abs()))
}
