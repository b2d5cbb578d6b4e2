//! Evaluation of a checkpoint on labelled images: measured, written, summed up.

use std::collections::BTreeSet;

use ndarray::ArrayView2;

use super::heading::{facts, settings};
use super::{EvaluateFindings, EvaluateOptions, SEED, series};
use crate::commands::CommandError;
use crate::data::{ImageId, ImageRecord, Labels};
use crate::evaluation::{
    Evaluation, LabelledImage, LabelledPredictions, NovelClass, NovelImages, Predictions, Rejection, divide_by_truth,
};
use crate::progress::{Observer, Stage, Warning};
use crate::runs::{Checkpoint, RunDir};
use crate::training::TrainingNeighbours;
use crate::workflow::Context;
use crate::workflow::evaluation_report::{EvaluationReport, GradCamExplainer};
use crate::workflow::feature_extraction::ExtractedFeatures;
use crate::workflow::labelled_images::LabelledImages;

/// Everything measured of a checkpoint.
pub(super) struct CheckpointEvaluation<'a> {
    checkpoint: &'a Checkpoint,
    /// Predictions for all images.
    predictions: Predictions,
    /// Those for images of the checkpoint's classes.
    labelled: LabelledPredictions<'a>,
    novel: NovelImages,
    novel_classes: Vec<NovelClass>,
    evaluation: Evaluation,
    rejection: Option<Rejection>,
    /// Judged images that the checkpoint learned from.
    learned: usize,
}

impl<'a> CheckpointEvaluation<'a> {
    /// Predicts the class of every image and measures against the `truth`.
    pub fn of(
        checkpoint: &'a Checkpoint,
        truth: &Labels,
        extracted: &ExtractedFeatures,
        observer: &dyn Observer,
    ) -> Result<Self, CommandError> {
        let (bundle, manifest) = (&checkpoint.bundle, &extracted.manifest);
        let predictions = predict(checkpoint, extracted.embeddings.values())?;
        let image = |record: &ImageRecord| LabelledImage {
            id: record.id,
            file: manifest.file(record),
            fields: record.fields.clone(),
        };
        let images = manifest.records.iter().map(image).collect();
        let names: Vec<_> = manifest.records.iter().map(|record| truth.name(record.id)).collect();
        let (labelled, novel) =
            divide_by_truth(&bundle.classes, images, &names, extracted.embeddings.values(), &predictions);
        let _stage = observer.stage(Stage::Evaluate, 0);
        let evaluation = Evaluation::of(&labelled, bundle.calibration.temperature, SEED);
        let rule = bundle.reject.as_ref().filter(|_| !predictions.recognitions.is_empty());
        let rejection = rule.map(|rule| Rejection::of(rule, &labelled, &novel));
        let novel_classes = novel.by_class(&bundle.classes);
        let learned = learned(&labelled, checkpoint);
        Ok(Self { checkpoint, predictions, labelled, novel, novel_classes, evaluation, rejection, learned })
    }

    /// Fails where nothing could be judged, and warns where the answer is too good.
    pub fn check(&self, options: &EvaluateOptions, observer: &dyn Observer) -> Result<(), CommandError> {
        let images = self.labelled.images.len();
        if images == 0 && self.novel.images.is_empty() {
            return Err(CommandError::failed(
                format!("none of the images has a true class: `{}`", options.images.display()),
                "give --truth with a table whose paths or file names are those of the images",
            ));
        }
        if self.learned > 0 {
            observer.warn(&Warning::EvaluatedOnTraining { learned: self.learned, images });
        }
        Ok(())
    }

    /// Fills the run folder with tables, plots and the page.
    pub fn report(
        &self,
        folder: &RunDir,
        options: &EvaluateOptions,
        extracted: &ExtractedFeatures,
        n_skipped: usize,
        context: &Context<'_>,
    ) -> Result<(), CommandError> {
        let bundle = &self.checkpoint.bundle;
        let report = EvaluationReport {
            run: folder,
            title: format!("rails evaluate: {}", options.name.as_ref().unwrap_or(&bundle.name)),
            part: "given",
            labelled: &self.labelled,
            novel: &self.novel,
            novel_classes: &self.novel_classes,
            evaluation: &self.evaluation,
            rejection: self.rejection.as_ref(),
            depth: bundle.features.depth,
            explainer: GradCamExplainer::of(&self.checkpoint.classifier, &bundle.features, context)?,
            facts: facts(self.checkpoint, &self.labelled, self.learned, n_skipped),
            first: series::section(folder, extracted, bundle, &self.predictions, context)?.into_iter().collect(),
            more: Vec::new(),
            settings: settings(options, self.checkpoint),
        };
        Ok(report.write(context.observer)?)
    }

    /// Findings for the summary.
    pub fn findings(self, truth: &LabelledImages) -> EvaluateFindings {
        EvaluateFindings {
            checkpoint: self.checkpoint.folder.clone(),
            n_images: self.labelled.images.len(),
            learned: self.learned,
            accuracy_with_unknown_classes: self.evaluation.accuracy_with_novel(self.novel.images.len()),
            evaluation: self.evaluation,
            unknown_classes: self.novel_classes,
            rejection: self.rejection,
            unlabelled: truth.unlabelled,
            conflicts: truth.conflicts.clone(),
            n_skipped: truth.skipped.len(),
        }
    }
}

/// Predictions of the checkpoint for each row of `x`, shape `[n, n_features]`.
fn predict(checkpoint: &Checkpoint, x: ArrayView2<'_, f32>) -> Result<Predictions, CommandError> {
    let uncalibrated = checkpoint.classifier.probabilities(x)?;
    let probabilities = checkpoint.probabilities(x)?;
    let mut found = Predictions { uncalibrated, probabilities, recognitions: Vec::new() };
    found.recognitions = checkpoint.recognise(x, &found.confidences())?.unwrap_or_default();
    Ok(found)
}

/// Number of images that the checkpoint learned from, as far as it remembers them.
fn learned(labelled: &LabelledPredictions<'_>, checkpoint: &Checkpoint) -> usize {
    let references = checkpoint.neighbours.iter().flat_map(TrainingNeighbours::references);
    let known: BTreeSet<ImageId> = references.map(|reference| reference.id).collect();
    labelled.images.iter().filter(|image| known.contains(&image.id)).count()
}
