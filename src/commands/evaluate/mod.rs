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

use std::path::{Path, PathBuf};

use jiff::Zoned;
use ndarray::{Array2, ArrayView2};
use serde::Serialize;
use serde_json::json;

pub(super) use dossier::Dossier;
pub(super) use explaining::Explainer;
pub(super) use judged::{Judged, JudgedImage, Strangeness, read};
pub use measured::{Confidence, Evaluation, FieldRow};
pub use scores::Scores;
pub(super) use scores::intervals;
pub use strangers::StrangerClass;
pub(super) use strangers::Strangers;
pub(super) use tables::write_predictions;
pub use withholding::{NeverLearned, Withheld};

use super::embed::Extraction;
use super::record::Record;
use super::{CommandError, Workspace};
use crate::device::DeviceChoice;
use crate::images::NamingTemplate;
use crate::progress::{Observer, Stage, Warning};
use crate::runs::{Checkpoint, DatasetSummary, RunDir, Timings, newest_checkpoint, timestamp, write_skipped};
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

/// What `rails evaluate` has to say at the end.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct EvaluateSummary {
    /// The run folder.
    pub run: PathBuf,
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
pub fn evaluate(
    options: &EvaluateOptions,
    device: DeviceChoice,
    workspace: &Workspace,
    observer: &dyn Observer,
) -> Result<EvaluateSummary, CommandError> {
    let started = Zoned::now();
    let mut timings = Timings::start();
    let checkpoint = Checkpoint::open(&match &options.checkpoint {
        Some(path) => path.clone(),
        None => newest_checkpoint(&workspace.checkpoints)?,
    })?;
    let bundle = &checkpoint.bundle;
    let device = device.resolve()?;
    let mut gathered = truth(options, workspace, observer)?;
    timings.lap("scan");

    let manifest = gathered.manifests.pop().unwrap_or_default();
    if manifest.records.iter().any(|record| !bundle.features.depth.covers(record.bit_depth)) {
        observer.warn(&Warning::DepthUnknown);
    }
    let extraction = Extraction::as_before(&bundle.features, device, workspace)?;
    let known = manifest.skipped.len();
    let done = extraction.embed(&manifest, bundle.features.depth, workspace, observer)?;
    gathered.skipped.extend(done.manifest.skipped.iter().skip(known).cloned());
    timings.lap("embed");

    let x = done.embeddings.values();
    let probabilities = [checkpoint.classifier.probabilities(x)?, checkpoint.probabilities(x)?];
    let strangeness = strangeness(&checkpoint, x, &probabilities[1])?;
    let (judged, strangers) = divide(&done, &gathered.labels, &bundle.classes, probabilities.each_ref(), &strangeness);
    let learned = learned(&judged, &checkpoint);
    check(options, &judged, &strangers, learned, observer)?;
    let stage = observer.stage(Stage::Evaluate, 0);
    let evaluation = Evaluation::of(&judged, bundle.calibration.temperature, SEED);
    let rule = bundle.reject.as_ref().filter(|_| !strangeness.is_empty());
    let withheld = rule.map(|rule| Withheld::of(rule, &judged, &strangers));
    drop(stage);
    timings.lap("evaluate");

    let name = options.name.clone().unwrap_or_else(|| bundle.name.clone());
    let run = match &options.output {
        Some(folder) => output(folder)?,
        None => RunDir::create(&workspace.runs, &format!("{}-evaluate-{name}", timestamp(&started)))?,
    };
    let recipe = json!({
        "checkpoint": checkpoint.folder, "images": options.images, "truth": options.truth, "naming": options.naming,
    });
    let dataset = DatasetSummary::of(&done.manifest);
    let record = Record {
        kind: "evaluate",
        name: &name,
        started: &started,
        recipe,
        seed: SEED,
        dataset: &dataset,
        chain: &bundle.features,
        methods: Vec::new(),
        device,
        timings: &timings,
    };
    let right: u64 = evaluation.confusion.counts().diag().sum();
    let all = judged.images.len() + strangers.images.len();
    let unknown_classes = strangers.summary(&bundle.classes);
    let with_unknown = (all > 0).then(|| right as f64 / all as f64);
    let mut results = record.results();
    evaluation.fill(&mut results);
    if let Some(withheld) = &withheld {
        withheld.fill(&mut results);
    }
    results.set("learned", learned);
    results.set("unknown_classes", &unknown_classes);
    results.set("accuracy_with_unknown_classes", with_unknown);
    results.write(&run.file("results.json")?)?;
    run.write_json("run.json", &record.provenance())?;
    write_skipped(&run.file("skipped.csv")?, &gathered.skipped)?;
    let n_images = judged.images.len();
    let first = series::section(&run, &done, bundle, (&probabilities[1], &strangeness), workspace, observer)?;
    let dossier = Dossier {
        run: &run,
        title: format!("rails evaluate: {name}"),
        part: "given",
        judged: &judged,
        strangers: &strangers,
        evaluation: &evaluation,
        withheld: withheld.as_ref(),
        depth: bundle.features.depth,
        explainer: Explainer::of(&checkpoint.classifier, &bundle.features, workspace)?,
        facts: facts(&checkpoint, &judged, learned, gathered.skipped.len()),
        first: Vec::from_iter(first),
        more: Vec::new(),
        settings: settings(options, &checkpoint),
    };
    dossier.write(observer)?;
    Ok(EvaluateSummary {
        run: run.finish()?,
        n_images,
        learned,
        evaluation,
        unknown_classes,
        accuracy_with_unknown_classes: with_unknown,
        withheld,
        unlabelled: gathered.unlabelled,
        conflicts: gathered.conflicts,
        n_skipped: gathered.skipped.len(),
        checkpoint: checkpoint.folder,
    })
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

/// A new folder exactly here.
fn output(folder: &Path) -> Result<RunDir, CommandError> {
    let parent = folder.parent().unwrap_or(Path::new(""));
    let Some(name) = folder.file_name() else {
        return Err(CommandError::Usage(format!("the output folder needs a name of its own: `{}`", folder.display())));
    };
    Ok(RunDir::exactly(parent, &name.to_string_lossy())?)
}
