//! A component of a Gaussian mixture.

use ndarray::{Array1, Array2, ArrayView1, Axis, s};

use super::cholesky;
use crate::pairwise::multiply;

/// Rows taken together.
const ROWS: usize = 512;

/// A normal distribution and its share of the images.
pub(super) struct Component {
    log_weight: f64,
    mean: Array1<f64>,
    /// Inverse of the Cholesky factor of the covariance, lower triangular, shape `[d, d]`.
    whitening: Array2<f64>,
}

impl Component {
    /// From images `x` `[n, d]` and how much of each is this cloud's, `[n]`; `floor` is added to every variance.
    pub(super) fn fit(x: &Array2<f64>, shares: ArrayView1<'_, f64>, floor: f64) -> Self {
        let (n, d) = x.dim();
        let mass = shares.sum() + 10.0 * f64::EPSILON;
        let mean = x.t().dot(&shares) / mass;
        let mut covariance = Array2::<f64>::zeros((d, d));
        let mut part = Array2::zeros((d, d));
        for first in (0..n).step_by(ROWS) {
            let last = n.min(first + ROWS);
            let centred = &x.slice(s![first..last, ..]) - &mean;
            let weighted = &centred * &shares.slice(s![first..last]).insert_axis(Axis(1));
            multiply(centred.t(), weighted.view(), part.view_mut());
            covariance += &part;
        }
        covariance /= mass;
        Self { log_weight: (mass / n as f64).ln(), mean, whitening: cholesky::whitening(&covariance, floor) }
    }

    /// Logarithm of weight times density at each row of `x` `[n, d]`.
    pub(super) fn log_densities(&self, x: &Array2<f64>) -> Array1<f64> {
        let (n, d) = x.dim();
        let constant = self.log_weight + self.whitening.diag().mapv(f64::ln).sum()
            - 0.5 * d as f64 * (2.0 * std::f64::consts::PI).ln();
        let mut out = Array1::zeros(n);
        for first in (0..n).step_by(ROWS) {
            let last = n.min(first + ROWS);
            let centred = &x.slice(s![first..last, ..]) - &self.mean;
            let mut white = Array2::zeros(centred.dim());
            multiply(centred.view(), self.whitening.t(), white.view_mut());
            for (out, row) in out.slice_mut(s![first..last]).iter_mut().zip(white.rows()) {
                *out = constant - 0.5 * row.dot(&row);
            }
        }
        out
    }
}
