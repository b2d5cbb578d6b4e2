//! Labelled features to learn from, checked before they are.

use std::collections::BTreeSet;

use ndarray::ArrayView2;

use super::{Split, TrainError};
use crate::data::{ClassId, ImageId};

/// Labelled images as numbers: row `i` of everything belongs to the same image.
#[derive(Debug, Clone, Copy)]
pub struct TrainingSet<'a> {
    /// Content ids; equal ones must be in the same part of the split.
    pub ids: &'a [ImageId],
    /// Features, `[n_images, n_features]`, finite.
    pub x: ArrayView2<'a, f32>,
    /// Class of each image, a position in `classes`.
    pub y: &'a [ClassId],
    /// Class names; the classifier answers in this order.
    pub classes: &'a [String],
    /// Label weights, 0 or more; only ratios count. `None`: all weigh the same.
    pub weights: Option<&'a [f32]>,
}

impl TrainingSet<'_> {
    /// Checks the assumptions of training: lengths agree, numbers are usable, two classes are shown, the split does not
    /// leak.
    pub(super) fn check(&self, split: &Split) -> Result<(), TrainError> {
        let (ids, rows, labels) = (self.ids.len(), self.x.nrows(), self.y.len());
        let weights = self.weights.map_or(ids, <[f32]>::len);
        if rows != ids || labels != ids || weights != ids {
            return Err(TrainError::Rows { ids, rows, labels, weights });
        }
        let refuse = |row: Option<usize>, what| row.map_or(Ok(()), |row| Err(TrainError::Row { row, what }));
        let parts = [&split.train, &split.validation, &split.test];
        refuse(
            parts.into_iter().flatten().copied().find(|&row| row >= ids),
            "the split names it, the data ends before",
        )?;
        refuse(self.y.iter().position(|class| class.0 >= self.classes.len()), "its class has no name")?;
        refuse(
            self.x.rows().into_iter().position(|row| row.iter().any(|x| !x.is_finite())),
            "a feature is not finite",
        )?;
        if let Some(weights) = self.weights {
            let bad = |weight: &f32| !weight.is_finite() || *weight < 0.0;
            refuse(weights.iter().position(bad), "its weight is not a number of at least 0")?;
        }
        let shown: BTreeSet<_> = split
            .train
            .iter()
            .filter(|&&row| self.weights.is_none_or(|weights| weights[row] > 0.0))
            .map(|&row| self.y[row])
            .collect();
        if shown.len() < 2 {
            return Err(TrainError::TooFewClasses { found: shown.len(), named: self.classes.len() });
        }
        match split.shared_images(self.ids).len() {
            0 => Ok(()),
            shared => Err(TrainError::Overlap(shared)),
        }
    }
}
