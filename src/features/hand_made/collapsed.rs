//! Features of collapsed pillars: how dark the tile is, and how large its largest dark part.

use super::grey_tile::{GreyTile, mean};

/// The mean in grey levels `0.0..=255.0`; shares of the tile's pixels in `0.0..=1.0`; the area, inside the line through
/// the middles of the border pixels, in pixels.
pub(super) const COLUMNS: [&str; 5] = ["mean", "below_80", "below_50", "dark_area", "dark_share"];

pub(super) fn measure(tile: &GreyTile) -> [f64; 5] {
    let pixels = tile.pixels();
    let n = pixels.len() as f64;
    let below = |level: f32| pixels.iter().filter(|value| **value < level).count() as f64 / n;
    let area = tile.dark().map_or(0.0, |contour| contour.area);
    [mean(pixels), below(80.0), below(50.0), area, area / n]
}
