//! Curvature of the outline of the largest dark part: a disc bends alike everywhere, a torn one does not.
//!
//! `κ = (x'y'' − y'x'') / (x'² + y'²)^1.5` along the closed outline, derivatives by central differences, in 1/pixel.

use super::grey_tile::{GreyTile, largest};
use crate::features::make_finite;
use crate::metrics::quantile;

/// Excess kurtosis of |κ| about 0, `E κ⁴ / (E κ²)² − 3`, from -2; largest |κ| and its 95th percentile, in 1/pixel from
/// 0; changes of the sign of κ (0 being a sign of its own) per point, `0.0..=1.0`; variance of |κ|, in 1/pixel².
pub(super) const COLUMNS: [&str; 5] = ["kurtosis", "max", "p95", "sign_changes", "variance"];

/// Outlines of fewer points have all columns 0.
const FEWEST: usize = 10;

pub(super) fn measure(tile: &GreyTile) -> [f64; 5] {
    let Some(contour) = tile.dark().filter(|contour| contour.points.len() >= FEWEST) else { return [0.0; 5] };
    let points = &contour.points;
    let n = points.len();
    let at = |i: usize, by: isize| {
        let (x, y) = points[(i.cast_signed() + by).rem_euclid(n.cast_signed()).cast_unsigned()];
        (f64::from(x), f64::from(y))
    };
    let mut kappa: Vec<f64> = (0..n)
        .map(|i| {
            let ((ax, ay), (bx, by)) = (at(i, -1), at(i, 1));
            let (dx, dy) = ((bx - ax) / 2.0, (by - ay) / 2.0);
            let ((ax, ay), (mx, my), (bx, by)) = (at(i, -2), at(i, 0), at(i, 2));
            let (ddx, ddy) = ((bx - 2.0 * mx + ax) / 4.0, (by - 2.0 * my + ay) / 4.0);
            (dx * ddy - dy * ddx) / (dx * dx + dy * dy).powf(1.5)
        })
        .collect();
    // Where the outline runs back on itself there is no direction; it counts as straight.
    make_finite(&mut kappa);
    let sign = |value: f64| if value == 0.0 { 0.0 } else { value.signum() };
    let changes = (0..n).filter(|&i| sign(kappa[i]) != sign(kappa[(i + 1) % n])).count();
    let mut bends: Vec<f64> = kappa.iter().map(|value| value.abs()).collect();
    bends.sort_by(f64::total_cmp);
    let mean_of = |power: i32| bends.iter().map(|bend| bend.powi(power)).sum::<f64>() / n as f64;
    let (mean, squares) = (mean_of(1), mean_of(2));
    let variance = bends.iter().map(|bend| (bend - mean).powi(2)).sum::<f64>() / n as f64;
    let kurtosis = mean_of(4) / squares.powi(2) - 3.0;
    [
        kurtosis,
        largest(bends.last().copied()),
        quantile(&bends, 0.95).unwrap_or(f64::NAN),
        changes as f64 / n as f64,
        variance,
    ]
}
