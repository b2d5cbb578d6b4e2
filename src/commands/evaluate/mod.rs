//! How good a classifier is on labelled images, in numbers, pictures and words.
//!
//! ```text
//!  truth ──┐
//!  images ─┼─▶ Judged ──measured──▶ Evaluation ──dossier──▶ tables, plots, report.html
//!  head ───┘
//! ```
//!
//! `rails train` judges its test images by the same code.

mod dossier;
mod explaining;
mod heading;
mod judged;
mod measured;
mod page;
pub(super) mod pictures;
mod scores;
mod series;
mod strangers;
mod tables;
mod truth;
mod withholding;

use std::path::PathBuf;

use ndarray::{Array2, ArrayView2};
use serde::Serialize;
use serde_json::json;

pub(super) use dossier::Dossier;
pub(super) use explaining::Explainer;
pub(super) use judged::{Judged, JudgedImage, Strangeness};
pub use measured::{Confidence, Evaluation, FieldRow};
pub use scores::Scores;
pub(super) use scores::intervals;
pub use strangers::StrangerClass;
pub(super) use strangers::Strangers;
pub(super) use tables::write_predictions;
pub use withholding::{NeverLearned, Withheld};

use super::CommandError;
use crate::images::NamingTemplate;
use crate::progress::{Observer, Stage, Warning};
use crate::runs::{Checkpoint, DatasetSummary, RunKind, newest_checkpoint};
use crate::workflow::feature_extraction::FeatureExtraction;
use crate::workflow::{Context, Run, RunInputs, RunSummary};
use heading::{facts, settings};
use truth::{divide, learned, truth};

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
    pub unknown_classes: Vec<StrangerClass>,
    /// Share of images called right where those of unknown classes count as errors, in `0.0..=1.0`.
    pub accuracy_with_unknown_classes: Option<f64>,
    /// When images are `unknown`, and how that fared; `None` where the checkpoint cannot say.
    pub withheld: Option<Withheld>,
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
    let done = extraction.embed(&manifest, bundle.features.depth, context)?;
    labelled.skipped.extend(done.manifest.skipped.iter().skip(known).cloned());
    run.lap("embed");

    let x = done.embeddings.values();
    let probabilities = [checkpoint.classifier.probabilities(x)?, checkpoint.probabilities(x)?];
    let strangeness = strangeness(&checkpoint, x, &probabilities[1])?;
    let (judged, strangers) = divide(&done, &labelled.labels, &bundle.classes, probabilities.each_ref(), &strangeness);
    let learned = learned(&judged, &checkpoint);
    check(options, &judged, &strangers, learned, observer)?;
    let stage = observer.stage(Stage::Evaluate, 0);
    let evaluation = Evaluation::of(&judged, bundle.calibration.temperature, SEED);
    let rule = bundle.reject.as_ref().filter(|_| !strangeness.is_empty());
    let withheld = rule.map(|rule| Withheld::of(rule, &judged, &strangers));
    drop(stage);
    run.lap("evaluate");

    let folder = match &options.output {
        Some(folder) => Run::create_folder_at(folder)?,
        None => run.create_folder()?,
    };
    let dataset = DatasetSummary::of(&done.manifest);
    let right: u64 = evaluation.confusion.counts().diag().sum();
    let all = judged.images.len() + strangers.images.len();
    let unknown_classes = strangers.summary(&bundle.classes);
    let with_unknown = (all > 0).then(|| right as f64 / all as f64);
    let n_images = judged.images.len();
    let first = series::section(&folder, &done, bundle, (&probabilities[1], &strangeness), context)?;
    let dossier = Dossier {
        run: &folder,
        title: format!("rails evaluate: {name}"),
        part: "given",
        judged: &judged,
        strangers: &strangers,
        evaluation: &evaluation,
        withheld: withheld.as_ref(),
        depth: bundle.features.depth,
        explainer: Explainer::of(&checkpoint.classifier, &bundle.features, context.workspace)?,
        facts: facts(&checkpoint, &judged, learned, labelled.skipped.len()),
        first: Vec::from_iter(first),
        more: Vec::new(),
        settings: settings(options, &checkpoint),
    };
    dossier.write(observer)?;
    let skipped = labelled.skipped;
    let inputs = RunInputs { dataset: &dataset, skipped: &skipped, chain: &bundle.features, methods: Vec::new() };
    let findings = EvaluateFindings {
        n_images,
        learned,
        evaluation,
        unknown_classes,
        accuracy_with_unknown_classes: with_unknown,
        withheld,
        unlabelled: labelled.unlabelled,
        conflicts: labelled.conflicts,
        n_skipped: skipped.len(),
        checkpoint: checkpoint.folder.clone(),
    };
    Ok(run.finish(folder, &inputs, findings, |found, results| {
        found.evaluation.fill(results);
        if let Some(withheld) = &found.withheld {
            withheld.fill(results);
        }
        results.set("learned", found.learned);
        results.set("unknown_classes", &found.unknown_classes);
        results.set("accuracy_with_unknown_classes", found.accuracy_with_unknown_classes);
    })?)
}

/// One per row of `x`, shape `[n, n_features]`; empty where the checkpoint cannot say.
fn strangeness(
    checkpoint: &Checkpoint,
    x: ArrayView2<'_, f32>,
    probabilities: &Array2<f32>,
) -> Result<Vec<Strangeness>, CommandError> {
    let confidences: Vec<f32> = probabilities.rows().into_iter().map(|row| row.fold(0.0, |a, &b| b.max(a))).collect();
    let unfamiliarity = checkpoint.novelty(x, &confidences)?;
    let found = checkpoint.bundle.reject.as_ref().zip(unfamiliarity);
    Ok(found.map_or_else(Vec::new, |(rule, unfamiliarity)| Strangeness::of_all(rule, unfamiliarity)))
}

/// Fails where nothing can be judged, and warns where the answer is too good.
fn check(
    options: &EvaluateOptions,
    judged: &Judged<'_>,
    strangers: &Strangers,
    learned: usize,
    observer: &dyn Observer,
) -> Result<(), CommandError> {
    if judged.images.is_empty() && strangers.images.is_empty() {
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
