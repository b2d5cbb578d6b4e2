//! Eigendecomposition: all eigenvalues and vectors of a small symmetric matrix, in f64.
//!
//! Householder reduction to tridiagonal form, then implicit QL steps (Golub & Van Loan, "Matrix Computations",
//! chapter 8; the QL loop follows EISPACK's `tql2`). Vectors lie in rows, so that every inner loop is contiguous.

#![expect(clippy::inline_always, reason = "inner loops must be compiled for the processor that `Arch` finds")]

use ndarray::{Array2, ArrayView2, s};
use pulp::Arch;

/// The `wanted` largest eigenvalues of symmetric `matrix` `[n, n]`, descending, and their unit vectors `[wanted, n]`.
pub(super) fn symmetric(matrix: ArrayView2<'_, f64>, wanted: usize) -> (Vec<f64>, Array2<f64>) {
    Arch::new().dispatch(|| solve(matrix, wanted))
}

#[inline(always)]
fn solve(matrix: ArrayView2<'_, f64>, wanted: usize) -> (Vec<f64>, Array2<f64>) {
    let n = matrix.nrows();
    let mut work = matrix.to_owned();
    let mut diagonal = vec![0.0; n];
    let mut beside = vec![0.0; n]; // beside[i] couples i and i + 1
    let mut reflectors = Vec::with_capacity(n.saturating_sub(2));
    for step in 0..n {
        diagonal[step] = work[[step, step]];
        if step + 1 < n {
            let reflector = Reflector::of(work.slice(s![step, step + 1..]).iter().copied().collect());
            beside[step] = reflector.length;
            reflector.apply_both_sides(&mut work, step + 1);
            reflectors.push(reflector);
        }
    }
    let mut vectors = Array2::eye(n);
    implicit_ql(&mut diagonal, &mut beside, &mut vectors);

    let mut order: Vec<usize> = (0..n).collect();
    order.sort_by(|&a, &b| diagonal[b].total_cmp(&diagonal[a]));
    order.truncate(wanted);
    let mut chosen = Array2::zeros((order.len(), n));
    for (mut row, &from) in chosen.rows_mut().into_iter().zip(&order) {
        row.assign(&vectors.row(from));
        let row = row.as_slice_mut().expect("rows are contiguous");
        for (step, reflector) in reflectors.iter().enumerate().rev() {
            reflector.apply(&mut row[step + 1..]);
        }
    }
    (order.iter().map(|&i| diagonal[i]).collect(), chosen)
}

/// `I − scale · v vᵀ`, which maps a vector to `(length, 0, …, 0)`.
struct Reflector {
    v: Vec<f64>,
    scale: f64,
    length: f64,
}

impl Reflector {
    #[inline(always)]
    fn of(mut v: Vec<f64>) -> Self {
        let tail: f64 = dot(&v[1..], &v[1..]);
        if tail == 0.0 {
            let length = v[0];
            return Self { v, scale: 0.0, length };
        }
        let norm = (v[0] * v[0] + tail).sqrt();
        let length = if v[0] > 0.0 { -norm } else { norm };
        v[0] -= length;
        let scale = 2.0 / (v[0] * v[0] + tail);
        Self { v, scale, length }
    }

    #[inline(always)]
    fn apply(&self, x: &mut [f64]) {
        if self.scale != 0.0 {
            let by = -self.scale * dot(&self.v, x);
            add_scaled(x, by, &self.v);
        }
    }

    /// Replaces the trailing block `B` of `matrix` from row and column `from` on by `H B H`.
    #[inline(always)]
    fn apply_both_sides(&self, matrix: &mut Array2<f64>, from: usize) {
        if self.scale == 0.0 {
            return;
        }
        let n = matrix.nrows();
        let cells = matrix.as_slice_mut().expect("owned matrices are contiguous");
        let mut w: Vec<f64> =
            (from..n).map(|row| self.scale * dot(&cells[row * n + from..(row + 1) * n], &self.v)).collect();
        let half = -0.5 * self.scale * dot(&w, &self.v);
        add_scaled(&mut w, half, &self.v);
        for (row, (&v, &wi)) in (from..n).zip(self.v.iter().zip(&w)) {
            let cells = &mut cells[row * n + from..(row + 1) * n];
            for ((cell, &wj), &vj) in cells.iter_mut().zip(&w).zip(&self.v) {
                *cell -= v * wj + wi * vj;
            }
        }
    }
}

/// Diagonalises the tridiagonal matrix; eigenvector `i` ends in row `i` of `vectors`.
#[inline(always)]
fn implicit_ql(diagonal: &mut [f64], beside: &mut [f64], vectors: &mut Array2<f64>) {
    let n = diagonal.len();
    for low in 0..n {
        // The bound is far above what converges in practice (EISPACK stops at 30 of its steps).
        for _ in 0..200 {
            let high = (low..n - 1)
                .find(|&i| {
                    let size = diagonal[i].abs() + diagonal[i + 1].abs();
                    beside[i].abs() <= f64::EPSILON * size
                })
                .unwrap_or(n - 1);
            if high == low {
                break;
            }
            let mut g = (diagonal[low + 1] - diagonal[low]) / (2.0 * beside[low]);
            let mut r = g.hypot(1.0);
            g = diagonal[high] - diagonal[low] + beside[low] / (g + r.copysign(g));
            let (mut sine, mut cosine, mut shift) = (1.0, 1.0, 0.0);
            let mut broke_off = false;
            for i in (low..high).rev() {
                let f = sine * beside[i];
                let b = cosine * beside[i];
                r = f.hypot(g);
                beside[i + 1] = r;
                if r == 0.0 {
                    diagonal[i + 1] -= shift;
                    beside[high] = 0.0;
                    broke_off = true;
                    break;
                }
                sine = f / r;
                cosine = g / r;
                g = diagonal[i + 1] - shift;
                r = (diagonal[i] - g) * sine + 2.0 * cosine * b;
                shift = sine * r;
                diagonal[i + 1] = g + shift;
                g = cosine * r - b;
                rotate(vectors, i, sine, cosine);
            }
            if !broke_off {
                diagonal[low] -= shift;
                beside[low] = g;
                beside[high] = 0.0;
            }
        }
    }
}

/// Turns rows `i` and `i + 1` in their plane.
#[inline(always)]
fn rotate(vectors: &mut Array2<f64>, i: usize, sine: f64, cosine: f64) {
    let n = vectors.ncols();
    let cells = vectors.as_slice_mut().expect("owned matrices are contiguous");
    let (first, second) = cells[i * n..(i + 2) * n].split_at_mut(n);
    for (a, b) in first.iter_mut().zip(second) {
        let f = *b;
        *b = sine * *a + cosine * f;
        *a = cosine * *a - sine * f;
    }
}

/// Eight running sums, so that the compiler may use wide registers.
#[inline(always)]
fn dot(a: &[f64], b: &[f64]) -> f64 {
    let mut sums = [0.0; 8];
    let (a_parts, b_parts) = (a.chunks_exact(8), b.chunks_exact(8));
    let rest: f64 = a_parts.remainder().iter().zip(b_parts.remainder()).map(|(a, b)| a * b).sum();
    for (a, b) in a_parts.zip(b_parts) {
        for (sum, (a, b)) in sums.iter_mut().zip(a.iter().zip(b)) {
            *sum += a * b;
        }
    }
    sums.iter().sum::<f64>() + rest
}

#[inline(always)]
fn add_scaled(x: &mut [f64], by: f64, v: &[f64]) {
    for (x, v) in x.iter_mut().zip(v) {
        *x += by * v;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn residual(matrix: &Array2<f64>, values: &[f64], vectors: &Array2<f64>) -> f64 {
        let image = vectors.dot(matrix);
        let expected = vectors * &ndarray::Array1::from(values.to_vec()).insert_axis(ndarray::Axis(1));
        (image - expected).iter().fold(0.0, |worst: f64, d| worst.max(d.abs()))
    }

    #[test]
    fn solves_a_matrix_solved_by_hand() {
        let (values, vectors) = symmetric(ndarray::array![[2.0, 1.0], [1.0, 2.0]].view(), 2);
        assert!((values[0] - 3.0).abs() < 1e-14 && (values[1] - 1.0).abs() < 1e-14);
        assert!((vectors[[0, 0]].abs() - 0.5_f64.sqrt()).abs() < 1e-14);
        assert_eq!(symmetric(Array2::zeros((3, 3)).view(), 3).0, [0.0; 3]);
        assert_eq!(symmetric(ndarray::array![[-4.0]].view(), 1).0, [-4.0]);
    }

    proptest! {
        #[test]
        fn vectors_are_orthonormal_and_map_to_themselves(n in 1_usize..24, cells in prop::collection::vec(-1.0_f64..1.0, 24 * 24)) {
            let half = Array2::from_shape_vec((24, 24), cells).unwrap().slice_move(s![..n, ..n]);
            let matrix = &half + &half.t();
            let (values, vectors) = symmetric(matrix.view(), n);
            prop_assert!(residual(&matrix, &values, &vectors) < 1e-12);
            let gram = vectors.dot(&vectors.t()) - Array2::<f64>::eye(n);
            prop_assert!(gram.iter().all(|d| d.abs() < 1e-12));
            prop_assert!(values.windows(2).all(|pair| pair[0] >= pair[1]));
        }
    }
}
