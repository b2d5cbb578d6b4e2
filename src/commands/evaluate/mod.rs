//! `rails evaluate`: how good a classifier is on labelled images, in numbers, pictures and words.

mod checkpoint_evaluation;
mod heading;
mod series;
mod truth;

use std::path::PathBuf;

use serde::Serialize;
use serde_json::json;

use super::CommandError;
use crate::data::path_text;
use crate::evaluation::{Evaluation, NovelClass, Rejection};
use crate::images::NamingTemplate;
use crate::progress::Warning;
use crate::runs::{Checkpoint, DatasetSummary, RunKind};
use crate::workflow::evaluation_report::{record_evaluation, record_rejection};
use crate::workflow::feature_extraction::{ExtractedFeatures, FeatureExtraction};
use crate::workflow::labelled_images::LabelledImages;
use crate::workflow::{Context, Run, RunInputs, RunSummary, checkpoint};
use checkpoint_evaluation::CheckpointEvaluation;
use truth::truth;

/// Draws the resamples of intervals; results do not depend on anything else random.
const SEED: u64 = 0;

/// Options of an evaluation: the checkpoint, the images and their true classes.
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
    #[serde(serialize_with = "path_text::serde_text::serialize")]
    pub checkpoint: PathBuf,
    /// Images that were judged.
    pub n_images: usize,
    /// Those of them that the checkpoint learned from; scores on them are too good.
    pub learned: usize,
    /// Everything measured of them.
    #[serde(flatten)]
    pub evaluation: Evaluation,
    /// Images of novel classes; they are in no score.
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
    let checkpoint = checkpoint::open(options.checkpoint.as_deref(), context)?;
    let name = options.name.as_ref().unwrap_or(&checkpoint.bundle.name);
    let recipe = json!({
        "checkpoint": path_text::to_text(&checkpoint.folder),
        "images": path_text::to_text(&options.images),
        "truth": options.truth.as_ref().map(path_text::to_text),
        "naming": options.naming,
    });
    let mut run = Run::begin(RunKind::Evaluate, name, SEED, &recipe, context);
    let mut labelled = truth(options, context)?;
    run.lap("scan");
    let extracted = extract(&checkpoint, &mut labelled, context)?;
    run.lap("embed");
    let evaluation = CheckpointEvaluation::of(&checkpoint, &labelled.labels, &extracted, context.observer)?;
    evaluation.check(options, context.observer)?;
    run.lap("evaluate");

    let folder = match &options.output {
        Some(folder) => Run::create_folder_at(folder)?,
        None => run.create_folder()?,
    };
    evaluation.report(&folder, options, &extracted, labelled.skipped.len(), context)?;
    let dataset = DatasetSummary::of(&extracted.manifest);
    let chain = &checkpoint.bundle.features;
    let inputs = RunInputs { dataset: &dataset, skipped: &labelled.skipped, chain, methods: Vec::new() };
    let findings = evaluation.findings(&labelled);
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

/// The features of the labelled images, as the checkpoint was trained on; files that cannot be read join the skipped
/// ones.
fn extract(
    checkpoint: &Checkpoint,
    labelled: &mut LabelledImages,
    context: &Context<'_>,
) -> Result<ExtractedFeatures, CommandError> {
    let chain = &checkpoint.bundle.features;
    if labelled.slices != chain.slices {
        return Err(CommandError::failed(
            "the checkpoint and the true classes do not speak of the same: one knows patches of images, the other whole \
             images, or patches of another size",
            "a classifier of patches is judged by a curated run over patches of the same `patches.slices`: `--truth RUN`",
        ));
    }
    // There is one source: the truth.
    let manifest = labelled.manifests.pop().unwrap_or_default();
    if manifest.records.iter().any(|record| !chain.depth.covers(record.bit_depth)) {
        context.observer.warn(&Warning::DepthUnknown);
    }
    let known = manifest.skipped.len();
    let extracted = FeatureExtraction::as_before(chain, context)?.embed(&manifest, chain.depth, context)?;
    labelled.skipped.extend(extracted.manifest.skipped.iter().skip(known).cloned());
    Ok(extracted)
}
