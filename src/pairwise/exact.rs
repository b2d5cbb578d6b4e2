//! Exact comparison: where `f32` is too close to call, `f64` decides.

use std::borrow::Cow;

use ndarray::ArrayView2;

use super::error_bound;

/// The points themselves, row by row, for distances in `f64`.
#[derive(Debug)]
pub struct ExactRows<'a> {
    values: Cow<'a, [f32]>,
    n_features: usize,
}

impl<'a> ExactRows<'a> {
    /// The rows of `x`, shape `[n, n_features]`; copied only where they do not lie one after the other.
    #[must_use]
    pub fn new(x: &ArrayView2<'a, f32>) -> Self {
        let values = x.to_slice().map_or_else(|| Cow::Owned(x.iter().copied().collect()), Cow::Borrowed);
        Self { values, n_features: x.ncols() }
    }

    fn row(&self, index: usize) -> &[f32] {
        &self.values[index * self.n_features..][..self.n_features]
    }

    /// Squared distance of points `i` and `j`, in `f64`.
    #[must_use]
    pub fn squared_distance(&self, i: usize, j: usize) -> f64 {
        self.squared_distance_to(i, self, j)
    }

    /// Squared distance of point `i` to point `j` of `others`, which have the same features, in `f64`.
    #[must_use]
    pub fn squared_distance_to(&self, i: usize, others: &ExactRows<'_>, j: usize) -> f64 {
        let (a, b) = (self.row(i), others.row(j));
        let square = |(a, b): (&f32, &f32)| (f64::from(*a) - f64::from(*b)).powi(2);
        let (chunks_a, chunks_b) = (a.chunks_exact(4), b.chunks_exact(4));
        let rest: f64 = chunks_a.remainder().iter().zip(chunks_b.remainder()).map(square).sum();
        let mut sums = [0.0; 4];
        for (a, b) in chunks_a.zip(chunks_b) {
            for (sum, pair) in sums.iter_mut().zip(a.iter().zip(b)) {
                *sum += square(pair);
            }
        }
        (sums[0] + sums[1]) + (sums[2] + sums[3]) + rest
    }
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
    /// The band around the root of `squared` for points of `n_features` features.
    #[must_use]
    pub fn of_squared(squared: f64, n_features: usize) -> Self {
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
        for squared in [1e-60, 1e-6, 0.09, 1.0, 1e12, 1e60] {
            let band = Threshold::of_squared(squared, 50);
            assert!(f64::from(band.surely) < squared && f64::from(band.perhaps) > squared, "{squared}");
        }
    }

    #[test]
    fn exact_distances_see_what_f32_cannot() {
        let x = array![[1.0_f32, 0.0, 0.0, 0.0, 0.0], [0.0, 0.0, 0.0, 0.0, 1e-5]];
        let expected = 1.0 + f64::from(1e-5_f32).powi(2);
        assert_eq!(ExactRows::new(&x.view()).squared_distance(0, 1), expected);
        let transposed = ndarray::Array2::from_shape_fn((5, 2), |(i, j)| x[[j, i]]);
        assert_eq!(ExactRows::new(&transposed.t()).squared_distance(0, 1), expected, "any layout");
    }
}
