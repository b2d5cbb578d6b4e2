//! The inverse square root of a covariance.

use ndarray::Array2;

/// `L⁻¹` with `L Lᵀ = covariance + floor`, lower triangular, shape `[d, d]`.
///
/// Where rounding leaves the sum without a root, the floor is raised until there is one.
pub(super) fn whitening(covariance: &Array2<f64>, floor: f64) -> Array2<f64> {
    let mut floor = floor;
    loop {
        if let Some(factor) = factor(covariance, floor) {
            return invert(&factor);
        }
        floor *= 10.0;
    }
}

fn factor(covariance: &Array2<f64>, floor: f64) -> Option<Array2<f64>> {
    let d = covariance.nrows();
    if !floor.is_finite() {
        return Some(Array2::eye(d)); // nothing finite can be learned: every direction counts the same
    }
    let mut lower = Array2::<f64>::zeros((d, d));
    for i in 0..d {
        for j in 0..=i {
            let known: f64 = (0..j).map(|k| lower[[i, k]] * lower[[j, k]]).sum();
            if i == j {
                let square = covariance[[i, i]] + floor - known;
                // A square that is dust beside its variance has lost all digits.
                if square.is_nan() || square <= covariance[[i, i]] * f64::EPSILON {
                    return None;
                }
                lower[[i, i]] = square.sqrt();
            } else {
                lower[[i, j]] = (covariance[[i, j]] - known) / lower[[j, j]];
            }
        }
    }
    Some(lower)
}

fn invert(lower: &Array2<f64>) -> Array2<f64> {
    let d = lower.nrows();
    let mut inverse = Array2::<f64>::zeros((d, d));
    for column in 0..d {
        inverse[[column, column]] = 1.0 / lower[[column, column]];
        for row in column + 1..d {
            let known: f64 = (column..row).map(|k| lower[[row, k]] * inverse[[k, column]]).sum();
            inverse[[row, column]] = -known / lower[[row, row]];
        }
    }
    inverse
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    #[test]
    fn whitens_and_survives_what_has_no_root() {
        let covariance = array![[4.0, 2.0], [2.0, 5.0]];
        let w = whitening(&covariance, 1e-300);
        let unit = w.dot(&covariance).dot(&w.t()) - Array2::<f64>::eye(2);
        assert!(unit.iter().all(|v| v.abs() < 1e-12));
        for flat in [array![[1e20, 1e20], [1e20, 1e20]], array![[0.0, 0.0], [0.0, 0.0]], array![[f64::NAN]]] {
            assert!(whitening(&flat, 1e-6).iter().all(|v| v.is_finite()));
        }
    }
}
