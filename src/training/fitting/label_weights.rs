//! Label weights: how much each image counts, by the weight of its label, its class, and how far the other images
//! agree.

use std::num::NonZeroUsize;

use ndarray::{ArrayView2, Axis};
use rayon::prelude::*;

use super::class_weights::ClassWeights;
use super::loss::targets;
use crate::data::nonzero;
use crate::linear_model::{LogisticRegression, Stop};
use crate::training::split::{Divisible, Folds, Split};
use crate::training::{TrainError, TrainingSet};

/// Folds of the out-of-fold predictions.
const FOLDS: NonZeroUsize = nonzero::<5>();
/// Penalty of the classifier behind them, as a share of the images' mean squared length: so high that none sways it.
const L2: f64 = 1e-3;
/// When it is sure enough; with this penalty it is there soon.
const STOP: Stop = Stop { gradient: 1e-4, steps: 200 };

/// The weight of each image, 1 on average in the training part and in the validation part of `split`.
///
/// `x` is `[n_images, n_features]` as the classifier sees it. With `doubt` above 0 a label counts as much as a
/// classifier that never saw it agrees: its probability over that of the likeliest class, to the power of `doubt`.
///
/// Out-of-fold predictions of labels: Northcutt et al., "Confident learning: Estimating uncertainty in dataset labels",
/// JAIR 2021.
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
) -> Result<Vec<f32>, TrainError> {
    let mut weights = data.weights.map_or_else(|| vec![1.0; data.ids.len()], <[f32]>::to_vec);
    if doubt > 0.0 {
        for (row, agreement) in agreements(x, data, &weights, split, seed) {
            weights[row] *= agreement.powf(doubt) as f32;
        }
    }
    let factors = class_weights.factors(data.classes, data.y, &weights, &split.train)?;
    for (weight, class) in weights.iter_mut().zip(data.y) {
        *weight = (f64::from(*weight) * factors[class.0]) as f32;
    }
    normalise(&mut weights, &split.train);
    normalise(&mut weights, &split.validation);
    Ok(weights)
}

/// Rows of the training and the validation part and how far the other images agree with their labels, in `0.0..=1.0`;
/// rows that nothing is known about are left out.
fn agreements(
    x: ArrayView2<'_, f32>,
    data: &TrainingSet<'_>,
    weights: &[f32],
    split: &Split,
    seed: u64,
) -> Vec<(usize, f64)> {
    let (ids, classes): (Vec<_>, Vec<_>) = split.train.iter().map(|&row| (data.ids[row], data.y[row])).unzip();
    let divisible = Divisible { ids: &ids, classes: &classes, names: data.classes, groups: None, near: None };
    // Too few images to divide are too few to doubt any.
    let Ok((folds, _)) = Folds::of(&divisible, FOLDS, seed) else { return Vec::new() };
    let targets = targets(data.y, weights, data.classes.len(), 0.0);
    let squares =
        split.train.iter().flat_map(|&row| x.index_axis_move(Axis(0), row)).map(|&value| f64::from(value).powi(2));
    let l2 = (L2 * squares.sum::<f64>() / split.train.len() as f64).max(f64::MIN_POSITIVE);
    let compare = |learned: &[usize], held_out: &[usize]| -> Vec<(usize, f64)> {
        let (features, shares) = (x.select(Axis(0), learned), targets.select(Axis(0), learned));
        let shown = shares.sum_axis(Axis(0));
        let model = LogisticRegression::fit(features.view(), shares.view(), l2, STOP);
        let p = model.probabilities(x.select(Axis(0), held_out).view());
        let agreement = |(&row, p): (&usize, ndarray::ArrayView1<'_, f32>)| {
            let class = data.y[row].0;
            let likeliest = p.fold(f32::MIN_POSITIVE, |most, &p| most.max(p));
            (shown[class] > 0.0).then(|| (row, f64::from(p[class] / likeliest)))
        };
        held_out.iter().zip(p.rows()).filter_map(agreement).collect()
    };
    let of_fold = |fold: usize| {
        let rows = split.train.iter().zip(folds.of_rows());
        let (held_out, learned): (Vec<_>, Vec<_>) = rows.partition(|(_, other)| **other == fold);
        let rows = |pairs: Vec<(&usize, &usize)>| pairs.into_iter().map(|(&row, _)| row).collect::<Vec<usize>>();
        compare(&rows(learned), &rows(held_out))
    };
    let mut agreements: Vec<(usize, f64)> = (0..folds.k()).into_par_iter().flat_map_iter(of_fold).collect();
    agreements.extend(compare(&split.train, &split.validation));
    agreements
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
