//! Features of very different size are brought to one scale before a network sees them.

use ndarray::{Array1, ArrayView2, ArrayViewMut2};

/// Shifts each feature to mean 0 and scales it to variance 1, as measured on the training images.
#[derive(Debug, Clone, PartialEq)]
pub struct Standardizer {
    /// Shape `[n_features]`.
    pub mean: Array1<f32>,
    /// Standard deviation, 1 where a feature is constant; shape `[n_features]`.
    pub scale: Array1<f32>,
}

impl Standardizer {
    /// Measures the mean and standard deviation of each column of `x` over `rows`.
    #[must_use]
    pub fn fit(x: ArrayView2<'_, f32>, rows: &[usize]) -> Self {
        let n = rows.len().max(1) as f64;
        let mut mean = Array1::<f64>::zeros(x.ncols());
        for &row in rows {
            mean.zip_mut_with(&x.row(row), |sum, &value| *sum += f64::from(value));
        }
        mean /= n;
        let mut variance = Array1::<f64>::zeros(x.ncols());
        for &row in rows {
            ndarray::Zip::from(&mut variance)
                .and(&mean)
                .and(x.row(row))
                .for_each(|sum, mean, &value| *sum += (f64::from(value) - mean).powi(2));
        }
        // A feature that varies by no more than rounding carries nothing; scaling it up would invent something.
        let scale = ndarray::Zip::from(&variance).and(&mean).map_collect(|sum, mean| {
            let deviation = (sum / n).sqrt();
            if deviation > 1e-6 * mean.abs() && deviation > 0.0 { deviation as f32 } else { 1.0 }
        });
        Self { mean: mean.mapv(|mean| mean as f32), scale }
    }

    /// Standardises `x` of shape `[n, n_features]` in place.
    pub fn apply(&self, mut x: ArrayViewMut2<'_, f32>) {
        for mut row in x.rows_mut() {
            ndarray::Zip::from(&mut row).and(&self.mean).and(&self.scale).for_each(|x, mean, scale| {
                *x = (*x - mean) / scale;
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    #[test]
    fn a_constant_feature_is_left_alone() {
        let x = array![[1.0, 5.0], [3.0, 5.0], [100.0, 7.0]];
        let standardizer = Standardizer::fit(x.view(), &[0, 1]);
        assert_eq!(standardizer, Standardizer { mean: array![2.0, 5.0], scale: array![1.0, 1.0] });
    }

    #[test]
    fn training_rows_end_up_with_mean_0_and_variance_1() {
        let mut x = array![[1.0, 10.0], [2.0, 30.0], [6.0, 20.0]];
        Standardizer::fit(x.view(), &[0, 1, 2]).apply(x.view_mut());
        for column in x.columns() {
            assert!(column.sum().abs() < 1e-6);
            assert!((column.mapv(|x| x * x).sum() / 3.0 - 1.0).abs() < 1e-6);
        }
    }
}
