//! Principal components: the few directions along which the images differ most. Exact, not randomised.
//!
//! The eigenvectors of the covariance matrix, or of the matrix of products between images where there are fewer
//! images than features. Products are summed in f64; signs follow scikit-learn: the largest loading is positive.

use ndarray::{Array2, ArrayView2, Axis, s};
use rayon::prelude::*;

use super::covariance::{centred, column_means, scatter};
use super::{ReduceError, Reducer, Transform, check, check_columns, krylov};
use crate::memory::bytes_of;
use crate::pairwise::multiply;

/// Rows that are projected together; fixed, so that the bits never depend on the threads.
const ROWS_PER_TASK: usize = 256;
/// A direction with less than this share of the largest variance is numerical dust.
const DUST: f64 = 1e-12;

/// How many components to keep; fewer where the data has fewer rows or columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PrincipalComponents {
    /// Components wanted.
    pub n_components: usize,
}

/// Fitted principal component analysis.
#[derive(Debug, Clone, PartialEq)]
pub struct Pca {
    /// Mean of each feature, `[n_features]`.
    pub(super) means: Vec<f64>,
    /// Shape `[n_components, n_features]`; orthonormal rows, but zeros for directions without variance.
    pub(super) components: Array2<f32>,
    /// Variance along each component, divisor `n − 1`.
    pub(super) variances: Vec<f64>,
    /// Sum of the variances of all features, divisor `n − 1`.
    pub(super) total_variance: f64,
}

impl PrincipalComponents {
    /// Bytes that fitting them to `n` images of `n_features` features takes, about: products of features, or of images
    /// where there are fewer, with a copy in tiles and the basis of the search; and the images once more in that case.
    pub(super) fn memory(self, n: usize, n_features: usize) -> u64 {
        let side = n.min(n_features);
        let basis = side.min(16 * self.n_components.max(8));
        let products = bytes_of::<f64>(&[side, side, 2]).saturating_add(bytes_of::<f64>(&[side, basis, 3]));
        let copies = if n < n_features { bytes_of::<f32>(&[n, n_features, 3]) } else { 0 };
        products.saturating_add(copies)
    }
}

impl Reducer for PrincipalComponents {
    type Fitted = Pca;

    fn fit(&self, x: ArrayView2<'_, f32>, _seed: u64) -> Result<Pca, ReduceError> {
        check(x)?;
        let (n, d) = x.dim();
        let wanted = self.n_components.clamp(1, n.min(d));
        let means = column_means(x);
        let (sums, total, mut vectors) = if n < d {
            from_rows(x, &means, wanted)
        } else {
            let scatter = scatter(x, &means);
            let (sums, vectors) = krylov::largest(scatter.view(), wanted);
            (sums, scatter.diag().sum(), vectors)
        };
        for mut vector in vectors.rows_mut() {
            let largest = vector.iter().fold(0.0_f64, |most, &v| if v.abs() > most.abs() { v } else { most });
            if largest < 0.0 {
                vector.mapv_inplace(|v| -v);
            }
        }
        let divisor = n.saturating_sub(1).max(1) as f64;
        Ok(Pca {
            means,
            components: vectors.mapv(|v| v as f32),
            variances: sums.iter().map(|sum| sum.max(0.0) / divisor).collect(),
            total_variance: total / divisor,
        })
    }
}

/// Sums of squares along the components, over all features, and the components, by way of products between rows.
fn from_rows(x: ArrayView2<'_, f32>, means: &[f64], wanted: usize) -> (Vec<f64>, f64, Array2<f64>) {
    let rows = centred(x, means);
    let products = scatter(rows.t(), &vec![0.0; x.nrows()]);
    let (sums, inner) = krylov::largest(products.view(), wanted);
    let mut vectors = Array2::zeros((wanted, x.ncols()));
    multiply(inner.view(), rows.mapv(f64::from).view(), vectors.view_mut());
    for (mut vector, &sum) in vectors.rows_mut().into_iter().zip(&sums) {
        let length = vector.dot(&vector).sqrt();
        if sum > DUST * sums[0] && length > 0.0 {
            vector /= length;
        } else {
            vector.fill(0.0);
        }
    }
    (sums, products.diag().sum(), vectors)
}

impl Pca {
    /// Number of components that were kept.
    #[must_use]
    pub fn n_components(&self) -> usize {
        self.components.nrows()
    }

    /// Shape `[n_components, n_features]`, orthonormal rows.
    #[must_use]
    pub fn components(&self) -> ArrayView2<'_, f32> {
        self.components.view()
    }

    /// Variance along each component, divisor `n − 1`, descending.
    #[must_use]
    pub fn explained_variance(&self) -> &[f64] {
        &self.variances
    }

    /// Share of the variance of all features that lies along each component, in `0.0..=1.0`; zeros for constant data.
    #[must_use]
    pub fn explained_variance_ratio(&self) -> Vec<f64> {
        let total = self.total_variance;
        self.variances.iter().map(|v| if total > 0.0 { v / total } else { 0.0 }).collect()
    }
}

impl Transform for Pca {
    fn transform(&self, x: ArrayView2<'_, f32>) -> Result<Array2<f32>, ReduceError> {
        check_columns(x, self.means.len())?;
        let mut out = Array2::zeros((x.nrows(), self.n_components()));
        let mut blocks: Vec<_> = out.axis_chunks_iter_mut(Axis(0), ROWS_PER_TASK).collect();
        blocks.par_iter_mut().enumerate().for_each(|(block, out)| {
            let start = block * ROWS_PER_TASK;
            let rows = centred(x.slice(s![start..start + out.nrows(), ..]), &self.means);
            multiply(rows.view(), self.components.t(), out.view_mut());
        });
        Ok(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    fn pca(n_components: usize, x: &Array2<f32>) -> Pca {
        PrincipalComponents { n_components }.fit(x.view(), 0).unwrap()
    }

    #[test]
    fn a_line_has_one_component() {
        let x = array![[0.0, 0.0], [3.0, -4.0], [6.0, -8.0]];
        let fitted = pca(5, &x);
        assert_eq!(fitted.n_components(), 2);
        assert!((fitted.explained_variance()[0] - 25.0).abs() < 1e-9);
        assert!((fitted.explained_variance_ratio()[0] - 1.0).abs() < 1e-9);
        let line = fitted.transform(x.view()).unwrap();
        assert!((line[[2, 0]] - line[[0, 0]] + 10.0).abs() < 1e-5, "the largest loading, -0.8, became positive");
    }

    #[test]
    fn constant_data_and_single_images_are_at_the_origin() {
        for n in [1, 2, 9] {
            let x = Array2::from_elem((n, 4), 2.5);
            let fitted = pca(3, &x);
            assert_eq!(fitted.explained_variance_ratio(), vec![0.0; n.min(3)]);
            assert_eq!(fitted.transform(x.view()).unwrap(), Array2::<f32>::zeros((n, n.min(3))));
        }
    }

    #[test]
    fn few_images_of_many_features_agree_with_the_covariance_route() {
        let wide = Array2::from_shape_fn((30, 200), |(i, j)| ((i * 37 + j * j * 11 + i * j) % 97) as f32 / 97.0);
        let by_rows = pca(10, &wide);
        // The same images three times over: three times the scatter, the same components, more rows than columns.
        let copies: Vec<_> = (0..7).map(|_| wide.view()).collect();
        let by_columns = pca(10, &ndarray::concatenate(Axis(0), &copies).unwrap());
        let difference = &by_rows.components - &by_columns.components;
        assert!(difference.iter().all(|d| d.abs() < 1e-4), "{difference}");
        let ratios = by_rows.explained_variance_ratio();
        assert!(ratios.iter().zip(by_columns.explained_variance_ratio()).all(|(a, b)| (a - b).abs() < 1e-7));
    }
}
