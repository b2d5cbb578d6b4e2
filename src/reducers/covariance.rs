//! Means and products of columns: the sums behind PCA and standardising.
//!
//! Rows are taken in fixed blocks; each block is summed in f32 (or f64 for the means) and the blocks in f64,
//! so the answer is the same for any number of threads.

use ndarray::{Array2, ArrayView2, Axis, s};
use pulp::Arch;
use rayon::prelude::*;

use crate::pairwise::multiply;

/// Rows that are centred together; bounds the extra memory.
const ROWS_PER_BLOCK: usize = 2048;
/// Rows summed in f32 before they join the f64 sum.
const ROWS_PER_PRODUCT: usize = 512;
/// Side of a square of the answer that one task makes.
const TILE: usize = 256;

/// Mean of each column of `x` `[n, d]`; zeros without rows.
pub(super) fn column_means(x: ArrayView2<'_, f32>) -> Vec<f64> {
    let sums = column_sums(x, |value, _| value, &[]);
    sums.iter().map(|sum| sum / x.nrows().max(1) as f64).collect()
}

/// Mean squared distance of each column of `x` `[n, d]` from `means`: its variance with divisor `n`.
pub(super) fn column_variances(x: ArrayView2<'_, f32>, means: &[f64]) -> Vec<f64> {
    let sums = column_sums(x, |value, mean| (value - mean) * (value - mean), means);
    sums.iter().map(|sum| sum / x.nrows().max(1) as f64).collect()
}

fn column_sums(x: ArrayView2<'_, f32>, term: impl Fn(f64, f64) -> f64 + Sync, means: &[f64]) -> Vec<f64> {
    let zeros = vec![0.0; x.ncols()];
    let means = if means.is_empty() { &zeros } else { means };
    let parts: Vec<Vec<f64>> = x
        .axis_chunks_iter(Axis(0), ROWS_PER_BLOCK)
        .into_par_iter()
        .map(|block| {
            let mut sums = vec![0.0; x.ncols()];
            Arch::new().dispatch(|| {
                for row in block.rows() {
                    for ((sum, &value), &mean) in sums.iter_mut().zip(row).zip(means) {
                        *sum += term(f64::from(value), mean);
                    }
                }
            });
            sums
        })
        .collect();
    parts.iter().fold(zeros.clone(), |mut total, part| {
        total.iter_mut().zip(part).for_each(|(total, part)| *total += part);
        total
    })
}

/// `x − means`, row by row.
pub(super) fn centred(x: ArrayView2<'_, f32>, means: &[f64]) -> Array2<f32> {
    let mut out = Array2::zeros(x.dim());
    out.axis_iter_mut(Axis(0)).into_par_iter().zip(x.axis_iter(Axis(0))).with_min_len(64).for_each(|(mut out, row)| {
        for ((out, &value), &mean) in out.iter_mut().zip(row).zip(means) {
            *out = (f64::from(value) - mean) as f32;
        }
    });
    out
}

/// Sums of products of centred columns, `(x − means)ᵀ (x − means)`, shape `[d, d]` for `x` `[n, d]`.
pub(super) fn scatter(x: ArrayView2<'_, f32>, means: &[f64]) -> Array2<f64> {
    let d = x.ncols();
    let starts: Vec<usize> = (0..d).step_by(TILE).collect();
    let mut tiles: Vec<CovarianceTile> = starts
        .iter()
        .flat_map(|&row| {
            starts.iter().filter(move |&&column| column >= row).map(move |&column| CovarianceTile::new(row, column, d))
        })
        .collect();
    for block in x.axis_chunks_iter(Axis(0), ROWS_PER_BLOCK) {
        let block = centred(block, means);
        tiles.par_iter_mut().for_each(|tile| tile.add(&block));
    }
    let mut out = Array2::zeros((d, d));
    for tile in tiles {
        let (rows, columns) = tile.sum.dim();
        let (row, column) = (tile.row, tile.column);
        out.slice_mut(s![column..column + columns, row..row + rows]).assign(&tile.sum.t());
        out.slice_mut(s![row..row + rows, column..column + columns]).assign(&tile.sum);
    }
    out
}

/// A rectangle of the answer and where it lies.
struct CovarianceTile {
    row: usize,
    column: usize,
    sum: Array2<f64>,
    part: Array2<f32>,
}

impl CovarianceTile {
    fn new(row: usize, column: usize, d: usize) -> Self {
        let shape = (TILE.min(d - row), TILE.min(d - column));
        Self { row, column, sum: Array2::zeros(shape), part: Array2::zeros(shape) }
    }

    fn add(&mut self, block: &Array2<f32>) {
        let (rows, columns) = self.sum.dim();
        for part in block.axis_chunks_iter(Axis(0), ROWS_PER_PRODUCT) {
            let left = part.slice(s![.., self.row..self.row + rows]);
            let right = part.slice(s![.., self.column..self.column + columns]);
            multiply(left.t(), right, self.part.view_mut());
            self.sum.zip_mut_with(&self.part, |sum, &part| *sum += f64::from(part));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agrees_with_the_plain_sums() {
        let x = Array2::from_shape_fn((700, 300), |(i, j)| ((i * 31 + j * 17) % 101) as f32 * 0.01 + j as f32);
        let wide = x.mapv(f64::from);
        let means = column_means(x.view());
        let expected = wide.mean_axis(Axis(0)).unwrap();
        assert!(means.iter().zip(&expected).all(|(a, b)| (a - b).abs() < 1e-9));
        let centred = &wide - &expected;
        let expected = centred.t().dot(&centred);
        let scatter = scatter(x.view(), &means);
        let scale = expected.iter().fold(0.0_f64, |most, v| most.max(v.abs()));
        let worst = scatter.iter().zip(&expected).map(|(a, b)| (a - b).abs() / scale).fold(0.0, f64::max);
        assert!(worst < 5e-6, "off by {worst} of the largest");
        assert_eq!(scatter, scatter.t());
        let variances = column_variances(x.view(), &means);
        assert!(variances.iter().zip(expected.diag()).all(|(a, b)| (a - b / 700.0).abs() < 1e-9));
    }
}
