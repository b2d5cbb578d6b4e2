//! How good a classifier is on labelled images, in numbers, pictures and words.

mod heading;
mod series;
mod truth;

use std::path::PathBuf;

use ndarray::ArrayView2;
use serde::Serialize;
use serde_json::json;

use super::CommandError;
use crate::evaluation::{
    Evaluation, LabelledPredictions, NovelClass, NovelImages, Novelty, Predictions, Rejection, divide_by_truth,
};
use crate::images::NamingTemplate;
use crate::progress::{Observer, Stage, Warning};
use crate::runs::{Checkpoint, DatasetSummary, RunKind, newest_checkpoint};
use crate::workflow::evaluation_report::{EvaluationReport, GradCamExplainer, record_evaluation, record_rejection};
use crate::workflow::feature_extraction::FeatureExtraction;
use crate::workflow::{Context, Run, RunInputs, RunSummary};
use heading::{facts, settings};
use truth::{images, learned, truth};

/// Draws the resamples of intervals; results do not depend on anything else random.
const SEED: u64 = 0;

/// What to evaluate.
#[derive(Debug, Clone, Default)]
pub struct EvaluateOptions {
    /// The checkpoint folder; without it the newest.
    pub checkpoint: Option<PathBuf>,
    /// The folder of images.
    pub images: PathBuf,
    /// A table of true classes, or a curated run; without it the folders' names are the classes.
    pub truth: Option<PathBuf>,
    /// How file names are built, for the tables of their fields.
    pub naming: Option<NamingTemplate>,
    /// Where the results go; without it a new folder among the runs.
    pub output: Option<PathBuf>,
    /// Name of the run; without it the checkpoint's.
    pub name: Option<String>,
}

/// The outcome of `rails evaluate`.
pub type EvaluateSummary = RunSummary<EvaluateFindings>;

/// How a checkpoint fared on labelled images.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct EvaluateFindings {
    /// The checkpoint that was judged.
    pub checkpoint: PathBuf,
    /// Images that were judged.
    pub n_images: usize,
    /// Those of them that the checkpoint learned from; scores on them are too good.
    pub learned: usize,
    /// Everything measured of them.
    #[serde(flatten)]
    pub evaluation: Evaluation,
    /// Images of classes that the checkpoint does not know; they are in no score.
    pub unknown_classes: Vec<NovelClass>,
    /// Share of images called right where those of unknown classes count as errors, in `0.0..=1.0`.
    pub accuracy_with_unknown_classes: Option<f64>,
    /// When images are `unknown`, and how that fared; `None` where the checkpoint measures no novelty.
    pub rejection: Option<Rejection>,
    /// Images without a true class.
    pub unlabelled: usize,
    /// Images that the truth names with different classes; they were left out.
    pub conflicts: Vec<String>,
    /// Files that were left out.
    pub n_skipped: usize,
}

/// Judges a checkpoint by labelled images and writes a run folder.
///
/// # Errors
/// When the checkpoint cannot be used, or no image has a true class; a bad image is only skipped.
pub fn evaluate(options: &EvaluateOptions, context: &Context<'_>) -> Result<EvaluateSummary, CommandError> {
    let observer = context.observer;
    let checkpoint = Checkpoint::open(&match &options.checkpoint {
        Some(path) => path.clone(),
        None => newest_checkpoint(&context.workspace.checkpoints)?,
    })?;
    let bundle = &checkpoint.bundle;
    let name = options.name.clone().unwrap_or_else(|| bundle.name.clone());
    let recipe = json!({
        "checkpoint": checkpoint.folder, "images": options.images, "truth": options.truth, "naming": options.naming,
    });
    let mut run = Run::begin(RunKind::Evaluate, &name, SEED, &recipe, context);
    let mut labelled = truth(options, context)?;
    run.lap("scan");

    let manifest = labelled.manifests.pop().unwrap_or_default();
    if manifest.records.iter().any(|record| !bundle.features.depth.covers(record.bit_depth)) {
        observer.warn(&Warning::DepthUnknown);
    }
    let extraction = FeatureExtraction::as_before(&bundle.features, context)?;
    let known = manifest.skipped.len();
    let extracted = extraction.embed(&manifest, bundle.features.depth, context)?;
    labelled.skipped.extend(extracted.manifest.skipped.iter().skip(known).cloned());
    run.lap("embed");

    let x = extracted.embeddings.values();
    let all = predictions(&checkpoint, x)?;
    let names: Vec<_> = extracted.embeddings.ids().iter().map(|id| labelled.labels.name(*id)).collect();
    let (judged, novel) = divide_by_truth(&bundle.classes, images(&extracted), &names, x, &all);
    let learned = learned(&judged, &checkpoint);
    check(options, &judged, &novel, learned, observer)?;
    let stage = observer.stage(Stage::Evaluate, 0);
    let evaluation = Evaluation::of(&judged, bundle.calibration.temperature, SEED);
    let unknown_classes = novel.by_class(&bundle.classes);
    let rule = bundle.reject.as_ref().filter(|_| !all.novelty.is_empty());
    let rejection = rule.map(|rule| Rejection::of(rule, &judged, &novel));
    drop(stage);
    run.lap("evaluate");

    let folder = match &options.output {
        Some(folder) => Run::create_folder_at(folder)?,
        None => run.create_folder()?,
    };
    let report = EvaluationReport {
        run: &folder,
        title: format!("rails evaluate: {name}"),
        part: "given",
        labelled: &judged,
        novel: &novel,
        novel_classes: &unknown_classes,
        evaluation: &evaluation,
        rejection: rejection.as_ref(),
        depth: bundle.features.depth,
        explainer: GradCamExplainer::of(&checkpoint.classifier, &bundle.features, context.workspace)?,
        facts: facts(&checkpoint, &judged, learned, labelled.skipped.len()),
        first: Vec::from_iter(series::section(&folder, &extracted, bundle, &all, context)?),
        more: Vec::new(),
        settings: settings(options, &checkpoint),
    };
    report.write(observer)?;
    let dataset = DatasetSummary::of(&extracted.manifest);
    let skipped = labelled.skipped;
    let inputs = RunInputs { dataset: &dataset, skipped: &skipped, chain: &bundle.features, methods: Vec::new() };
    let findings = EvaluateFindings {
        n_images: judged.images.len(),
        learned,
        accuracy_with_unknown_classes: evaluation.accuracy_with_novel(novel.images.len()),
        evaluation,
        unknown_classes,
        rejection,
        unlabelled: labelled.unlabelled,
        conflicts: labelled.conflicts,
        n_skipped: skipped.len(),
        checkpoint: checkpoint.folder.clone(),
    };
    Ok(run.finish(folder, &inputs, findings, |found, results| {
        record_evaluation(&found.evaluation, results);
        if let Some(rejection) = &found.rejection {
            record_rejection(rejection, results);
        }
        results.set("learned", found.learned);
        results.set("unknown_classes", &found.unknown_classes);
        results.set("accuracy_with_unknown_classes", found.accuracy_with_unknown_classes);
    })?)
}

/// What the checkpoint says of each row of `x`, shape `[n, n_features]`.
fn predictions(checkpoint: &Checkpoint, x: ArrayView2<'_, f32>) -> Result<Predictions, CommandError> {
    let uncalibrated = checkpoint.classifier.probabilities(x)?;
    let probabilities = checkpoint.probabilities(x)?;
    let mut found = Predictions { uncalibrated, probabilities, novelty: Vec::new() };
    let scores = checkpoint.novelty(x, &found.confidences())?;
    if let Some((rule, scores)) = checkpoint.bundle.reject.as_ref().zip(scores) {
        found.novelty = Novelty::of_all(rule, scores);
    }
    Ok(found)
}

/// Fails where nothing can be judged, and warns where the answer is too good.
fn check(
    options: &EvaluateOptions,
    judged: &LabelledPredictions<'_>,
    novel: &NovelImages,
    learned: usize,
    observer: &dyn Observer,
) -> Result<(), CommandError> {
    if judged.images.is_empty() && novel.images.is_empty() {
        return Err(CommandError::failed(
            format!("none of the images has a true class: `{}`", options.images.display()),
            "give --truth with a table whose paths or file names are those of the images",
        ));
    }
    if learned > 0 {
        observer.warn(&Warning::EvaluatedOnTraining { learned, images: judged.images.len() });
    }
    Ok(())
}
