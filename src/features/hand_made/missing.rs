//! Is there something in the middle of the tile, and does it differ from what surrounds it?
//!
//! The central half is rows `height/4..3·height/4` and the columns likewise (whole numbers); the rim is the rest.

use ndarray::s;

use super::grey_tile::{GreyTile, mean, mean_and_std};

/// Grey levels `0.0..=255.0`, but `contrast`, the central mean less the rim's: `-255.0..=255.0`.
pub(super) const COLUMNS: [&str; 6] = ["centre_mean", "centre_std", "centre_min", "centre_max", "rim_mean", "contrast"];

pub(super) fn measure(tile: &GreyTile) -> [f64; 6] {
    let pixels = tile.pixels();
    let (height, width) = pixels.dim();
    let (rows, columns) = (height / 4..3 * height / 4, width / 4..3 * width / 4);
    let centre = pixels.slice(s![rows.clone(), columns.clone()]);
    let (centre_mean, std) = mean_and_std(centre.iter());
    let extreme = |pick: fn(f32, f32) -> f32| f64::from(centre.iter().copied().fold(f32::NAN, pick));
    let rim = pixels.indexed_iter().filter(|((y, x), _)| !(rows.contains(y) && columns.contains(x)));
    let rim_mean = mean(rim.map(|(_, value)| value));
    [centre_mean, std, extreme(f32::min), extreme(f32::max), rim_mean, centre_mean - rim_mean]
}
