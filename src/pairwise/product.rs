//! Matrix products for whoever needs one: a safe door to the `gemm` crate.
//!
//! Products run on the calling thread, so that callers decide how work is split and the answer
//! never depends on the number of threads.

#![expect(unsafe_code, reason = "the `gemm` crate takes raw pointers")]

use gemm::{Parallelism, gemm};
use ndarray::{ArrayView2, ArrayViewMut2};

/// The numbers matrices are made of.
pub trait Element: Copy + Send + Sync + 'static {
    /// 0.
    const ZERO: Self;
    /// 1.
    const ONE: Self;
}

impl Element for f32 {
    const ZERO: Self = 0.0;
    const ONE: Self = 1.0;
}

impl Element for f64 {
    const ZERO: Self = 0.0;
    const ONE: Self = 1.0;
}

/// Writes `a · b` into `out`, for `a` `[m, k]`, `b` `[k, n]` and `out` `[m, n]` of any layout.
///
/// # Panics
/// When the shapes do not match, which is a bug of the caller.
pub fn multiply<T: Element>(a: ArrayView2<'_, T>, b: ArrayView2<'_, T>, mut out: ArrayViewMut2<'_, T>) {
    let ((m, k), (rows, n)) = (a.dim(), b.dim());
    assert_eq!((k, (m, n)), (rows, out.dim()), "shapes of a matrix product");
    if k == 0 {
        out.fill(T::ZERO);
        return;
    }
    let (out_strides, a_strides, b_strides) = (strides(out.strides()), strides(a.strides()), strides(b.strides()));
    // SAFETY: the views are alive for the whole call, `out` is exclusive, and sizes and strides are the views' own.
    unsafe {
        gemm(
            m,
            n,
            k,
            out.as_mut_ptr(),
            out_strides.1,
            out_strides.0,
            false,
            a.as_ptr(),
            a_strides.1,
            a_strides.0,
            b.as_ptr(),
            b_strides.1,
            b_strides.0,
            T::ZERO,
            T::ONE,
            false,
            false,
            false,
            Parallelism::None,
        );
    }
}

/// Strides of rows and of columns, in elements.
fn strides(strides: &[isize]) -> (isize, isize) {
    (strides[0], strides[1])
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::Array2;

    #[test]
    fn equals_the_plain_product_in_every_layout() {
        let a = Array2::from_shape_fn((5, 7), |(i, j)| (i * 7 + j) as f64 * 0.25 - 3.0);
        let b = Array2::from_shape_fn((7, 4), |(i, j)| (i as f64) - (j as f64) * 0.5);
        let mut out = Array2::from_elem((5, 4), f64::NAN);
        multiply(a.view(), b.view(), out.view_mut());
        assert_eq!(out, a.dot(&b));
        let mut transposed = Array2::from_elem((4, 5), f64::NAN);
        multiply(b.t(), a.t(), transposed.view_mut());
        assert_eq!(transposed, out.t());
    }

    #[test]
    fn an_empty_sum_is_zero() {
        let mut out = Array2::from_elem((2, 3), 1.0_f32);
        multiply(Array2::zeros((2, 0)).view(), Array2::zeros((0, 3)).view(), out.view_mut());
        assert_eq!(out, Array2::<f32>::zeros((2, 3)));
    }
}
