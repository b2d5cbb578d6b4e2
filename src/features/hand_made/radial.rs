//! Brightness by distance from the middle: eight rings of equal width inside the largest circle that fits.

use super::grey_tile::GreyTile;

/// Mean of each ring in grey levels `0.0..=255.0`, from the middle outwards.
pub(super) const COLUMNS: [&str; 8] = ["0", "1", "2", "3", "4", "5", "6", "7"];

pub(super) fn measure(tile: &GreyTile) -> [f64; 8] {
    let pixels = tile.pixels();
    let (height, width) = pixels.dim();
    let (middle_y, middle_x) = ((height as f64 - 1.0) / 2.0, (width as f64 - 1.0) / 2.0);
    let radius = height.min(width) as f64 / 2.0;
    let (mut sums, mut counts) = ([0.0; 8], [0_usize; 8]);
    for (y, row) in pixels.rows().into_iter().enumerate() {
        let down = (y as f64 - middle_y).powi(2);
        for (x, &value) in row.iter().enumerate() {
            let distance = (down + (x as f64 - middle_x).powi(2)).sqrt();
            let ring = (8.0 * distance / radius) as usize;
            if ring < 8 {
                sums[ring] += f64::from(value);
                counts[ring] += 1;
            }
        }
    }
    std::array::from_fn(|ring| sums[ring] / counts[ring] as f64)
}
