//! Labels to a classifier.

mod finetune;
mod finetune_samples;
mod lesson;
mod trusting;
mod verdict;
mod writing;

use std::path::PathBuf;

use serde::Serialize;

use super::CommandError;
use super::evaluate::{Evaluation, Withheld};
use crate::progress::Note;
use crate::runs::{DatasetSummary, RunKind, TrainRecipe};
use crate::training::{Calibration, Disjointness, train as fit};
use crate::workflow::labelled_images::LabelSources;
use crate::workflow::{Context, Run, RunInputs, RunSummary};
use finetune::Job;
use lesson::Lesson;
use verdict::Verdict;
use writing::Outcome;

/// What the command line adds to the recipe.
#[derive(Debug, Clone, Default)]
pub struct TrainOptions {
    /// Where the labels are.
    pub source: LabelSources,
    /// Whether an interrupted fine-tuning goes on where it stopped.
    pub resume: bool,
}

/// The outcome of `rails train`.
pub type TrainSummary = RunSummary<TrainFindings>;

/// A classifier, how it came about and how it fares.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TrainFindings {
    /// The checkpoint folder.
    pub checkpoint: PathBuf,
    /// Labelled images per class.
    pub classes: Vec<(String, usize)>,
    /// Images in train, validation and test.
    pub split: [usize; 3],
    /// The proof that the three parts share nothing.
    pub disjointness: Disjointness,
    /// Epochs run, and the one whose weights were kept.
    pub epochs: usize,
    pub best_epoch: usize,
    /// How scores became probabilities.
    pub calibration: Calibration,
    /// How the test images fared; of the validation images where there are no test images.
    #[serde(rename = "scores")]
    pub evaluation: Evaluation,
    /// When an image is `unknown`, and how that fared on the same images.
    pub withheld: Withheld,
    /// Which part `evaluation` judges.
    pub judged: &'static str,
    /// Images of different classes in different places; they were left out.
    pub conflicts: Vec<String>,
    /// Images without a label.
    pub unlabelled: usize,
    /// Files that were left out.
    pub n_skipped: usize,
}

/// Trains on labelled images (curated runs, `ImageFolder`s, label tables) and writes a run and a checkpoint.
///
/// # Errors
/// When there is too little to learn from, or a stage fails.
pub fn train(
    recipe: &TrainRecipe,
    options: &TrainOptions,
    context: &Context<'_>,
) -> Result<TrainSummary, CommandError> {
    let mut run = Run::begin(RunKind::Train, &recipe.name, recipe.seed, recipe, context);
    if let Some(finetune) = &recipe.finetune {
        finetune.check(context.device)?;
    }
    let mut lesson = Lesson::prepare(recipe, &options.source, &mut run, context)?;
    let mut trained = fit(&recipe.head(), &lesson.set(), &lesson.split, context.device, recipe.seed, context.observer)?;
    run.lap("train");
    let mut tuned = None;
    if let Some(finetune) = &recipe.finetune {
        let Lesson { labelled, numbers, y, weights, split, .. } = &mut lesson;
        let job = Job { recipe, finetune, y, weights, split, frozen: &trained, resume: options.resume };
        let done = finetune::finetune(&job, labelled.labels.classes(), numbers, context)?;
        trained = done.trained.clone();
        tuned = Some(done);
        run.lap("fine-tune");
    } else if options.resume {
        context.observer.note(&Note::ResumeIgnored);
    }
    let verdict = Verdict::of(recipe, &lesson, &trained, &mut run, context)?;
    let outcome = Outcome { recipe, lesson: &lesson, trained: &trained, tuned: tuned.as_ref(), verdict: &verdict };
    let (folder, checkpoint) = outcome.write(&run, context)?;
    let mut counts = vec![0; lesson.classes().len()];
    for class in &lesson.y {
        counts[class.0] += 1;
    }
    let classes = lesson.classes().iter().cloned().zip(counts).collect();
    let dataset = DatasetSummary::of(&lesson.numbers.manifest);
    let skipped = &lesson.labelled.skipped;
    let inputs = RunInputs { dataset: &dataset, skipped, chain: &lesson.numbers.chain, methods: Vec::new() };
    let Verdict { part, trust, evaluation, withheld, .. } = &verdict;
    let findings = TrainFindings {
        checkpoint: checkpoint.whole(),
        classes,
        split: lesson.split.parts().map(<[usize]>::len),
        disjointness: lesson.disjointness.clone(),
        epochs: trained.history.last().map_or(0, |epoch| epoch.epoch),
        best_epoch: trained.best_epoch,
        calibration: trust.calibration,
        evaluation: evaluation.clone(),
        withheld: withheld.clone(),
        judged: part,
        conflicts: lesson.labelled.conflicts.clone(),
        unlabelled: lesson.labelled.unlabelled,
        n_skipped: skipped.len(),
    };
    checkpoint.finish()?;
    let summary = run.finish(folder, &inputs, findings, |_, results| outcome.measure(results))?;
    if let Some(folder) = tuned.as_ref().and_then(|tuned| tuned.state.parent()) {
        // Best effort: a leftover is only disk space.
        let _ = std::fs::remove_dir_all(folder);
    }
    Ok(summary)
}
