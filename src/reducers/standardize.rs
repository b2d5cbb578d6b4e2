//! Columns of mean 0 and standard deviation 1.

use ndarray::{Array2, ArrayView2, Axis};
use rayon::prelude::*;

use super::{ReduceError, Reducer, Transform, check, check_columns, covariance};

/// Brings every feature to mean 0 and standard deviation 1 (divisor `n`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standardize;

/// Fitted standardisation: one mean and one scale per feature.
#[derive(Debug, Clone, PartialEq)]
pub struct Standardizer {
    pub(super) means: Vec<f64>,
    pub(super) scales: Vec<f64>,
}

impl Reducer for Standardize {
    type Fitted = Standardizer;

    fn fit(&self, x: ArrayView2<'_, f32>, _seed: u64) -> Result<Standardizer, ReduceError> {
        check(x)?;
        let means = covariance::column_means(x);
        let scales = covariance::column_variances(x, &means)
            .into_iter()
            .zip(&means)
            .map(|(variance, mean)| {
                // What rounding of the mean leaves behind is no variance: such a column is constant.
                let noise = f64::EPSILON * mean.abs() * 10.0;
                if variance.sqrt() <= noise { 1.0 } else { variance.sqrt() }
            })
            .collect();
        Ok(Standardizer { means, scales })
    }
}

/// Columns that belong together, and how much they count.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct WeightedBlock {
    /// Number of neighbouring columns.
    pub columns: usize,
    /// Root of the variance that the block's columns have together after standardising, above 0.
    pub weight: f64,
}

impl Standardizer {
    /// The same, with the columns scaled such that every block has the variance of its weight squared.
    ///
    /// # Panics
    /// When the blocks have other columns together than the map was learned from.
    #[must_use]
    pub fn weighted(mut self, blocks: &[WeightedBlock]) -> Self {
        let factors = blocks
            .iter()
            .flat_map(|block| std::iter::repeat_n((block.columns as f64).sqrt() / block.weight, block.columns));
        let factors: Vec<f64> = factors.collect();
        assert_eq!(factors.len(), self.scales.len(), "columns of the blocks");
        self.scales.iter_mut().zip(factors).for_each(|(scale, factor)| *scale *= factor);
        self
    }

    /// Mean of each feature.
    #[must_use]
    pub fn means(&self) -> &[f64] {
        &self.means
    }

    /// Standard deviation of each feature, 1 where the feature is constant.
    #[must_use]
    pub fn scales(&self) -> &[f64] {
        &self.scales
    }

    /// Scales `x` where it lies; `x` has the right columns.
    pub(super) fn apply(&self, x: &mut Array2<f32>) {
        x.axis_iter_mut(Axis(0)).into_par_iter().with_min_len(64).for_each(|mut row| {
            for ((value, &mean), &scale) in row.iter_mut().zip(&self.means).zip(&self.scales) {
                *value = ((f64::from(*value) - mean) / scale) as f32;
            }
        });
    }
}

impl Transform for Standardizer {
    fn transform(&self, x: ArrayView2<'_, f32>) -> Result<Array2<f32>, ReduceError> {
        check_columns(x, self.means.len())?;
        let mut out = x.to_owned();
        self.apply(&mut out);
        Ok(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    #[test]
    fn a_block_counts_by_its_weight_whatever_its_columns() {
        let x =
            Array2::from_shape_fn((40, 5), |(i, j)| ((i * (j + 3) * 7) % 11) as f32 * [1.0, 10.0, 1e2, 1e3, 1e4][j]);
        let blocks = [WeightedBlock { columns: 4, weight: 1.0 }, WeightedBlock { columns: 1, weight: 3.0 }];
        let scaled = Standardize.fit(x.view(), 0).unwrap().weighted(&blocks).transform(x.view()).unwrap();
        let variance = |columns: std::ops::Range<usize>| {
            columns.map(|j| scaled.column(j).iter().map(|v| f64::from(v * v)).sum::<f64>() / 40.0).sum::<f64>()
        };
        assert!((variance(0..4) - 1.0).abs() < 1e-5 && (variance(4..5) - 9.0).abs() < 1e-4);
    }

    #[test]
    fn constant_columns_become_zero_and_others_unit() {
        let x = array![[1.0, 0.1, 5.0], [3.0, 0.1, 5.0]];
        let fitted = Standardize.fit(x.view(), 0).unwrap();
        assert_eq!(fitted.scales(), [1.0, 1.0, 1.0]);
        assert_eq!(fitted.transform(x.view()).unwrap(), array![[-1.0, 0.0, 0.0], [1.0, 0.0, 0.0]]);
        let wider = Array2::zeros((1, 4));
        assert_eq!(fitted.transform(wider.view()), Err(ReduceError::Columns { expected: 3, found: 4 }));
    }
}
