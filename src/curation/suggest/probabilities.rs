//! Class probabilities by logistic regression and label propagation, half and half.
//!
//! Those of labelled images come out of fold, from models that never saw their label. The second half spreads over the
//! neighbour graph (Zhou et al., "Learning with local and global consistency", NIPS 2003): a linear model misses small
//! groups that lie among others, and there the neighbours know better.

use std::collections::BTreeSet;

use ndarray::{Array2, ArrayView2, Axis};
use rayon::prelude::*;

use super::known_labels::KnownLabels;
use super::neighbourhoods::Neighbourhoods;
use crate::data::ImageId;
use crate::linear_model::{LogisticRegression, Stop};

/// Folds of cross-validation.
const FOLDS: usize = 5;
/// Labelled rows that a model learns from at most, evenly spread; more make it slower and hardly better.
const MOST_ROWS: usize = 20_000;
/// Weight of the label of a named cluster beside one that a person gave to the very image.
const NAMED_WEIGHT: f32 = 0.5;
/// When a fit is good enough; on features of even scale it is there long before so many steps.
const STOP: Stop = Stop { gradient: 3e-4, steps: 100 };

/// Neighbours that labels are propagated from.
const NEIGHBOURS: usize = 8;
/// Their share in the probabilities of an image.
const NEIGHBOUR_SHARE: f32 = 0.5;
/// Steps of propagation: how far along the graph a label reaches; every step halves it.
const STEPS: usize = 3;

/// Class probabilities, shape `[n_images, n_classes]`; without classes it has no columns.
///
/// For a labelled row they come from a model fitted on the other folds. `x` is scaled as [`scaled`] does.
pub(super) fn probabilities(
    x: ArrayView2<'_, f32>,
    ids: &[ImageId],
    known: &KnownLabels,
    neighbourhoods: &Neighbourhoods,
) -> Array2<f32> {
    let n_classes = known.classes.len();
    if n_classes == 0 {
        return Array2::zeros((x.nrows(), 0));
    }
    let fold = folds(ids, known);
    let labelled: Vec<(usize, usize)> = known.labelled().collect();
    let every = labelled.len().div_ceil(MOST_ROWS).max(1);
    let learned: Vec<(usize, usize)> = labelled.iter().copied().step_by(every).collect();
    let models: Vec<LogisticRegression> = (0..=FOLDS)
        .into_par_iter()
        .map(|out| {
            let rows = learned.iter().filter(|(row, _)| fold[*row] != Some(out));
            let (rows, classes): (Vec<usize>, Vec<usize>) = rows.copied().unzip();
            let mut targets = Array2::<f32>::zeros((rows.len(), n_classes));
            for ((mut target, &row), &class) in targets.rows_mut().into_iter().zip(&rows).zip(&classes) {
                target[class] = if known.by_hand[row] { 1.0 } else { NAMED_WEIGHT };
            }
            let l2 = 1.0 / f64::from(targets.sum().max(1.0));
            LogisticRegression::fit(x.select(Axis(0), &rows).view(), targets.view(), l2, STOP)
        })
        .collect();
    let shown_without: Vec<BTreeSet<usize>> = (0..FOLDS)
        .map(|out| learned.iter().filter(|(row, _)| fold[*row] != Some(out)).map(|(_, class)| *class).collect())
        .collect();
    let mut probabilities = models[FOLDS].probabilities(x);
    for (out, (model, shown)) in models.iter().zip(&shown_without).enumerate() {
        // A class that only this fold shows is unknown to the model of the others: theirs would say nothing.
        let rows: Vec<usize> = labelled
            .iter()
            .filter(|(row, class)| fold[*row] == Some(out) && shown.contains(class))
            .map(|(row, _)| *row)
            .collect();
        let answers = model.probabilities(x.select(Axis(0), &rows).view());
        for (&row, answer) in rows.iter().zip(answers.rows()) {
            probabilities.row_mut(row).assign(&answer);
        }
    }
    propagate(&probabilities, known, neighbourhoods)
}

/// Label propagation: `alone`, the probabilities of each row by itself, and for half those of its neighbours after
/// [`STEPS`]. A label given by hand is certain to the neighbours of its row and counts for nothing in the row's own.
fn propagate(alone: &Array2<f32>, known: &KnownLabels, neighbourhoods: &Neighbourhoods) -> Array2<f32> {
    let mut clamped = alone.clone();
    for (row, class) in known.labelled().filter(|(row, _)| known.by_hand[*row]) {
        clamped.row_mut(row).fill(0.0);
        clamped[[row, class]] = 1.0;
    }
    let mut propagated = clamped.clone();
    for _ in 1..STEPS {
        let mut next = mixed_with_neighbours(&clamped, &propagated, known, neighbourhoods);
        for row in (0..clamped.nrows()).filter(|&row| known.by_hand[row]) {
            next.row_mut(row).assign(&clamped.row(row));
        }
        propagated = next;
    }
    mixed_with_neighbours(alone, &propagated, known, neighbourhoods)
}

/// Half of `own` and half of the mean of the neighbours in `propagated`, row by row.
fn mixed_with_neighbours(
    own: &Array2<f32>,
    propagated: &Array2<f32>,
    known: &KnownLabels,
    neighbourhoods: &Neighbourhoods,
) -> Array2<f32> {
    let mut mixed = own.clone();
    for (row, mut mixed) in mixed.rows_mut().into_iter().enumerate() {
        let near: Vec<usize> =
            neighbourhoods.near(row).filter(|&other| !known.removed[other]).take(NEIGHBOURS).collect();
        if near.is_empty() {
            continue;
        }
        mixed *= 1.0 - NEIGHBOUR_SHARE;
        for &other in &near {
            mixed.scaled_add(NEIGHBOUR_SHARE / near.len() as f32, &propagated.row(other));
        }
    }
    mixed
}

/// `x` shifted to mean 0 and scaled as a whole, so that a row's squared length is the number of features on average.
pub(super) fn scaled(mut x: Array2<f32>) -> Array2<f32> {
    let Some(mean) = x.mean_axis(Axis(0)) else { return x };
    x -= &mean;
    let squared: f64 = x.iter().map(|&value| f64::from(value) * f64::from(value)).sum();
    let scale = (x.len() as f64 / squared).sqrt();
    if scale.is_finite() {
        x.mapv_inplace(|value| (f64::from(value) * scale) as f32);
    }
    x
}

/// The fold of each labelled row: dealt class by class in the order of ids, so equal files share one.
fn folds(ids: &[ImageId], known: &KnownLabels) -> Vec<Option<usize>> {
    let mut order: Vec<(usize, ImageId, usize)> = known.labelled().map(|(row, class)| (class, ids[row], row)).collect();
    order.sort_unstable();
    let mut fold = vec![None; ids.len()];
    let mut dealt = 0;
    for (index, &(class, id, row)) in order.iter().enumerate() {
        if index > 0 && (order[index - 1].0, order[index - 1].1) != (class, id) {
            dealt += 1;
        }
        fold[row] = Some(dealt % FOLDS);
    }
    fold
}
