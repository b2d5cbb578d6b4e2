//! Labels to a classifier.

mod assessment;
mod finetune;
mod finetune_samples;
mod output;
mod training_data;

use std::path::PathBuf;

use serde::Serialize;

use super::CommandError;
use crate::data::path_text;
use crate::evaluation::{Evaluation, Rejection};
use crate::progress::Note;
use crate::recipes::TrainRecipe;
use crate::runs::RunKind;
use crate::training::{Calibration, Disjointness, TrainError, Trained, train as fit};
use crate::workflow::labelled_images::LabelSources;
use crate::workflow::{Context, Run, RunSummary};
use assessment::Assessment;
use finetune::{FineTunedNetwork, FineTuning, finetune};
use output::TrainOutput;
use training_data::TrainingData;

/// Options that the command line adds to the recipe.
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
    #[serde(serialize_with = "path_text::serde_text::serialize")]
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
    pub rejection: Rejection,
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
    let mut data = TrainingData::prepare(recipe, &options.source, &mut run, context)?;
    let needed = recipe.classifier.memory(data.set().x.nrows(), data.set().x.ncols(), data.set().classes.len());
    context.memory.admit(needed).map_err(TrainError::from)?;
    let frozen = fit(&recipe.classifier, &data.set(), &data.split, context.device, recipe.seed, context.observer)?;
    run.lap("train");
    let (trained, network) = with_network(recipe, options, &mut data, frozen, &mut run, context)?;
    let assessment = Assessment::of(recipe, &data, &trained, &mut run, context)?;
    let network = network.as_ref();
    let output = TrainOutput { recipe, data: &data, trained: &trained, network, assessment: &assessment };
    let summary = output.write(run, context)?;
    network.inspect(|network| network.forget_state());
    Ok(summary)
}

/// Fine-tunes the network too where the recipe says so, from the classifier on its `frozen` features.
fn with_network(
    recipe: &TrainRecipe,
    options: &TrainOptions,
    data: &mut TrainingData,
    frozen: Trained,
    run: &mut Run<'_>,
    context: &Context<'_>,
) -> Result<(Trained, Option<FineTunedNetwork>), CommandError> {
    let Some(section) = &recipe.finetune else {
        if options.resume {
            context.observer.note(&Note::ResumeIgnored);
        }
        return Ok((frozen, None));
    };
    let job = FineTuning { recipe, finetune: section, frozen: &frozen, resume: options.resume };
    let (trained, network) = finetune(&job, data, context)?;
    run.lap("fine-tune");
    Ok((trained, Some(network)))
}
