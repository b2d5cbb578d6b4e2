//! Training data: labelled images of all sources as features, divided into training, validation and test images.

use std::collections::BTreeSet;

use crate::commands::CommandError;
use crate::data::ClassId;
use crate::evaluation::LabelledImage;
use crate::progress::{SplitWarning, Warning};
use crate::recipes::TrainRecipe;
use crate::training::{Disjointness, Divisible, Part, Split, TrainingSet};
use crate::workflow::feature_table::{FeatureTable, embed};
use crate::workflow::labelled_images::{LabelSources, LabelledImages, gather};
use crate::workflow::split_constraints::SplitConstraints;
use crate::workflow::{Context, Run};

/// Labelled images of all sources; slices have one entry per row of `features`.
pub(super) struct TrainingData {
    pub labelled: LabelledImages,
    pub features: FeatureTable,
    /// True classes.
    pub y: Vec<ClassId>,
    /// Weight of each label.
    pub weights: Vec<f32>,
    pub split: Split,
    /// The proof that its parts share nothing.
    pub disjointness: Disjointness,
    constraints: SplitConstraints,
}

impl TrainingData {
    /// Gathers the labelled images, extracts their features and divides them.
    pub fn prepare(
        recipe: &TrainRecipe,
        sources: &LabelSources,
        run: &mut Run<'_>,
        context: &Context<'_>,
    ) -> Result<Self, CommandError> {
        let labelled = gather(sources, &recipe.dataset, context)?;
        run.lap("scan");
        let chain = labelled.chain(recipe.features.as_ref())?;
        if let (Some(_), Some(chain)) = (&recipe.finetune, chain) {
            // The features of the curated runs are known only now; those of the recipe were looked at when it was read.
            chain.recipe.network_to_train().map_err(CommandError::usage)?;
        }
        let features = embed(&labelled, chain, recipe, context)?;
        run.lap("embed");
        let y: Vec<ClassId> = features.ids.iter().filter_map(|id| labelled.labels.get(*id)).collect();
        let weights = features.ids.iter().map(|id| labelled.weights[id]).collect();
        let constraints = SplitConstraints::of(&features, &recipe.split, context.observer)?;
        let divisible = constraints.divisible(&features.ids, &y, labelled.labels.classes());
        let given: Vec<Option<Part>> =
            features.ids.iter().map(|id| labelled.parts.get(id).and_then(|parts| parts.first().copied())).collect();
        let (split, mut warnings) = Split::around(&given, &divisible, &recipe.split, recipe.seed);
        require_training_images(&split, &y, labelled.labels.classes(), &given)?;
        let copies = labelled.parts.values().filter(|parts| parts.len() > 1).count();
        if copies > 0 {
            warnings.push(SplitWarning::CopiesAcrossParts { images: copies });
        }
        let disjointness = constraints.disjointness(&split, &divisible, &features);
        for warning in &warnings {
            context.observer.warn(&Warning::Split(warning.clone()));
        }
        for conflict in &labelled.conflicts {
            context.observer.warn(&Warning::LabelsConflict { conflict: conflict.clone() });
        }
        Ok(Self { labelled, features, y, weights, split, disjointness, constraints })
    }

    pub fn classes(&self) -> &[String] {
        self.labelled.labels.classes()
    }

    /// Labelled images of each class.
    pub fn class_counts(&self) -> Vec<(String, usize)> {
        let mut counts = vec![0; self.classes().len()];
        for class in &self.y {
            counts[class.0] += 1;
        }
        self.classes().iter().cloned().zip(counts).collect()
    }

    pub fn set(&self) -> TrainingSet<'_> {
        TrainingSet {
            ids: &self.features.ids,
            x: self.features.x.view(),
            y: &self.y,
            classes: self.classes(),
            weights: Some(&self.weights),
        }
    }

    pub fn divisible(&self) -> Divisible<'_> {
        self.constraints.divisible(&self.features.ids, &self.y, self.classes())
    }

    /// The image of a row.
    pub fn image(&self, row: usize) -> LabelledImage {
        let FeatureTable { ids, files, manifest, .. } = &self.features;
        LabelledImage { id: ids[row], file: files[row].clone(), fields: manifest.records[row].fields.clone() }
    }

    /// Changes with any image or label.
    pub fn fingerprint(&self) -> String {
        let mut hasher = blake3::Hasher::new();
        hasher.update(self.features.manifest.fingerprint().as_bytes());
        for class in &self.y {
            hasher.update(self.classes()[class.0].as_bytes()).update(b"\n");
        }
        hasher.finalize().to_hex()[..32].to_owned()
    }
}

/// A class that folders keep for judging alone cannot be learned.
fn require_training_images(
    split: &Split,
    y: &[ClassId],
    classes: &[String],
    given: &[Option<Part>],
) -> Result<(), CommandError> {
    if given.iter().all(Option::is_none) {
        return Ok(());
    }
    let learned: BTreeSet<usize> = split.train.iter().map(|&row| y[row].0).collect();
    let lacking: Vec<String> = (0..classes.len())
        .filter(|class| !learned.contains(class))
        .map(|class| format!("`{}`", classes[class]))
        .collect();
    if lacking.is_empty() {
        return Ok(());
    }
    Err(CommandError::failed(
        format!(
            "no image to learn from is of class {}: they are in other parts of the split alone",
            lacking.join(", ")
        ),
        "all parts must have the same class folders: see how they are spelt",
    ))
}
