//! Label weights: how much each image counts, by the weight of its label, its class, and how far the other images
//! agree.

use ndarray::ArrayView2;

use super::class_weights::ClassWeights;
use super::doubt::Doubt;
use crate::progress::Observer;
use crate::training::split::Split;
use crate::training::{TrainError, TrainingSet};

/// The weight of each image, 1 on average in the training part and in the validation part of `split`.
///
/// `x` is `[n_images, n_features]` as the classifier sees it. With `doubt` above 0 a label counts as much as the other
/// images agree with it, to the power of `doubt`, where that proves itself on the validation images.
///
/// # Errors
/// When class weights name what is no class.
pub fn label_weights(
    x: ArrayView2<'_, f32>,
    data: &TrainingSet<'_>,
    split: &Split,
    class_weights: &ClassWeights,
    doubt: f64,
    seed: u64,
    observer: &dyn Observer,
) -> Result<Vec<f32>, TrainError> {
    let mut weights = data.weights.map_or_else(|| vec![1.0; data.ids.len()], <[f32]>::to_vec);
    if doubt > 0.0 {
        let doubted = Doubt { x: x.view(), data, split, weights: &weights, seed }.weights(doubt, observer);
        weights = doubted;
    }
    let factors = class_weights.factors(data.classes, data.y, &weights, &split.train)?;
    for (weight, class) in weights.iter_mut().zip(data.y) {
        *weight = (f64::from(*weight) * factors[class.0]) as f32;
    }
    normalise(&mut weights, &split.train);
    normalise(&mut weights, &split.validation);
    Ok(weights)
}

/// Scales the weights of `rows` to a mean of 1; all 0 stays so.
pub fn normalise(weights: &mut [f32], rows: &[usize]) {
    let mean = rows.iter().map(|&row| f64::from(weights[row])).sum::<f64>() / rows.len().max(1) as f64;
    if mean > 0.0 {
        for &row in rows {
            weights[row] = (f64::from(weights[row]) / mean) as f32;
        }
    }
}
