//! Labels to a classifier.

mod finetune;
mod finetune_samples;
mod lesson;
pub(super) mod numbers;
mod trusting;
mod verdict;
mod writing;

use std::path::{Path, PathBuf};

use jiff::Zoned;
use serde::Serialize;

use super::evaluate::{Evaluation, Withheld};
use super::{CommandError, Workspace};
use crate::device::DeviceChoice;
use crate::progress::{Note, Observer};
use crate::runs::{Timings, TrainRecipe};
use crate::training::{Calibration, Disjointness, train as fit};
use finetune::Job;
use lesson::Lesson;
use verdict::Verdict;
use writing::Outcome;

/// What `rails train` has to say at the end.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TrainSummary {
    /// The run folder.
    pub run: PathBuf,
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

/// Trains on `labelled` (curated runs, `ImageFolder`s, label tables) and writes a run and a checkpoint; with `resume`, an
/// interrupted fine-tuning goes on where it stopped.
///
/// # Errors
/// When there is too little to learn from, or a stage fails.
pub fn train(
    recipe: &TrainRecipe,
    labelled: &[PathBuf],
    images: Option<&Path>,
    resume: bool,
    device: DeviceChoice,
    workspace: &Workspace,
    observer: &dyn Observer,
) -> Result<TrainSummary, CommandError> {
    let started = Zoned::now();
    let mut timings = Timings::start();
    let device = device.resolve()?;
    if let Some(finetune) = &recipe.finetune {
        finetune.check(device)?;
    }
    let mut lesson = Lesson::prepare(recipe, (labelled, images), device, workspace, &mut timings, observer)?;
    let mut trained = fit(&recipe.head(), &lesson.set(), &lesson.split, device, recipe.seed, observer)?;
    timings.lap("train");
    let mut tuned = None;
    if let Some(finetune) = &recipe.finetune {
        let Lesson { gathered, numbers, y, weights, split, .. } = &mut lesson;
        let job = Job { recipe, finetune, y, weights, split, frozen: &trained, resume };
        let done = finetune::finetune(&job, gathered.labels.classes(), numbers, device, workspace, observer)?;
        trained = done.trained.clone();
        tuned = Some(done);
        timings.lap("fine-tune");
    } else if resume {
        observer.note(&Note::ResumeIgnored);
    }
    let verdict = Verdict::of(recipe, &lesson, &trained, device, &mut timings, observer)?;
    let outcome = Outcome {
        recipe,
        started: &started,
        device,
        lesson: &lesson,
        trained: &trained,
        tuned: tuned.as_ref(),
        verdict: &verdict,
        timings: &timings,
    };
    let (run, checkpoint) = outcome.write(workspace, observer)?;
    if let Some(folder) = tuned.as_ref().and_then(|tuned| tuned.state.parent()) {
        // Best effort: a leftover is only disk space.
        let _ = std::fs::remove_dir_all(folder);
    }
    let mut counts = vec![0; lesson.classes().len()];
    for class in &lesson.y {
        counts[class.0] += 1;
    }
    let classes = lesson.classes().iter().cloned().zip(counts).collect();
    let Verdict { part, trust, evaluation, withheld, .. } = verdict;
    Ok(TrainSummary {
        run,
        checkpoint,
        classes,
        split: lesson.split.parts().map(<[usize]>::len),
        disjointness: lesson.disjointness,
        epochs: trained.history.last().map_or(0, |epoch| epoch.epoch),
        best_epoch: trained.best_epoch,
        calibration: trust.calibration,
        evaluation,
        withheld,
        judged: part,
        conflicts: lesson.gathered.conflicts,
        unlabelled: lesson.gathered.unlabelled,
        n_skipped: lesson.gathered.skipped.len(),
    })
}
