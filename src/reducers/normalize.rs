//! Rows of length 1: only the direction of a feature vector counts, not how strong it is.

use ndarray::{Array2, Axis};
use rayon::prelude::*;

/// Divides each row of `x` by its Euclidean length; a row of zeros stays as it is.
pub(super) fn to_unit_length(x: &mut Array2<f32>) {
    x.axis_iter_mut(Axis(0)).into_par_iter().with_min_len(64).for_each(|mut row| {
        let length = row.iter().map(|&v| f64::from(v) * f64::from(v)).sum::<f64>().sqrt();
        if length > 0.0 {
            row.mapv_inplace(|v| (f64::from(v) / length) as f32);
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    #[test]
    fn rows_get_length_one_and_zeros_stay() {
        let mut x = array![[3.0, 4.0], [0.0, 0.0], [1e-30, 0.0]];
        to_unit_length(&mut x);
        assert_eq!(x, array![[0.6, 0.8], [0.0, 0.0], [1.0, 0.0]]);
    }
}
