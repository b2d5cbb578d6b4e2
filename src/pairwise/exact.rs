//! What to do where `f32` is too close to call: decide in `f64`.

use super::{Points, error_bound};

/// Squared distance of points `i` and `j`, in `f64`.
#[must_use]
pub fn exact_squared_distance(points: &Points, i: usize, j: usize) -> f64 {
    points.features(i).zip(points.features(j)).map(|(a, b)| (f64::from(a) - f64::from(b)).powi(2)).sum()
}

/// A radius, with the band of `f32` squared distances that do not tell whether a pair is within it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Threshold {
    /// The squared radius.
    pub squared: f64,
    /// A pair at most this far is within.
    pub surely: f32,
    /// A pair farther than this is not.
    pub perhaps: f32,
}

impl Threshold {
    /// The band around `radius` for points of `n_features` features.
    #[must_use]
    pub fn new(radius: f64, n_features: usize) -> Self {
        let squared = radius * radius;
        let bound = error_bound(n_features);
        // What underflows is lost whole, at most one least normal number per feature.
        let lost = f64::from(f32::MIN_POSITIVE) * n_features.max(1) as f64;
        let surely = ((squared * (1.0 - bound) - lost) as f32).next_down();
        let perhaps = ((squared * (1.0 + bound) + lost) as f32).next_up();
        Self { squared, surely: surely.min(f32::MAX), perhaps }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    #[test]
    fn the_band_holds_the_radius() {
        for radius in [1e-30, 1e-3, 0.3, 1.0, 1e6, 1e30] {
            let band = Threshold::new(radius, 50);
            assert!(f64::from(band.surely) < band.squared && f64::from(band.perhaps) > band.squared, "{radius}");
        }
    }

    #[test]
    fn exact_distances_see_what_f32_cannot() {
        let points = Points::new(array![[1.0_f32, 0.0], [0.0, 1e-5]].view());
        assert_eq!(exact_squared_distance(&points, 0, 1), 1.0 + f64::from(1e-5_f32).powi(2));
    }
}
