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
use super::units::Unit;
use crate::data::ImageId;
use crate::linear_model::{LogisticRegression, Stop};

/// Folds of cross-validation.
const FOLDS: usize = 5;
/// Labelled rows that a model learns from at most, evenly spread; more make it slower and hardly better.
const MOST_ROWS: usize = 20_000;
/// Weight of the label of a named cluster beside one that a person gave to the very image.
pub(super) const NAMED_WEIGHT: f32 = 0.5;
/// When a fit is good enough; on features of even scale it is there long before so many steps.
const STOP: Stop = Stop { gradient: 3e-4, steps: 100 };

/// Neighbours that labels are propagated from.
const NEIGHBOURS: usize = 8;
/// Their share in the probabilities of an image.
const NEIGHBOUR_SHARE: f32 = 0.5;
/// Steps of propagation: how far along the graph a label reaches; every step halves it.
const STEPS: usize = 3;

/// Class probabilities of every image, from models that did not see its label. Shape `[n_images, n_classes]` each; without
/// classes there are no columns.
pub(super) struct Probabilities {
    /// Models of other images, those of its own cluster among them: what its label is held against.
    pub by_image: Array2<f32>,
    /// Models of other units ([`super::units`]): as little as is known of an image that nobody named yet.
    pub by_unit: Array2<f32>,
}

impl Probabilities {
    /// `x` is scaled as [`scaled`] does.
    pub fn of(
        x: ArrayView2<'_, f32>,
        ids: &[ImageId],
        known: &KnownLabels,
        units: &[Unit],
        neighbourhoods: &Neighbourhoods,
    ) -> Self {
        if known.classes.is_empty() {
            let none = Array2::zeros((x.nrows(), 0));
            return Self { by_image: none.clone(), by_unit: none };
        }
        let labelled: Vec<(usize, usize)> = known.labelled().collect();
        let every = labelled.len().div_ceil(MOST_ROWS).max(1);
        let learned: Vec<(usize, usize)> = labelled.iter().copied().step_by(every).collect();
        let alone = fit(x, known, learned.iter().copied()).probabilities(x);
        let held_out = |fold: &[Option<usize>]| {
            let mut probabilities = alone.clone();
            hold_out(x, known, &learned, fold, &mut probabilities);
            propagate(&probabilities, known, neighbourhoods)
        };
        Self { by_image: held_out(&folds(ids, known)), by_unit: held_out(&folds_of_units(units, ids.len())) }
    }
}

/// The regression on `rows` and their classes.
fn fit(x: ArrayView2<'_, f32>, known: &KnownLabels, rows: impl Iterator<Item = (usize, usize)>) -> LogisticRegression {
    let (rows, classes): (Vec<usize>, Vec<usize>) = rows.unzip();
    let mut targets = Array2::<f32>::zeros((rows.len(), known.classes.len()));
    for ((mut target, &row), &class) in targets.rows_mut().into_iter().zip(&rows).zip(&classes) {
        target[class] = if known.by_hand[row] { 1.0 } else { NAMED_WEIGHT };
    }
    let l2 = 1.0 / f64::from(targets.sum().max(1.0));
    LogisticRegression::fit(x.select(Axis(0), &rows).view(), targets.view(), l2, STOP)
}

/// Replaces the `probabilities` of labelled rows by those of models that `learned` from the other folds.
fn hold_out(
    x: ArrayView2<'_, f32>,
    known: &KnownLabels,
    learned: &[(usize, usize)],
    fold: &[Option<usize>],
    probabilities: &mut Array2<f32>,
) {
    let answers: Vec<(Vec<usize>, Array2<f32>)> = (0..FOLDS)
        .into_par_iter()
        .map(|out| {
            let others = || learned.iter().copied().filter(|(row, _)| fold[*row] != Some(out));
            let shown: BTreeSet<usize> = others().map(|(_, class)| class).collect();
            // A class that only this fold shows is unknown to the model of the others: theirs would say nothing.
            let rows: Vec<usize> = known
                .labelled()
                .filter(|(row, class)| fold[*row] == Some(out) && shown.contains(class))
                .map(|(row, _)| row)
                .collect();
            let answers = if rows.is_empty() {
                Array2::zeros((0, known.classes.len()))
            } else {
                fit(x, known, others()).probabilities(x.select(Axis(0), &rows).view())
            };
            (rows, answers)
        })
        .collect();
    for (rows, answers) in answers {
        for (row, answer) in rows.into_iter().zip(answers.rows()) {
            probabilities.row_mut(row).assign(&answer);
        }
    }
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

/// The fold of each labelled row: units, which are in the order of their classes, are dealt one by one.
fn folds_of_units(units: &[Unit], n_images: usize) -> Vec<Option<usize>> {
    let mut fold = vec![None; n_images];
    for (number, unit) in units.iter().enumerate() {
        for &row in &unit.rows {
            fold[row] = Some(number % FOLDS);
        }
    }
    fold
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
