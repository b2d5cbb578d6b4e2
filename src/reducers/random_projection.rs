//! Gaussian random projection: distances survive, the features do not matter, nothing is learned.
//!
//! Reference: Johnson & Lindenstrauss, 1984; the matrix is drawn by `linfa-reduction`.

use linfa::traits::{Fit, Transformer};
use linfa::{Dataset, DatasetBase};
use linfa_reduction::random_projection::GaussianRandomProjection;
use ndarray::{Array2, ArrayView2, Axis, s};
use rand_xoshiro::Xoshiro256Plus;
use rand_xoshiro::rand_core::SeedableRng;
use rayon::prelude::*;

use super::{ReduceError, Reducer, Transform, check, check_columns};
use crate::pairwise::multiply;

/// Rows that are projected together; fixed, so that the bits never depend on the threads.
const ROWS_PER_TASK: usize = 256;

/// How many random directions to project on; no more than the data has columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RandomDirections {
    /// Directions wanted.
    pub n_components: usize,
}

/// Random directions, scaled so that squared distances are kept on average.
#[derive(Debug, Clone, PartialEq)]
pub struct RandomProjection {
    /// Shape `[n_components, n_features]`; normal with variance `1 / n_components`.
    pub(super) directions: Array2<f32>,
}

impl Reducer for RandomDirections {
    type Fitted = RandomProjection;

    fn fit(&self, x: ArrayView2<'_, f32>, seed: u64) -> Result<RandomProjection, ReduceError> {
        check(x)?;
        let n_features = x.ncols();
        let n_components = self.n_components.clamp(1, n_features);
        let unit = Array2::<f32>::eye(n_features);
        let data: Dataset<f32, (), ndarray::Ix1> =
            DatasetBase::new(unit.clone(), ndarray::Array1::from_elem(n_features, ()));
        let fitted = GaussianRandomProjection::<f32>::params_with_rng(Xoshiro256Plus::seed_from_u64(seed))
            .target_dim(n_components)
            .fit(&data)
            .map_err(|_| ReduceError::NoFeatures)?;
        // linfa draws with variance 1 / n_features, which shrinks distances.
        let scale = (n_features as f32 / n_components as f32).sqrt();
        let directions = fitted.transform(&unit).reversed_axes().mapv(|v| v * scale).as_standard_layout().into_owned();
        Ok(RandomProjection { directions })
    }
}

impl RandomProjection {
    /// Shape `[n_components, n_features]`.
    #[must_use]
    pub fn directions(&self) -> ArrayView2<'_, f32> {
        self.directions.view()
    }
}

impl Transform for RandomProjection {
    fn transform(&self, x: ArrayView2<'_, f32>) -> Result<Array2<f32>, ReduceError> {
        check_columns(x, self.directions.ncols())?;
        let mut out = Array2::zeros((x.nrows(), self.directions.nrows()));
        let mut blocks: Vec<_> = out.axis_chunks_iter_mut(Axis(0), ROWS_PER_TASK).collect();
        blocks.par_iter_mut().enumerate().for_each(|(block, out)| {
            let start = block * ROWS_PER_TASK;
            multiply(x.slice(s![start..start + out.nrows(), ..]), self.directions.t(), out.view_mut());
        });
        Ok(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_distances_on_average_and_repeats_itself() {
        let x = Array2::from_shape_fn((40, 300), |(i, j)| ((i * 7919 + j * 104_729) % 211) as f32 / 211.0);
        let fitted = RandomDirections { n_components: 120 }.fit(x.view(), 5).unwrap();
        assert_eq!(fitted, RandomDirections { n_components: 120 }.fit(x.view(), 5).unwrap());
        assert_ne!(fitted, RandomDirections { n_components: 120 }.fit(x.view(), 6).unwrap());
        let y = fitted.transform(x.view()).unwrap();
        let squared = |m: &Array2<f32>, i: usize, j: usize| (&m.row(i) - &m.row(j)).mapv(|v| v * v).sum();
        let ratios: Vec<f32> = (1..40).map(|i| squared(&y, 0, i) / squared(&x, 0, i)).collect();
        let mean = ratios.iter().sum::<f32>() / ratios.len() as f32;
        assert!((mean - 1.0).abs() < 0.2, "mean ratio of squared distances {mean}");
    }

    #[test]
    fn asks_for_no_more_than_there_is() {
        let fitted = RandomDirections { n_components: 50 }.fit(Array2::ones((1, 3)).view(), 0).unwrap();
        assert_eq!(fitted.directions().dim(), (3, 3));
    }
}
