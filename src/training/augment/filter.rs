//! Gaussian blur.

use ndarray::{Array3, Axis};

use super::warp::reflected;

/// `pixels` convolved with a Gaussian of this standard deviation (above 0), cut off at three of them; the image is
/// mirrored at its edges.
pub(super) fn blurred(pixels: &Array3<f32>, deviation: f32) -> Array3<f32> {
    let reach = (3.0 * deviation).ceil() as isize;
    let bell = |at: isize| (-0.5 * (at as f32 / deviation).powi(2)).exp();
    let sum: f32 = (-reach..=reach).map(bell).sum();
    let weights: Vec<f32> = (-reach..=reach).map(|at| bell(at) / sum).collect();
    along(&along(pixels, Axis(1), &weights), Axis(0), &weights)
}

/// Convolved along one side; `weights` has an odd length.
fn along(pixels: &Array3<f32>, axis: Axis, weights: &[f32]) -> Array3<f32> {
    let (size, reach) = (pixels.len_of(axis), weights.len().cast_signed() / 2);
    let mut out = Array3::zeros(pixels.dim());
    for (at, mut line) in out.axis_iter_mut(axis).enumerate() {
        for (step, weight) in (-reach..).zip(weights) {
            line.scaled_add(*weight, &pixels.index_axis(axis, reflected(at.cast_signed() + step, size)));
        }
    }
    out
}
