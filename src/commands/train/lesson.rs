//! What a classifier learns from: labelled images as numbers, divided.

use std::path::{Path, PathBuf};

use super::numbers::{Numbers, embed};
use crate::commands::dividing::Dividing;
use crate::commands::gather::{Gathered, gather};
use crate::commands::{CommandError, Workspace};
use crate::data::ClassId;
use crate::device::Device;
use crate::progress::{Observer, Warning};
use crate::runs::{Timings, TrainRecipe};
use crate::training::{Disjointness, Divisible, Split, TrainingSet};

/// Labelled images of all sources; slices have one entry per row of `numbers`.
pub(super) struct Lesson {
    pub gathered: Gathered,
    pub numbers: Numbers,
    pub y: Vec<ClassId>,
    /// How far each label is trusted.
    pub weights: Vec<f32>,
    pub split: Split,
    /// The proof that its parts share nothing.
    pub disjointness: Disjointness,
    dividing: Dividing,
}

impl Lesson {
    /// Gathers, embeds and divides.
    pub fn prepare(
        recipe: &TrainRecipe,
        (labelled, images): (&[PathBuf], Option<&Path>),
        device: Device,
        workspace: &Workspace,
        timings: &mut Timings,
        observer: &dyn Observer,
    ) -> Result<Self, CommandError> {
        let mut gathered = gather(labelled, images, recipe, workspace, observer)?;
        timings.lap("scan");
        let numbers = embed(&mut gathered, recipe, device, workspace, observer)?;
        timings.lap("embed");
        let y: Vec<ClassId> = numbers.ids.iter().filter_map(|id| gathered.labels.get(*id)).collect();
        let weights = numbers.ids.iter().map(|id| gathered.weights[id]).collect();
        let dividing = Dividing::of(&numbers.manifest.records, numbers.x.view(), &recipe.split, observer)?;
        let divisible = dividing.divisible(&numbers.ids, &y, gathered.labels.classes());
        let (split, warnings) = Split::of(&divisible, &recipe.split, recipe.seed);
        let disjointness = split.disjointness(&divisible, numbers.x.view());
        for warning in &warnings {
            observer.warn(&Warning::Split(warning.clone()));
        }
        for conflict in &gathered.conflicts {
            observer.warn(&Warning::LabelsConflict { conflict: conflict.clone() });
        }
        Ok(Self { gathered, numbers, y, weights, split, disjointness, dividing })
    }

    pub fn classes(&self) -> &[String] {
        self.gathered.labels.classes()
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
