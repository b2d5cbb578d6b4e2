//! Multinomial logistic regression, small and quick: the model behind every opinion.
//!
//! Minimises the weighted cross-entropy plus half the squared length of the coefficients (the intercepts go free), as
//! scikit-learn's `LogisticRegression(C=1)` does.

use ndarray::{Array1, Array2, ArrayView2, ArrayViewMut1, s};

use super::lbfgs::{Stop, minimise};
use crate::pairwise::multiply;

/// Steps of the optimiser at most; it is there long before on features of even scale.
const STEPS: usize = 100;
/// Largest entry of the gradient of the mean loss at which a fit ends.
pub(super) const TOLERANCE: f64 = 3e-4;

/// A fitted model.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Logistic {
    /// Shape `[n_classes, n_features]`.
    coefficients: Array2<f32>,
    /// Shape `[n_classes]`.
    intercepts: Array1<f32>,
}

impl Logistic {
    /// Fits the classes `y` (below `n_classes`) of the rows of `x`, shape `[n, n_features]`, each counted `weights` times.
    ///
    /// A class that no row shows gets a probability near 0. Same input, same bits: it runs on one thread.
    pub(super) fn fit(x: ArrayView2<'_, f32>, y: &[usize], weights: &[f32], n_classes: usize, tolerance: f64) -> Self {
        let (n, d) = x.dim();
        let stride = d + 1;
        let total: f64 = weights.iter().map(|&weight| f64::from(weight)).sum();
        let mut coefficients = Array2::<f32>::zeros((n_classes, d));
        let mut scores = Array2::<f32>::zeros((n, n_classes));
        let mut slopes = Array2::<f32>::zeros((n_classes, d));
        let mut loss = |at: &[f64], gradient: &mut [f64]| {
            for (mut row, at) in coefficients.rows_mut().into_iter().zip(at.chunks_exact(stride)) {
                row.iter_mut().zip(at).for_each(|(place, &value)| *place = value as f32);
            }
            let intercepts: Array1<f32> = at.chunks_exact(stride).map(|row| row[d] as f32).collect();
            multiply(x, coefficients.t(), scores.view_mut());
            gradient.fill(0.0);
            let mut value = 0.0;
            for ((mut row, &class), &weight) in scores.rows_mut().into_iter().zip(y).zip(weights) {
                row += &intercepts;
                softmax(row.view_mut());
                value -= f64::from(weight) * f64::from(row[class].max(f32::MIN_POSITIVE)).ln();
                row[class] -= 1.0;
                row *= weight;
                for (class, &residual) in row.iter().enumerate() {
                    gradient[class * stride + d] += f64::from(residual);
                }
            }
            multiply(scores.t(), x, slopes.view_mut());
            for ((gradient, at), slopes) in
                gradient.chunks_exact_mut(stride).zip(at.chunks_exact(stride)).zip(slopes.rows())
            {
                for ((gradient, &at), &slope) in gradient[..d].iter_mut().zip(at).zip(slopes) {
                    *gradient = f64::from(slope) + at;
                    value += 0.5 * at * at;
                }
            }
            value
        };
        let stop = Stop { gradient: tolerance * total.max(1.0), steps: STEPS };
        let found = minimise(vec![0.0; n_classes * stride], stop, &mut loss);
        let table =
            Array2::from_shape_fn((n_classes, stride), |(class, feature)| found[class * stride + feature] as f32);
        Self { coefficients: table.slice(s![.., ..d]).to_owned(), intercepts: table.column(d).to_owned() }
    }

    /// Probability of every class for the rows of `x`, shape `[n, n_features]`: shape `[n, n_classes]`, rows sum to 1.
    pub(super) fn probabilities(&self, x: ArrayView2<'_, f32>) -> Array2<f32> {
        let mut scores = Array2::zeros((x.nrows(), self.intercepts.len()));
        multiply(x, self.coefficients.t(), scores.view_mut());
        for mut row in scores.rows_mut() {
            row += &self.intercepts;
            softmax(row);
        }
        scores
    }
}

fn softmax(mut row: ArrayViewMut1<'_, f32>) {
    let most = row.fold(f32::NEG_INFINITY, |most, &score| most.max(score));
    row.mapv_inplace(|score| (score - most).exp());
    let sum = row.sum();
    row.mapv_inplace(|share| share / sum);
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    #[test]
    fn separates_what_can_be_separated() {
        let x = array![[-2.0, 0.1], [-1.5, -0.2], [1.4, 0.3], [2.2, 0.0], [0.1, 3.0], [-0.1, 2.5]];
        let y = [0, 0, 1, 1, 2, 2];
        let model = Logistic::fit(x.view(), &y, &[1.0; 6], 3, 1e-6);
        for (row, &class) in model.probabilities(x.view()).rows().into_iter().zip(&y) {
            assert!((row.sum() - 1.0).abs() < 1e-6);
            assert!(row.iter().all(|p| *p <= row[class]), "{row}");
        }
    }

    #[test]
    fn a_weight_of_two_is_the_row_twice() {
        let x = array![[-1.0_f32], [0.5], [0.2], [1.0]];
        let twice = array![[-1.0_f32], [0.5], [0.2], [1.0], [0.2]];
        let a = Logistic::fit(x.view(), &[0, 1, 0, 1], &[1.0, 1.0, 2.0, 1.0], 2, 1e-7);
        let b = Logistic::fit(twice.view(), &[0, 1, 0, 1, 0], &[1.0; 5], 2, 1e-7);
        for (a, b) in a.probabilities(x.view()).iter().zip(&b.probabilities(x.view())) {
            assert!((a - b).abs() < 1e-4, "{a} {b}");
        }
    }

    #[derive(serde::Deserialize)]
    struct Golden {
        x: Vec<[f32; 4]>,
        y: Vec<usize>,
        weights: Vec<f32>,
        probabilities: Vec<[f32; 3]>,
    }

    #[test]
    fn equals_scikit_learn() {
        let golden: Golden = serde_json::from_str(include_str!("../../../tests/golden/logistic.json")).unwrap();
        let x = Array2::from(golden.x);
        let model = Logistic::fit(x.view(), &golden.y, &golden.weights, 3, 1e-7);
        for (found, expected) in model.probabilities(x.view()).iter().zip(golden.probabilities.concat()) {
            assert!((found - expected).abs() < 2e-4, "{found} {expected}");
        }
    }

    #[test]
    fn one_class_is_certain() {
        let model = Logistic::fit(array![[0.0_f32], [1.0]].view(), &[0, 0], &[1.0, 1.0], 1, TOLERANCE);
        assert_eq!(model.probabilities(array![[7.0]].view()), array![[1.0]]);
    }
}
