//! Do the edges of a tile share a direction? Its structure tensor, summed over the tile, says how far.
//!
//! Reference: Bigün & Granlund, "Optimal orientation detection of linear symmetry", 1987. The products of the Sobel
//! derivatives are smoothed with a Gaussian of σ = 2 pixels (cut at 8, mirrored at the border) and summed.

use super::grey_tile::GreyTile;
use crate::images::mirrored;

/// `(λ1 − λ2) / (λ1 + λ2)` in `0.0..=1.0`; its square; |orientation| of the strongest gradient in radians,
/// `0.0..=π/2`; `λ1 / λ2` from 1.
pub(super) const COLUMNS: [&str; 4] = ["coherence", "coherence_squared", "orientation", "ratio"];

const SIGMA: f64 = 2.0;
const RADIUS: isize = 8;
/// A second direction with less than this share of the first is rounding, and the ratio infinite.
const DUST: f64 = 1e-9;

pub(super) fn measure(tile: &GreyTile) -> [f64; 4] {
    let gradient = tile.gradient();
    let (height, width) = gradient.x.dim();
    let (down, across) = (weights(height), weights(width));
    let (mut xx, mut xy, mut yy) = (0.0, 0.0, 0.0);
    for ((row_x, row_y), down) in gradient.x.rows().into_iter().zip(gradient.y.rows()).zip(&down) {
        for ((&dx, &dy), across) in row_x.iter().zip(row_y).zip(&across) {
            let (dx, dy, weight) = (f64::from(dx), f64::from(dy), down * across);
            xx += weight * dx * dx;
            xy += weight * dx * dy;
            yy += weight * dy * dy;
        }
    }
    let (middle, spread) = (f64::midpoint(xx, yy), ((xx - yy) / 2.0).hypot(xy));
    let (first, second) = (middle + spread, middle - spread);
    let coherence = (first - second) / (first + second);
    let ratio = if second > DUST * first { first / second } else { f64::INFINITY };
    [coherence, coherence * coherence, (0.5 * (2.0 * xy).atan2(xx - yy)).abs(), ratio]
}

/// How much each of `n` pixels of a line counts in the sum of the smoothed line: about 1, less or more at the ends.
fn weights(n: usize) -> Vec<f64> {
    let kernel: Vec<f64> = (-RADIUS..=RADIUS).map(|at| (-0.5 * (at as f64 / SIGMA).powi(2)).exp()).collect();
    let total: f64 = kernel.iter().sum();
    let mut weights = vec![0.0; n];
    for at in 0..n.cast_signed() {
        for (by, share) in (-RADIUS..).zip(&kernel) {
            weights[mirrored(at + by, n)] += share / total;
        }
    }
    weights
}
