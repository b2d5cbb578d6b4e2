//! What every image probably shows: class probabilities, for labelled images from models that never saw their label,
//! and half of them from the images around.
//!
//! The second half spreads over the neighbour graph (Zhou et al., "Learning with local and global consistency", NIPS
//! 2003): a linear model misses small groups that lie among others, and there the neighbours know better.

use std::collections::BTreeSet;

use ndarray::{Array2, ArrayView2, Axis};
use rayon::prelude::*;

use super::known::Known;
use super::surroundings::Surroundings;
use crate::data::ImageId;
use crate::linear_model::{LogisticRegression, Stop};

/// Parts of cross-validation.
const FOLDS: usize = 5;
/// Labelled rows that a model learns from at most, evenly spread; more make it slower and hardly better.
const MOST_ROWS: usize = 20_000;
/// What the label of a named cluster counts beside one that a person gave to the very image.
const NAMED: f32 = 0.5;
/// When a fit is good enough; on features of even scale it is there long before so many steps.
const STOP: Stop = Stop { gradient: 3e-4, steps: 100 };

/// Neighbours that have a say.
const NEIGHBOURS: usize = 8;
/// Their share in what an image is believed to show.
const SAY: f32 = 0.5;
/// How often neighbours are asked, and so how many steps a word travels; every step halves it.
const ROUNDS: usize = 3;

/// Class probabilities, shape `[n_images, n_classes]`; without classes it has no columns.
///
/// For a labelled row they come from a model fitted on the other folds. `x` is scaled as [`scaled`] does.
pub(super) fn beliefs(
    x: ArrayView2<'_, f32>,
    ids: &[ImageId],
    known: &Known,
    surroundings: &Surroundings,
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
                target[class] = if known.by_hand[row] { 1.0 } else { NAMED };
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
        // A class that only this fold shows is unknown to the model of the others: theirs would be no opinion.
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
    with_neighbours(&probabilities, known, surroundings)
}

/// What each row shows by itself and, for half, what its neighbours have heard by then. What a person said of a row is
/// certain to its neighbours and counts for nothing in its own belief.
fn with_neighbours(alone: &Array2<f32>, known: &Known, surroundings: &Surroundings) -> Array2<f32> {
    let mut said = alone.clone();
    for (row, class) in known.labelled().filter(|(row, _)| known.by_hand[*row]) {
        said.row_mut(row).fill(0.0);
        said[[row, class]] = 1.0;
    }
    let mut heard = said.clone();
    for _ in 1..ROUNDS {
        let mut next = ask(&said, &heard, known, surroundings);
        for row in (0..said.nrows()).filter(|&row| known.by_hand[row]) {
            next.row_mut(row).assign(&said.row(row));
        }
        heard = next;
    }
    ask(alone, &heard, known, surroundings)
}

/// Half of `own` and half of the mean of the neighbours in `heard`, row by row.
fn ask(own: &Array2<f32>, heard: &Array2<f32>, known: &Known, surroundings: &Surroundings) -> Array2<f32> {
    let mut told = own.clone();
    for (row, mut told) in told.rows_mut().into_iter().enumerate() {
        let near: Vec<usize> = surroundings.near(row).filter(|&other| !known.removed[other]).take(NEIGHBOURS).collect();
        if near.is_empty() {
            continue;
        }
        told *= 1.0 - SAY;
        for &other in &near {
            told.scaled_add(SAY / near.len() as f32, &heard.row(other));
        }
    }
    told
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
fn folds(ids: &[ImageId], known: &Known) -> Vec<Option<usize>> {
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
