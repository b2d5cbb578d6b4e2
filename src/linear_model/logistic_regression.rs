//! Multinomial logistic regression: small, quick, and without chance.
//!
//! Minimises the mean cross-entropy plus half of `l2` times the squared length of the coefficients (the intercepts go
//! free). With `l2` of 1 / n that is scikit-learn's `LogisticRegression(C=1)`.

use ndarray::{Array1, Array2, ArrayView2, ArrayViewMut1, Axis, s};
use rayon::prelude::*;

use super::lbfgs::{Stop, minimise};
use crate::pairwise::multiply;

/// Rows taken together; sums are made block by block, so that the number of threads does not show.
const BLOCK: usize = 2048;

/// A fitted model.
#[derive(Debug, Clone, PartialEq)]
pub struct LogisticRegression {
    coefficients: Array2<f32>,
    intercepts: Array1<f32>,
}

impl LogisticRegression {
    /// Fits the rows of `x`, shape `[n, n_features]`, to `targets`, shape `[n, n_classes]`: the shares of each row among
    /// the classes times what it counts.
    ///
    /// A class that no row shows gets a probability near 0. Same input, same bits, whatever the number of threads.
    ///
    /// # Panics
    /// When `x` and `targets` differ in rows.
    #[must_use]
    pub fn fit(x: ArrayView2<'_, f32>, targets: ArrayView2<'_, f32>, l2: f64, stop: Stop) -> Self {
        assert_eq!(x.nrows(), targets.nrows(), "rows of x and of targets");
        let (n_features, n_classes) = (x.ncols(), targets.ncols());
        let stride = n_features + 1;
        let total: f64 = targets.iter().map(|&share| f64::from(share)).sum::<f64>().max(f64::MIN_POSITIVE);
        let blocks: Vec<_> = x.axis_chunks_iter(Axis(0), BLOCK).zip(targets.axis_chunks_iter(Axis(0), BLOCK)).collect();
        let mut loss = |at: &[f64], gradient: &mut [f64]| {
            let model = Self::of(at, n_classes, n_features);
            let slopes: Vec<Slope> = blocks.par_iter().map(|(x, targets)| model.slope(*x, *targets)).collect();
            let mut value = 0.0;
            gradient.fill(0.0);
            for slope in &slopes {
                value += slope.loss;
                for (class, gradient) in gradient.chunks_exact_mut(stride).enumerate() {
                    gradient.iter_mut().zip(slope.coefficients.row(class)).for_each(|(sum, &g)| *sum += f64::from(g));
                    gradient[n_features] += slope.intercepts[class];
                }
            }
            value /= total;
            for (gradient, at) in gradient.chunks_exact_mut(stride).zip(at.chunks_exact(stride)) {
                let (intercept, coefficients) = gradient.split_last_mut().expect("an intercept at least");
                *intercept /= total;
                for (gradient, &at) in coefficients.iter_mut().zip(at) {
                    *gradient = *gradient / total + l2 * at;
                    value += 0.5 * l2 * at * at;
                }
            }
            value
        };
        let found = minimise(vec![0.0; n_classes * stride], stop, &mut loss);
        Self::of(&found, n_classes, n_features)
    }

    /// From one row per class: its coefficients, then its intercept.
    fn of(flat: &[f64], n_classes: usize, n_features: usize) -> Self {
        let stride = n_features + 1;
        let table = Array2::from_shape_fn((n_classes, stride), |(class, column)| flat[class * stride + column] as f32);
        Self {
            coefficients: table.slice(s![.., ..n_features]).to_owned(),
            intercepts: table.column(n_features).to_owned(),
        }
    }

    /// Summed loss of some rows and how it changes with the model, the penalty apart.
    fn slope(&self, x: ArrayView2<'_, f32>, targets: ArrayView2<'_, f32>) -> Slope {
        let mut residuals = self.probabilities(x);
        let mut loss = 0.0;
        let mut intercepts = vec![0.0; self.intercepts.len()];
        for (mut row, shares) in residuals.rows_mut().into_iter().zip(targets.rows()) {
            let weight = shares.sum();
            for ((p, &share), intercept) in row.iter_mut().zip(shares).zip(&mut intercepts) {
                if share > 0.0 {
                    loss -= f64::from(share) * f64::from(p.max(f32::MIN_POSITIVE)).ln();
                }
                *p = *p * weight - share;
                *intercept += f64::from(*p);
            }
        }
        let mut coefficients = Array2::zeros(self.coefficients.dim());
        multiply(residuals.t(), x, coefficients.view_mut());
        Slope { loss, coefficients, intercepts }
    }

    /// Shape `[n_classes, n_features]`.
    #[must_use]
    pub fn coefficients(&self) -> ArrayView2<'_, f32> {
        self.coefficients.view()
    }

    /// Shape `[n_classes]`.
    #[must_use]
    pub fn intercepts(&self) -> &Array1<f32> {
        &self.intercepts
    }

    /// Probability of every class for the rows of `x`, shape `[n, n_features]`: shape `[n, n_classes]`, rows sum to 1.
    ///
    /// # Panics
    /// When `x` has another number of features than the model was fitted on.
    #[must_use]
    pub fn probabilities(&self, x: ArrayView2<'_, f32>) -> Array2<f32> {
        let mut scores = Array2::zeros((x.nrows(), self.intercepts.len()));
        multiply(x, self.coefficients.t(), scores.view_mut());
        for mut row in scores.rows_mut() {
            row += &self.intercepts;
            softmax(row);
        }
        scores
    }
}

/// How the summed loss of some rows changes with the model.
struct Slope {
    loss: f64,
    /// Shape `[n_classes, n_features]`.
    coefficients: Array2<f32>,
    intercepts: Vec<f64>,
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

    /// Classes `y`, each counted `weights` times, penalised as scikit-learn does with `C=1`.
    fn fit(x: ArrayView2<'_, f32>, y: &[usize], weights: &[f32], n_classes: usize) -> LogisticRegression {
        let shares = |(row, class)| if y[row] == class { weights[row] } else { 0.0 };
        let targets = Array2::from_shape_fn((y.len(), n_classes), shares);
        let l2 = 1.0 / f64::from(weights.iter().sum::<f32>());
        LogisticRegression::fit(x, targets.view(), l2, Stop { gradient: 1e-7, steps: 500 })
    }

    #[test]
    fn separates_what_can_be_separated() {
        let x = array![[-2.0, 0.1], [-1.5, -0.2], [1.4, 0.3], [2.2, 0.0], [0.1, 3.0], [-0.1, 2.5]];
        let y = [0, 0, 1, 1, 2, 2];
        let model = fit(x.view(), &y, &[1.0; 6], 3);
        for (row, &class) in model.probabilities(x.view()).rows().into_iter().zip(&y) {
            assert!((row.sum() - 1.0).abs() < 1e-6);
            assert!(row.iter().all(|p| *p <= row[class]), "{row}");
        }
    }

    #[test]
    fn a_weight_of_two_is_the_row_twice() {
        let x = array![[-1.0_f32], [0.5], [0.2], [1.0]];
        let twice = array![[-1.0_f32], [0.5], [0.2], [1.0], [0.2]];
        let a = fit(x.view(), &[0, 1, 0, 1], &[1.0, 1.0, 2.0, 1.0], 2);
        let b = fit(twice.view(), &[0, 1, 0, 1, 0], &[1.0; 5], 2);
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
        let golden: Golden = serde_json::from_str(include_str!("../../tests/golden/logistic.json")).unwrap();
        let x = Array2::from(golden.x);
        let model = fit(x.view(), &golden.y, &golden.weights, 3);
        for (found, expected) in model.probabilities(x.view()).iter().zip(golden.probabilities.concat()) {
            assert!((found - expected).abs() < 2e-4, "{found} {expected}");
        }
    }

    #[test]
    fn one_class_is_certain() {
        let model = fit(array![[0.0_f32], [1.0]].view(), &[0, 0], &[1.0, 1.0], 1);
        assert_eq!(model.probabilities(array![[7.0]].view()), array![[1.0]]);
    }
}
