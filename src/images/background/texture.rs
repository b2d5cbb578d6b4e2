//! Where a picture is rougher than its background.

use std::ops::Range;

use ndarray::{Array2, ArrayView2, Axis, Zip};

use super::{DEVIATIONS, peak};

/// Pixels from the middle of a window to its edge. 5 × 5 pixels tell texture from noise, which 3 × 3 are too few for.
pub(super) const REACH: u8 = 2;
/// Variance of brightness that is rounded to whole grey levels: no texture is less.
const ROUNDING: f32 = 1.0 / 12.0;

/// Which pixels of `plane`, intensities in `0.0..=255.0` with NaN outside of the field of view, have a rougher neighbourhood
/// than is common: outlines of objects, and their insides where these have texture.
///
/// Roughness is the logarithm of the standard deviation in a window by the root of its brightness, since noise of photons
/// grows so. A window that reaches outside of the field is not judged.
pub(super) fn rough(plane: ArrayView2<'_, f32>) -> Array2<bool> {
    let counts = window_sums(plane.mapv(|level| if level.is_nan() { 0.0 } else { 1.0 }));
    let known = plane.mapv(|level| if level.is_nan() { 0.0 } else { level });
    let (squares, sums) = (window_sums(&known * &known), window_sums(known));
    let mut roughness = Array2::from_elem(plane.dim(), f32::NAN);
    let (height, width) = plane.dim();
    Zip::indexed(&mut roughness).and(&counts).and(&sums).and(&squares).for_each(
        |(y, x), roughness, &count, &sum, &square| {
            if count >= (window(y, height).len() * window(x, width).len()) as f32 {
                let mean = sum / count;
                let variance = (square / count - mean * mean).max(ROUNDING);
                *roughness = 0.5 * (variance / mean.max(1.0)).ln();
            }
        },
    );
    match peak::of(roughness.iter().copied()) {
        Some((common, deviation)) => roughness.mapv(|one| one > common + DEVIATIONS * deviation),
        None => Array2::from_elem(plane.dim(), false),
    }
}

/// The places of the window around `at`, of the `n` in a row or column.
fn window(at: usize, n: usize) -> Range<usize> {
    let reach = usize::from(REACH);
    at.saturating_sub(reach)..(at + reach + 1).min(n)
}

/// Sums over the window around each pixel, of what lies in the picture.
fn window_sums(mut plane: Array2<f32>) -> Array2<f32> {
    for axis in [Axis(0), Axis(1)] {
        for mut lane in plane.lanes_mut(axis) {
            let line = lane.to_vec();
            for (at, sum) in lane.iter_mut().enumerate() {
                *sum = line[window(at, line.len())].iter().sum();
            }
        }
    }
    plane
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texture_stands_out_of_noise_and_light() {
        let noise = |y: usize, x: usize| ((y * 7919 + x * 104_729 + y * x * 31) % 101) as f32 / 50.0 - 1.0;
        let mut plane = Array2::from_shape_fn((120, 160), |(y, x)| {
            let light = 60.0 + 0.7 * x as f32;
            light + 0.3 * light.sqrt() * noise(y, x) * if y < 60 && x < 40 { 12.0 } else { 1.0 }
        });
        plane.slice_mut(ndarray::s![100.., ..]).fill(f32::NAN);
        let rough = rough(plane.view());
        let share = |part: ArrayView2<'_, bool>| part.iter().filter(|one| **one).count() as f64 / part.len() as f64;
        assert!(share(rough.slice(ndarray::s![4..56, 4..36])) > 0.95);
        assert!(share(rough.slice(ndarray::s![.., 48..])) < 0.01);
        assert_eq!(share(rough.slice(ndarray::s![98.., ..])), 0.0, "windows across the border of the field");
    }
}
