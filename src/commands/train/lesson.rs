//! What a classifier learns from: labelled images as numbers, divided.

use crate::commands::CommandError;
use crate::data::ClassId;
use crate::progress::Warning;
use crate::runs::TrainRecipe;
use crate::training::{Disjointness, Divisible, Split, TrainingSet};
use crate::workflow::feature_table::{FeatureTable, embed};
use crate::workflow::labelled_images::{LabelSources, LabelledImages, gather};
use crate::workflow::split_constraints::SplitConstraints;
use crate::workflow::{Context, Run};

/// Labelled images of all sources; slices have one entry per row of `numbers`.
pub(super) struct Lesson {
    pub labelled: LabelledImages,
    pub numbers: FeatureTable,
    pub y: Vec<ClassId>,
    /// How far each label is trusted.
    pub weights: Vec<f32>,
    pub split: Split,
    /// The proof that its parts share nothing.
    pub disjointness: Disjointness,
    dividing: SplitConstraints,
}

impl Lesson {
    /// Gathers, embeds and divides.
    pub fn prepare(
        recipe: &TrainRecipe,
        sources: &LabelSources,
        run: &mut Run<'_>,
        context: &Context<'_>,
    ) -> Result<Self, CommandError> {
        let mut labelled = gather(sources, recipe, context)?;
        run.lap("scan");
        let numbers = embed(&mut labelled, recipe, context)?;
        run.lap("embed");
        let y: Vec<ClassId> = numbers.ids.iter().filter_map(|id| labelled.labels.get(*id)).collect();
        let weights = numbers.ids.iter().map(|id| labelled.weights[id]).collect();
        let dividing =
            SplitConstraints::of(&numbers.manifest.records, numbers.x.view(), &recipe.split, context.observer)?;
        let divisible = dividing.divisible(&numbers.ids, &y, labelled.labels.classes());
        let (split, warnings) = Split::of(&divisible, &recipe.split, recipe.seed);
        let disjointness = split.disjointness(&divisible, numbers.x.view());
        for warning in &warnings {
            context.observer.warn(&Warning::Split(warning.clone()));
        }
        for conflict in &labelled.conflicts {
            context.observer.warn(&Warning::LabelsConflict { conflict: conflict.clone() });
        }
        Ok(Self { labelled, numbers, y, weights, split, disjointness, dividing })
    }

    pub fn classes(&self) -> &[String] {
        self.labelled.labels.classes()
    }

    pub fn set(&self) -> TrainingSet<'_> {
        TrainingSet {
            ids: &self.numbers.ids,
            x: self.numbers.x.view(),
            y: &self.y,
            classes: self.classes(),
            weights: Some(&self.weights),
        }
    }

    pub fn divisible(&self) -> Divisible<'_> {
        self.dividing.divisible(&self.numbers.ids, &self.y, self.classes())
    }

    /// Changes with any image or label.
    pub fn fingerprint(&self) -> String {
        let mut hasher = blake3::Hasher::new();
        hasher.update(self.numbers.manifest.fingerprint().as_bytes());
        for class in &self.y {
            hasher.update(self.classes()[class.0].as_bytes()).update(b"\n");
        }
        hasher.finalize().to_hex()[..32].to_owned()
    }
}
