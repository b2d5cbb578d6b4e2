//! The network learns on, from the classifier that was trained on its frozen features.

use std::path::{Path, PathBuf};

use ndarray::{Array2, Axis, concatenate};
use rayon::prelude::*;
use serde_json::json;

use super::finetune_samples::Samples;
use crate::backbones::Backbone;
use crate::commands::CommandError;
use crate::data::ClassId;
use crate::device::Device;
use crate::features::BatchExtractor;
use crate::images::{DepthRange, Image, decode};
use crate::metrics::ConfusionMatrix;
use crate::metrics::classification::{accuracy, log_loss};
use crate::progress::{Note, Stage, Warning};
use crate::runs::{BACKBONE_FILE, TrainRecipe};
use crate::training::{
    FineTune, FineTuned, FinetuneRecipe, Pictures, Split, Trained, TrainedPart, finetune as fit, most_likely,
};
use crate::workflow::Context;
use crate::workflow::feature_extraction::{backbone, network_features};
use crate::workflow::feature_table::FeatureTable;

/// What fine-tuning needs beside the numbers.
pub(super) struct Job<'a> {
    pub recipe: &'a TrainRecipe,
    pub finetune: &'a FinetuneRecipe,
    pub y: &'a [ClassId],
    pub weights: &'a [f32],
    pub split: &'a Split,
    /// Trained on the frozen features.
    pub frozen: &'a Trained,
    pub resume: bool,
}

/// What fine-tuning leaves behind.
pub(super) struct Tuned {
    pub trained: Trained,
    /// The network where it learned, as a file.
    pub backbone: Option<Vec<u8>>,
    /// Where the state between epochs lies; of no use once the result is written.
    pub state: PathBuf,
    pub samples: Samples,
    /// How the frozen network with its head does on the images that judge: what fine-tuning must not fall behind.
    pub frozen: serde_json::Value,
}

/// Fine-tunes the network of `numbers`, whose features are then those of the new network.
pub(super) fn finetune(
    job: &Job<'_>,
    classes: &[String],
    numbers: &mut FeatureTable,
    context: &Context<'_>,
) -> Result<Tuned, CommandError> {
    if !numbers.chain.recipe.hand_made.is_empty() {
        let text = "fine-tuning needs a network alone: leave out `features.hand_made`";
        return Err(CommandError::usage(text));
    }
    let network = backbone(&numbers.chain.recipe, context.workspace)?;
    let [layer] = numbers.chain.recipe.layers.as_slice() else {
        return Err(CommandError::usage("fine-tuning needs one layer: `features.layers` names several".to_owned()));
    };
    // The one that never saw the validation images: they decide whether fine-tuning gains anything.
    let Some(head) = job.frozen.before_refit().mlp() else {
        return Err(CommandError::usage(
            "fine-tuning starts from a linear classifier or an MLP, not from `knn`".to_owned(),
        ));
    };
    if numbers.chain.recipe.frame.is_some() {
        let text = "fine-tuning trains a network, and features.frame uses none".to_owned();
        return Err(CommandError::usage(text));
    }
    // A network that learns itself would give the held-out classifier other features than the final one.
    let refit = (job.finetune.train == TrainedPart::Head && job.frozen.held_out.is_some())
        .then(|| job.frozen.head.mlp())
        .flatten();
    let extractor = network_features(&network, &numbers.chain.recipe, context.device)?;
    let state = context.workspace.cache.join("training").join(key(job, numbers, context.device)).join("state");
    if job.resume && !state.exists() {
        context.observer.note(&Note::NothingToResume);
    }
    if !job.resume && state.exists() {
        context.observer.warn(&Warning::ResumableGivenUp);
    }
    let pictures = Files { paths: &numbers.files, depth: numbers.chain.depth, extractor: &extractor };
    let FineTuned { trained, weights } = fit(
        &FineTune {
            recipe: job.finetune,
            backbone: &network,
            layer,
            head,
            refit,
            pictures: &pictures,
            ids: &numbers.ids,
            y: job.y,
            weights: job.weights,
            split: job.split,
            seed: job.recipe.seed,
            state: &state,
            resume: job.resume,
        },
        context.device,
        context.observer,
    )?;
    let samples = Samples::new(job, classes, numbers, &pictures);
    let frozen = judge(job, classes, numbers)?;
    if trained.best_epoch == 0 {
        // Then plain training is the better half of it: its classifier may have learned from the validation images too.
        let Trained { head, held_out, .. } = job.frozen.clone();
        let trained = Trained { head, held_out, ..trained };
        return Ok(Tuned { trained, backbone: None, state, samples, frozen });
    }
    let Some(weights) = weights else { return Ok(Tuned { trained, backbone: None, state, samples, frozen }) };
    let learned = network.with_weights(weights)?;
    let file = learned.to_safetensors()?;
    // As prediction will: from the file's own numbers.
    let x = features(&learned, &pictures, numbers, context)?;
    numbers.x = x;
    numbers.chain.recipe.weights = Some(PathBuf::from(BACKBONE_FILE));
    learned.hash().clone_into(&mut numbers.chain.weights_hash);
    Ok(Tuned { trained, backbone: Some(file), state, samples, frozen })
}

/// Accuracy and log loss of what there would be without fine-tuning, on the test images, or without any on the
/// validation images.
fn judge(job: &Job<'_>, classes: &[String], numbers: &FeatureTable) -> Result<serde_json::Value, CommandError> {
    let (rows, head) = match job.split.test.as_slice() {
        [] => (&job.split.validation, job.frozen.before_refit()),
        _ => (&job.split.test, &job.frozen.head),
    };
    let probabilities = head.probabilities(numbers.x.select(Axis(0), rows).view())?;
    let truth: Vec<ClassId> = rows.iter().map(|&row| job.y[row]).collect();
    let confusion = ConfusionMatrix::of(&truth, &most_likely(probabilities.view()), classes);
    Ok(json!({ "accuracy": accuracy(&confusion), "log_loss": log_loss(&truth, probabilities.view()) }))
}

/// Features of every image by `network`.
fn features(
    network: &Backbone,
    pictures: &Files<'_>,
    numbers: &FeatureTable,
    context: &Context<'_>,
) -> Result<Array2<f32>, CommandError> {
    let extractor = network_features(network, &numbers.chain.recipe, context.device)?;
    let rows: Vec<usize> = (0..numbers.files.len()).collect();
    let stage = context.observer.stage(Stage::Embed, rows.len());
    let mut blocks = Vec::new();
    for rows in rows.chunks(numbers.chain.recipe.batch_size.get()) {
        let images: Result<Vec<Image>, String> = rows.par_iter().map(|&row| pictures.picture(row)).collect();
        let images =
            images.map_err(|why| CommandError::failed(format!("an image can no longer be read: {why}"), HINT))?;
        blocks.push(extractor.extract(&images)?);
        stage.advance(rows.len());
    }
    drop(stage);
    let views: Vec<_> = blocks.iter().map(Array2::view).collect();
    concatenate(Axis(0), &views).map_err(|error| CommandError::failed(error.to_string(), "report this as a bug"))
}

const HINT: &str = "put it back, or train again without it";

/// Images from the disk, as the network takes them.
struct Files<'a> {
    paths: &'a [PathBuf],
    depth: DepthRange,
    extractor: &'a dyn BatchExtractor,
}

impl Pictures for Files<'_> {
    fn picture(&self, row: usize) -> Result<Image, String> {
        let path: &Path = &self.paths[row];
        let decoded = decode(path).map_err(|error| format!("{error}: `{}`", path.display()))?;
        Ok(self.extractor.prepare(self.depth.apply(&decoded)))
    }
}

/// Changes with anything that the result depends on.
fn key(job: &Job<'_>, numbers: &FeatureTable, device: Device) -> String {
    let ids: Vec<String> = numbers.ids.iter().map(ToString::to_string).collect();
    let y: Vec<usize> = job.y.iter().map(|class| class.0).collect();
    let Split { train, validation, .. } = job.split;
    let all = json!([job.recipe, numbers.chain, device, ids, y, job.weights, train, validation, threads()]);
    blake3::hash(all.to_string().as_bytes()).to_hex()[..32].to_owned()
}

/// Sums depend on how many threads share them.
fn threads() -> usize {
    rayon::current_num_threads()
}
