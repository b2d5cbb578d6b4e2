//! Held-out predictions: scores of images that were not learned from, for calibration and rejection.
//!
//! The validation images are few where labels are few, and a temperature chosen on forty of them is mostly chance. So
//! the recipe is run again on all but one part of the training and validation images, part by part, and every image is
//! classified by one that did not learn it (Stone, "Cross-Validatory Choice", 1974).

use std::collections::BTreeSet;

use ndarray::{Array2, ArrayView2, Axis, concatenate};

use super::calibration::HeldOutFrom;
use crate::data::ClassId;
use crate::training::neighbours::{Metric, OutlierScores, TrainingNeighbours};
use crate::training::{Classifier, ClassifierError, TrainingSet};

/// Predictions for images that were not learned from: row `i` of everything belongs to the same image.
#[derive(Debug, Clone, PartialEq)]
pub struct HeldOut {
    /// Which images these are.
    pub from: HeldOutFrom,
    /// Their classes.
    pub truth: Vec<ClassId>,
    /// Scores before softmax, `[n, n_classes]`.
    pub logits: Array2<f32>,
    /// How they lie among the images that were learned from.
    pub outlier_scores: Vec<OutlierScores>,
}

impl HeldOut {
    /// The predictions of `classifier` for `rows` of `data`, of which it learned none.
    ///
    /// # Errors
    /// When the features are not those of the classifier.
    pub fn validation(
        data: &TrainingSet<'_>,
        rows: &[usize],
        classifier: &Classifier,
        neighbours: &TrainingNeighbours,
    ) -> Result<Self, ClassifierError> {
        let x = data.x.select(Axis(0), rows);
        Ok(Self {
            from: HeldOutFrom::Validation,
            truth: rows.iter().map(|&row| data.y[row]).collect(),
            logits: classifier.logits(x.view())?,
            outlier_scores: neighbours.outlier_scores(x.view())?,
        })
    }

    /// No predictions, of a classifier of `n_classes`.
    #[must_use]
    pub fn none(n_classes: usize) -> Self {
        let logits = Array2::zeros((0, n_classes));
        Self { from: HeldOutFrom::Folds, truth: Vec::new(), logits, outlier_scores: Vec::new() }
    }

    /// The predictions for `rows` of `data`, fold by fold: `learn` is given the rows of the other folds and those of
    /// the fold, which may decide when to stop. `fold_of_row` has an entry for every row of `data`.
    ///
    /// A fold is left out where the others show fewer than two classes, an image where they do not show its class.
    ///
    /// # Errors
    /// As `learn`, and when features do not fit.
    pub fn by_folds<E: From<ClassifierError>>(
        data: &TrainingSet<'_>,
        rows: &[usize],
        fold_of_row: &[usize],
        seed: u64,
        mut learn: impl FnMut(&[usize], &[usize]) -> Result<Classifier, E>,
    ) -> Result<Self, E> {
        let folds: BTreeSet<usize> = rows.iter().map(|&row| fold_of_row[row]).collect();
        let mut all = Self::none(data.classes.len());
        let mut logits: Vec<Array2<f32>> = Vec::new();
        for fold in folds {
            let (held, learned): (Vec<usize>, Vec<usize>) = rows.iter().partition(|&&row| fold_of_row[row] == fold);
            let shown: BTreeSet<ClassId> = learned.iter().map(|&row| data.y[row]).collect();
            let held: Vec<usize> = held.into_iter().filter(|&row| shown.contains(&data.y[row])).collect();
            if shown.len() < 2 || held.is_empty() {
                continue;
            }
            let classifier = learn(&learned, &held)?;
            let neighbours = TrainingNeighbours::fit(data, |_| String::new(), &learned, None, Metric::Cosine, seed);
            let x = data.x.select(Axis(0), &held);
            all.truth.extend(held.iter().map(|&row| data.y[row]));
            logits.push(classifier.logits(x.view())?);
            all.outlier_scores.extend(neighbours.outlier_scores(x.view())?);
        }
        let views: Vec<ArrayView2<'_, f32>> = logits.iter().map(Array2::view).collect();
        if let Ok(logits) = concatenate(Axis(0), &views) {
            all.logits = logits;
        }
        Ok(all)
    }
}
