//! Fine-tuning: the network itself learns on, from the classifier that was trained on its frozen features.

use std::path::{Path, PathBuf};

use ndarray::{Array2, Axis, concatenate};
use rayon::prelude::*;
use serde_json::json;

use super::finetune_samples::Samples;
use super::training_data::TrainingData;
use crate::backbones::Backbone;
use crate::commands::CommandError;
use crate::data::ClassId;
use crate::device::Device;
use crate::features::BatchExtractor;
use crate::images::{DepthRange, Image, decode};
use crate::metrics::ConfusionMatrix;
use crate::metrics::classification::{accuracy, log_loss};
use crate::progress::{Note, Stage, Warning};
use crate::recipes::{FeaturesRecipe, NetworkRecipe, TrainRecipe};
use crate::runs::BACKBONE_FILE;
use crate::training::{
    FineTune, FineTuned, FinetuneRecipe, Pictures, Split, Trained, TrainedPart, finetune as fit, most_likely,
};
use crate::workflow::Context;
use crate::workflow::feature_extraction::{backbone, network_features};
use crate::workflow::feature_table::FeatureTable;

/// A fine-tuning to do: its recipe and the classifier of the frozen network that it starts from.
pub(super) struct FineTuning<'a> {
    pub recipe: &'a TrainRecipe,
    pub finetune: &'a FinetuneRecipe,
    /// Trained on the frozen features.
    pub frozen: &'a Trained,
    /// Whether an interrupted fine-tuning goes on where it stopped.
    pub resume: bool,
}

/// The network after fine-tuning, beside its classifier.
pub(super) struct FineTunedNetwork {
    /// Its weights as a file; `None` where the frozen network was best.
    pub weights: Option<Vec<u8>>,
    /// Pictures of what it learned from.
    pub samples: Samples,
    /// Where the state between epochs lies; of no use once the result is written.
    state: PathBuf,
    /// How the frozen network with its head does on the images that judge: what fine-tuning must not fall behind.
    pub frozen: serde_json::Value,
}

impl FineTunedNetwork {
    /// Removes the state between epochs.
    pub fn forget_state(&self) {
        if let Some(folder) = self.state.parent() {
            // Best effort: a leftover is only disk space.
            let _ = std::fs::remove_dir_all(folder);
        }
    }
}

/// Fine-tunes the network of `data`, whose features are then those of the new network; with the classifier on it.
pub(super) fn finetune(
    job: &FineTuning<'_>,
    data: &mut TrainingData,
    context: &Context<'_>,
) -> Result<(Trained, FineTunedNetwork), CommandError> {
    let table = &data.features;
    let features = table.chain.recipe.network_to_train().map_err(CommandError::usage)?.clone();
    let network = backbone(&features, context)?;
    let [layer] = features.layers.as_slice() else {
        return Err(CommandError::usage("fine-tuning needs one layer: `features.layers` names several".to_owned()));
    };
    // The one that never saw the validation images: they decide whether fine-tuning gains anything.
    let Some(head) = job.frozen.before_refit().mlp() else {
        return Err(CommandError::usage(
            "fine-tuning starts from a linear classifier or an MLP, not from `knn`".to_owned(),
        ));
    };
    // A network that learns itself would give the held-out classifier other features than the final one.
    let refit = (job.finetune.train == TrainedPart::Head && job.frozen.held_out.is_some())
        .then(|| job.frozen.head.mlp())
        .flatten();
    let extractor = network_features(&network, &features, context.device)?;
    let state = context.workspace.cache.join("training").join(key(job, data, context.device)).join("state");
    if job.resume && !state.exists() {
        context.observer.note(&Note::NothingToResume);
    }
    if !job.resume && state.exists() {
        context.observer.warn(&Warning::ResumableGivenUp);
    }
    let pictures = Files { paths: &table.files, depth: table.chain.depth, extractor: &extractor };
    let FineTuned { trained, weights } = fit(
        &FineTune {
            recipe: job.finetune,
            backbone: &network,
            layer,
            head,
            refit,
            pictures: &pictures,
            ids: &table.ids,
            y: &data.y,
            weights: &data.weights,
            split: &data.split,
            seed: job.recipe.seed,
            state: &state,
            resume: job.resume,
            memory: context.memory,
        },
        context.device,
        context.observer,
    )?;
    let samples = Samples::new(job, data, &pictures);
    let frozen = judge(job.frozen, data)?;
    let mut tuned = FineTunedNetwork { weights: None, samples, state, frozen };
    if trained.best_epoch == 0 {
        // Then plain training is the better half of it: its classifier may have learned from the validation images too.
        let Trained { head, held_out, .. } = job.frozen.clone();
        return Ok((Trained { head, held_out, ..trained }, tuned));
    }
    let Some(weights) = weights else { return Ok((trained, tuned)) };
    let learned = network.with_weights(weights)?;
    tuned.weights = Some(learned.to_safetensors()?);
    // As prediction will: from the file's own numbers.
    let x = extract(&learned, &features, &pictures, table, context)?;
    data.features.x = x;
    data.features.chain.recipe =
        FeaturesRecipe::Network(NetworkRecipe { weights: Some(PathBuf::from(BACKBONE_FILE)), ..features });
    learned.hash().clone_into(&mut data.features.chain.weights_hash);
    Ok((trained, tuned))
}

/// Accuracy and log loss of what there would be without fine-tuning, on the test images, or without any on the
/// validation images.
fn judge(frozen: &Trained, data: &TrainingData) -> Result<serde_json::Value, CommandError> {
    let (rows, head) = match data.split.test.as_slice() {
        [] => (&data.split.validation, frozen.before_refit()),
        _ => (&data.split.test, &frozen.head),
    };
    let probabilities = head.probabilities(data.features.x.select(Axis(0), rows).view())?;
    let truth: Vec<ClassId> = rows.iter().map(|&row| data.y[row]).collect();
    let confusion = ConfusionMatrix::of(&truth, &most_likely(probabilities.view()), data.classes());
    Ok(json!({ "accuracy": accuracy(&confusion), "log_loss": log_loss(&truth, probabilities.view()) }))
}

/// Features of every image by `network`.
fn extract(
    network: &Backbone,
    recipe: &NetworkRecipe,
    pictures: &Files<'_>,
    table: &FeatureTable,
    context: &Context<'_>,
) -> Result<Array2<f32>, CommandError> {
    let extractor = network_features(network, recipe, context.device)?;
    let rows: Vec<usize> = (0..table.files.len()).collect();
    let stage = context.observer.stage(Stage::Embed, rows.len());
    let mut blocks = Vec::new();
    for rows in rows.chunks(recipe.batch_size.get()) {
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
fn key(job: &FineTuning<'_>, data: &TrainingData, device: Device) -> String {
    let ids: Vec<String> = data.features.ids.iter().map(ToString::to_string).collect();
    let y: Vec<usize> = data.y.iter().map(|class| class.0).collect();
    let Split { train, validation, .. } = &data.split;
    // Sums depend on how many threads share them.
    let threads = rayon::current_num_threads();
    let all = json!([job.recipe, data.features.chain, device, ids, y, data.weights, train, validation, threads]);
    blake3::hash(all.to_string().as_bytes()).to_hex()[..32].to_owned()
}
