//! Brightness and dark shape of a tile in four numbers, for comparing it with its neighbours.

use std::f64::consts::PI;

use super::grey_tile::{GreyTile, mean_and_std};

/// Mean and population standard deviation in grey levels; area of the largest dark part as a share of the tile,
/// `0.0..=1.0`; circularity `4π area / perimeter²` in `0.0..=1.0`, 1 for a disc.
pub(super) const COLUMNS: [&str; 4] = ["mean", "std", "dark_share", "circularity"];

pub(super) fn measure(tile: &GreyTile) -> [f64; 4] {
    let (mean, std) = mean_and_std(tile.pixels());
    let (area, perimeter) = tile.dark().map_or((0.0, 0.0), |contour| (contour.area, contour.perimeter));
    // A lone pixel has no perimeter and is no disc.
    let circularity = if perimeter > 0.0 { 4.0 * PI * area / perimeter.powi(2) } else { 0.0 };
    [mean, std, area / tile.pixels().len() as f64, circularity]
}
