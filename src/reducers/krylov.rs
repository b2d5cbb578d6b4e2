//! The largest eigenvalues and vectors of a large symmetric matrix.
//!
//! Block Lanczos with full reorthogonalisation and no restart (Golub & Underwood, "The block Lanczos method for
//! computing eigenvalues", 1977). It ends when every residual is small; at worst the basis fills the whole space
//! and the answer is that of the dense solver.

use ndarray::{Array2, ArrayView2, Axis, concatenate, s};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

use super::eigen;
use crate::pairwise::multiply;

/// Residuals below this share of the largest eigenvalue count as none.
const TOLERANCE: f64 = 1e-10;
/// Columns of a product that one task makes; fixed, so that the bits never depend on the threads.
const COLUMNS_PER_TASK: usize = 256;

/// The `wanted` largest eigenvalues of symmetric `matrix` `[n, n]`, descending, and their unit vectors `[wanted, n]`.
pub(super) fn largest(matrix: ArrayView2<'_, f64>, wanted: usize) -> (Vec<f64>, Array2<f64>) {
    let n = matrix.nrows();
    if n <= 128.max(4 * wanted) {
        return eigen::symmetric(matrix, wanted);
    }
    let width = wanted.div_ceil(2).clamp(8, 32);
    let mut random = ChaCha8Rng::seed_from_u64(n as u64);
    let mut basis = Array2::zeros((0, n)); // orthonormal rows
    let mut images = Array2::zeros((0, n)); // basis · matrix
    let mut fresh = Array2::from_shape_simple_fn((width, n), || random.random_range(-1.0..1.0));
    let mut next_check = 3 * wanted;
    loop {
        orthonormalize(&basis, &mut fresh, &mut random);
        let image = product(fresh.view(), matrix);
        basis = append(basis, &fresh);
        images = append(images, &image);
        let size = basis.nrows();
        if size >= next_check || size == n {
            let small = product(images.view(), basis.t());
            let symmetric = (&small + &small.t()) * 0.5;
            let (values, inner) = eigen::symmetric(symmetric.view(), wanted);
            let vectors = product(inner.view(), basis.view());
            let mut residuals = product(inner.view(), images.view());
            for ((mut residual, vector), value) in residuals.rows_mut().into_iter().zip(vectors.rows()).zip(&values) {
                residual.scaled_add(-value, &vector);
            }
            let worst = residuals.rows().into_iter().map(|r| r.dot(&r).sqrt()).fold(0.0, f64::max);
            if size == n || worst <= TOLERANCE * values[0].abs() {
                return (values, vectors);
            }
            next_check = size + (size / 4).max(width);
        }
        fresh = image;
        if size + fresh.nrows() > n {
            fresh = fresh.slice_move(s![..n - size, ..]);
        }
    }
}

fn append(above: Array2<f64>, below: &Array2<f64>) -> Array2<f64> {
    let mut joined = above;
    joined.append(Axis(0), below.view()).expect("both have as many columns as the matrix");
    joined
}

/// `a · b`, its columns shared out among threads.
fn product(a: ArrayView2<'_, f64>, b: ArrayView2<'_, f64>) -> Array2<f64> {
    let blocks: Vec<_> = b.axis_chunks_iter(Axis(1), COLUMNS_PER_TASK).collect();
    let parts: Vec<Array2<f64>> = blocks
        .into_par_iter()
        .map(|block| {
            let mut part = Array2::zeros((a.nrows(), block.ncols()));
            multiply(a, block, part.view_mut());
            part
        })
        .collect();
    let views: Vec<_> = parts.iter().map(Array2::view).collect();
    concatenate(Axis(1), &views).expect("all parts have the rows of `a`")
}

/// Makes the rows of `fresh` orthonormal to each other and to `basis`; a row without anything new becomes random.
fn orthonormalize(basis: &Array2<f64>, fresh: &mut Array2<f64>, random: &mut ChaCha8Rng) {
    for _ in 0..2 {
        if basis.nrows() > 0 {
            let shadow = product(product(fresh.view(), basis.t()).view(), basis.view());
            *fresh -= &shadow;
        }
        for row in 0..fresh.nrows() {
            let (done, mut rest) = fresh.view_mut().split_at(Axis(0), row);
            let mut current = rest.row_mut(0);
            let before = current.dot(&current).sqrt();
            for other in done.rows() {
                let along = other.dot(&current);
                current.scaled_add(-along, &other);
            }
            let mut norm = current.dot(&current).sqrt();
            while !(norm > 1e-8 * before && norm > f64::MIN_POSITIVE) {
                current.mapv_inplace(|_| random.random_range(-1.0..1.0));
                for _ in 0..2 {
                    for other in basis.rows().into_iter().chain(done.rows()) {
                        let along = other.dot(&current);
                        current.scaled_add(-along, &other);
                    }
                }
                norm = current.dot(&current).sqrt();
                if norm > 1e-8 {
                    break;
                }
            }
            current /= norm;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Q diag(values) Qᵀ with a random orthogonal Q.
    fn with_spectrum(values: &[f64]) -> Array2<f64> {
        let n = values.len();
        let mut random = ChaCha8Rng::seed_from_u64(3);
        let mut q = Array2::from_shape_simple_fn((n, n), || random.random_range(-1.0..1.0));
        orthonormalize(&Array2::zeros((0, n)), &mut q, &mut random);
        let scaled = &q * &ndarray::Array1::from(values.to_vec()).insert_axis(Axis(1));
        q.t().dot(&scaled)
    }

    #[test]
    fn finds_a_known_spectrum() {
        let spectrum: Vec<f64> = (0..300).map(|i| 10.0 / f64::from(i + 1)).collect();
        let (values, vectors) = largest(with_spectrum(&spectrum).view(), 12);
        for (value, expected) in values.iter().zip(&spectrum) {
            assert!((value - expected).abs() < 1e-9, "{value} is not {expected}");
        }
        let gram = vectors.dot(&vectors.t()) - Array2::<f64>::eye(12);
        assert!(gram.iter().all(|d| d.abs() < 1e-9));
    }

    #[test]
    fn equal_eigenvalues_and_no_rank_are_no_obstacle() {
        let mut spectrum = vec![0.0; 200];
        spectrum[..5].copy_from_slice(&[2.0, 2.0, 2.0, 1.0, 1.0]);
        let (values, _) = largest(with_spectrum(&spectrum).view(), 6);
        for (value, expected) in values.iter().zip(&spectrum) {
            assert!((value - expected).abs() < 1e-9, "{value} is not {expected}");
        }
        let (values, vectors) = largest(Array2::zeros((150, 150)).view(), 3);
        assert_eq!(values, [0.0; 3]);
        assert!(vectors.iter().all(|v| v.is_finite()));
    }
}
