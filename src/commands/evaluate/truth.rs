//! Which images are judged, and by which truth.

use std::borrow::Cow;
use std::collections::BTreeSet;

use ndarray::{Array2, Axis};

use super::EvaluateOptions;
use super::judged::{Judged, JudgedImage, Strangeness};
use super::strangers::Strangers;
use crate::commands::CommandError;
use crate::data::{ClassId, ImageId, Labels};
use crate::progress::Warning;
use crate::runs::{Checkpoint, DatasetRecipe, TrainRecipe};
use crate::training::TrainingNeighbours;
use crate::workflow::feature_extraction::ExtractedFeatures;
use crate::workflow::labelled_images::{LabelSources, LabelledImages, gather};
use crate::workflow::{Context, WorkflowError};

/// The images that have a true class.
pub(super) fn truth(options: &EvaluateOptions, context: &Context<'_>) -> Result<LabelledImages, CommandError> {
    let dataset = DatasetRecipe { naming: options.naming.clone(), ..DatasetRecipe::default() };
    let recipe = TrainRecipe { dataset, ..TrainRecipe::default() };
    if !options.images.is_dir() {
        return Err(CommandError::failed(
            format!("no such folder of images: `{}`", options.images.display()),
            "give the folder that holds the images",
        ));
    }
    let source = options.truth.as_ref().unwrap_or(&options.images);
    let sources = LabelSources { labelled: vec![source.clone()], images: Some(options.images.clone()) };
    let gathered = gather(&sources, &recipe, context);
    let gathered = gathered.map_err(|error| match (error, &options.truth) {
        (WorkflowError::Failed { message, .. }, None) => CommandError::failed(
            message,
            "say what the images show: --truth with a table of path and class, or one subfolder per class",
        ),
        (error, _) => error.into(),
    })?;
    if let Some(first) = gathered.conflicts.first() {
        context.observer.warn(&Warning::TruthConflicts { images: gathered.conflicts.len(), first: first.clone() });
    }
    Ok(gathered)
}

/// Images of the classifier's classes, and those of others.
pub(super) fn divide<'a>(
    done: &ExtractedFeatures,
    labels: &Labels,
    classes: &'a [String],
    [uncalibrated, probabilities]: [&Array2<f32>; 2],
    strangeness: &[Strangeness],
) -> (Judged<'a>, Strangers) {
    let (mut known, mut truth, mut images) = (Vec::new(), Vec::new(), Vec::new());
    let mut unknown = Vec::new();
    let mut strangers = Strangers::default();
    for (row, record) in done.manifest.records.iter().enumerate() {
        let Some(name) = labels.name(record.id) else { continue };
        let image = JudgedImage { id: record.id, file: done.manifest.file(record), fields: record.fields.clone() };
        if let Some(class) = classes.iter().position(|class| class == name) {
            known.push(row);
            truth.push(ClassId(class));
            images.push(image);
        } else {
            unknown.push(row);
            strangers.truth.push(name.to_owned());
            strangers.images.push(image);
        }
    }
    strangers.probabilities = probabilities.select(Axis(0), &unknown);
    let strangeness_of = |rows: &[usize]| rows.iter().filter_map(|&row| strangeness.get(row).copied()).collect();
    strangers.strangeness = strangeness_of(&unknown);
    let [uncalibrated, probabilities] = [uncalibrated, probabilities].map(|all| all.select(Axis(0), &known));
    let features = Cow::Owned(done.embeddings.values().select(Axis(0), &known));
    let strangeness = strangeness_of(&known);
    (Judged { classes, images, truth, features, uncalibrated, probabilities, strangeness }, strangers)
}

/// Judged images that the checkpoint learned from, as far as it remembers them.
pub(super) fn learned(judged: &Judged<'_>, checkpoint: &Checkpoint) -> usize {
    let references = checkpoint.neighbours.iter().flat_map(TrainingNeighbours::references);
    let known: BTreeSet<ImageId> = references.map(|reference| reference.id).collect();
    judged.images.iter().filter(|image| known.contains(&image.id)).count()
}
