//! The labelled images of a sweep, and their division into folds: the same for all recipes.

use std::borrow::Cow;
use std::num::NonZeroUsize;

use ndarray::ArrayView2;

use crate::commands::CommandError;
use crate::data::ClassId;
use crate::evaluation::{LabelledImage, LabelledPredictions, Predictions};
use crate::progress::Warning;
use crate::recipes::TrainRecipe;
use crate::training::{Disjointness, Folds, Split};
use crate::workflow::Context;
use crate::workflow::feature_table::FeatureTable;
use crate::workflow::labelled_images::LabelledImages;
use crate::workflow::split_constraints::SplitConstraints;

/// Classes and label weights of the images: one entry per row of the features.
pub(super) struct SweepImages<'a> {
    pub classes: &'a [String],
    pub y: Vec<ClassId>,
    pub weights: Vec<f32>,
}

impl<'a> SweepImages<'a> {
    pub fn of(labelled: &'a LabelledImages, table: &FeatureTable) -> Self {
        Self {
            classes: labelled.labels.classes(),
            y: table.ids.iter().filter_map(|id| labelled.labels.get(*id)).collect(),
            weights: table.ids.iter().map(|id| labelled.weights[id]).collect(),
        }
    }

    pub fn class_counts(&self) -> Vec<(String, usize)> {
        let mut counts = vec![0; self.classes.len()];
        for class in &self.y {
            counts[class.0] += 1;
        }
        self.classes.iter().cloned().zip(counts).collect()
    }

    /// All images as a recipe predicted them without having seen them; `probabilities` has shape
    /// `[n_images, n_classes]`.
    pub fn labelled(&self, table: &'a FeatureTable, probabilities: ArrayView2<'_, f32>) -> LabelledPredictions<'a> {
        let images = table.ids.iter().zip(&table.files).zip(&table.manifest.records);
        LabelledPredictions {
            classes: self.classes,
            images: images
                .map(|((id, file), record)| LabelledImage {
                    id: *id,
                    file: file.clone(),
                    fields: record.fields.clone(),
                })
                .collect(),
            truth: self.y.clone(),
            features: Cow::Borrowed(&table.x),
            predictions: Predictions {
                uncalibrated: probabilities.to_owned(),
                probabilities: probabilities.to_owned(),
                recognitions: Vec::new(),
            },
        }
    }
}

/// The images in folds, the same for all recipes.
pub(super) struct ImageFolds {
    pub folds: Folds,
    /// One per fold.
    pub splits: Vec<Split>,
    pub disjointness: Vec<Disjointness>,
    pub warnings: Vec<String>,
}

impl ImageFolds {
    pub fn of(
        recipe: &TrainRecipe,
        k: NonZeroUsize,
        images: &SweepImages<'_>,
        table: &FeatureTable,
        context: &Context<'_>,
    ) -> Result<Self, CommandError> {
        let constraints = SplitConstraints::of(table, &recipe.split, context.observer)?;
        let divisible = constraints.divisible(&table.ids, &images.y, images.classes);
        let seed = recipe.split.shares().seed.unwrap_or(recipe.seed);
        let (folds, warnings) = Folds::of(&divisible, k, seed)?;
        for warning in &warnings {
            context.observer.warn(&Warning::Split(warning.clone()));
        }
        let splits: Vec<Split> = (0..folds.k()).map(|fold| folds.split(fold, &recipe.split)).collect();
        let disjointness = splits.iter().map(|split| constraints.disjointness(split, &divisible, table)).collect();
        Ok(Self { folds, splits, disjointness, warnings: warnings.iter().map(ToString::to_string).collect() })
    }

    /// Images per fold.
    pub fn sizes(&self) -> Vec<usize> {
        let mut sizes = vec![0; self.folds.k()];
        for &fold in self.folds.of_rows() {
            sizes[fold] += 1;
        }
        sizes
    }
}
