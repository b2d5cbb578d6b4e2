//! Generalised cross-entropy: the loss of an image. One family, `(1 − pᵠ) / q` of the probability `p` given to the
//! label, has cross-entropy as its limit at `q = 0` and the mean absolute error at `q = 1`. The larger `q`, the less a
//! label that contradicts everything else is believed.
//!
//! Reference: Zhang and Sabuncu, "Generalized cross entropy loss for training deep neural networks with noisy labels",
//! NeurIPS 2018. Label smoothing: Szegedy et al., "Rethinking the Inception architecture", CVPR 2016.

use burn::tensor::Tensor;
use burn::tensor::activation::log_softmax;
use burn::tensor::backend::Backend;
use ndarray::{Array2, ArrayView1};

use crate::data::ClassId;

/// Shares of each image among the classes times what the image counts, `[n_images, n_classes]`.
///
/// `smoothing` of each label is spread over all classes alike.
pub fn targets(y: &[ClassId], weights: &[f32], n_classes: usize, smoothing: f64) -> Array2<f32> {
    let spread = smoothing / n_classes as f64;
    Array2::from_shape_fn((y.len(), n_classes), |(row, class)| {
        let share = if y[row].0 == class { 1.0 - smoothing + spread } else { spread };
        (f64::from(weights[row]) * share) as f32
    })
}

/// Loss of each image, `[batch]`, for `logits` and `targets` of shape `[batch, n_classes]`.
pub fn losses<B: Backend>(logits: Tensor<B, 2>, targets: Tensor<B, 2>, q: f64) -> Tensor<B, 1> {
    let log_p = log_softmax(logits, 1);
    let punished = if q == 0.0 { log_p.neg() } else { log_p.mul_scalar(q).exp().neg().add_scalar(1.0).div_scalar(q) };
    punished.mul(targets).sum_dim(1).squeeze_dim::<1>(1)
}

/// Loss of one image of class `y` for its `logits`, `[n_classes]`; NaN where they are.
pub fn loss(logits: ArrayView1<'_, f32>, y: ClassId, q: f64) -> f64 {
    let highest = logits.fold(f32::NEG_INFINITY, |highest, &logit| highest.max(logit));
    let sum: f64 = logits.iter().map(|&logit| f64::from(logit - highest).exp()).sum();
    from_log_probability(f64::from(logits[y.0] - highest) - sum.ln(), q)
}

/// Loss of guessing among `n_classes` alike: whoever does not get below it has learned nothing.
pub fn of_guessing(n_classes: usize, q: f64) -> f64 {
    from_log_probability(-(n_classes as f64).ln(), q)
}

/// Whether a mean `loss` is so far above that of guessing, tenfold, or NaN, that the weights behind it are astray.
pub fn is_astray(loss: f64, n_classes: usize, q: f64) -> bool {
    loss.is_nan() || loss > 10.0 * of_guessing(n_classes, q)
}

fn from_log_probability(log_p: f64, q: f64) -> f64 {
    if q == 0.0 { -log_p } else { -(q * log_p).exp_m1() / q }
}

#[cfg(test)]
mod tests {
    use burn::backend::Flex;
    use burn::backend::flex::FlexDevice;
    use burn::tensor::TensorData;
    use serde::Deserialize;

    use super::*;

    /// torch's answers, from tests/golden/losses.py.
    #[derive(Deserialize)]
    struct Golden {
        logits: Vec<Vec<f32>>,
        y: Vec<ClassId>,
        weights: Vec<f32>,
        smoothing: f64,
        cases: Vec<Case>,
    }

    #[derive(Deserialize)]
    struct Case {
        q: f64,
        smoothed: Vec<f64>,
        plain: Vec<f64>,
    }

    #[test]
    fn losses_are_those_of_torch() {
        let golden: Golden = serde_json::from_str(include_str!("../../../tests/golden/losses.json")).unwrap();
        let (n, c) = (golden.logits.len(), golden.logits[0].len());
        let tensor = |values: Vec<f32>| Tensor::<Flex, 2>::from_data(TensorData::new(values, [n, c]), &FlexDevice);
        let logits = Array2::from_shape_vec((n, c), golden.logits.concat()).unwrap();
        let smoothed = targets(&golden.y, &golden.weights, c, golden.smoothing);
        for case in golden.cases {
            let ours = losses(tensor(golden.logits.concat()), tensor(smoothed.iter().copied().collect()), case.q);
            for (ours, theirs) in ours.into_data().to_vec::<f32>().unwrap().iter().zip(&case.smoothed) {
                assert!((f64::from(*ours) - theirs).abs() < 2e-5, "q {}: {ours} against {theirs}", case.q);
            }
            for ((row, y), theirs) in logits.rows().into_iter().zip(&golden.y).zip(&case.plain) {
                let ours = loss(row, *y, case.q);
                assert!((ours - theirs).abs() < 2e-6, "q {}: {ours} against {theirs}", case.q);
            }
        }
    }

    #[test]
    fn guessing_costs_the_logarithm_of_the_classes() {
        assert_eq!(of_guessing(5, 0.0), 5_f64.ln());
        assert!((of_guessing(5, 1.0) - 0.8).abs() < 1e-12);
        assert!((of_guessing(5, 1e-9) - 5_f64.ln()).abs() < 1e-6);
        assert!(loss(ndarray::aview1(&[f32::NAN, 0.0]), ClassId(0), 0.0).is_nan());
        assert!(is_astray(f64::NAN, 5, 0.0) && is_astray(17.0, 5, 0.0) && !is_astray(16.0, 5, 0.0));
    }
}
