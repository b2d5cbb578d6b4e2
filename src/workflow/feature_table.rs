//! Labelled images of all sources become one table of features.

use std::path::PathBuf;

use ndarray::{Array2, Axis, concatenate};

use super::feature_extraction::FeatureExtraction;
use super::labelled_images::LabelledImages;
use super::{Context, WorkflowError, dark_frames};
use crate::data::{Embeddings, ImageId, ImageRecord, Manifest, path_text};
use crate::recipes::TrainRecipe;
use crate::runs::FeatureChain;

/// Labelled images as numbers, in one table over all sources.
pub(crate) struct FeatureTable {
    /// Content hashes.
    pub ids: Vec<ImageId>,
    /// Where each image lies.
    pub files: Vec<PathBuf>,
    /// Features, shape `[n_images, n_features]`.
    pub x: Array2<f32>,
    /// How they were made.
    pub chain: FeatureChain,
    /// Rows and columns of the network's input; (0, 0) without one.
    pub input_size: (usize, usize),
    /// The images, and every file that was left out.
    pub manifest: Manifest,
}

/// Features of all labelled images: as the recipe says, else as `chain`, that of the curated runs, does.
///
/// # Errors
/// When features cannot be extracted, or no labelled image can be read.
pub(crate) fn embed(
    labelled: &LabelledImages,
    chain: Option<&FeatureChain>,
    recipe: &TrainRecipe,
    context: &Context<'_>,
) -> Result<FeatureTable, WorkflowError> {
    let features = recipe.features.as_ref().or(chain.map(|chain| &chain.recipe)).cloned();
    let features = features.unwrap_or_default();
    let mut extraction = FeatureExtraction::new(&features, context)?;
    extraction.slices = labelled.slices;
    let given = labelled
        .manifests
        .first()
        .map(|frames| dark_frames::pedestal(&recipe.dataset, frames, context))
        .transpose()?
        .flatten();
    extraction.pedestal = given.or(chain.and_then(|chain| chain.pedestal));
    let depth = match chain {
        Some(chain) => chain.depth,
        None => extraction.depth(&united(&labelled.manifests), recipe.dataset.brightness(), context),
    };
    let mut ids = Vec::new();
    let mut files = Vec::new();
    let mut blocks = Vec::new();
    let mut whole = Manifest { skipped: labelled.skipped.clone(), ..Manifest::default() };
    let mut chain = None;
    let in_context = extraction.has_context();
    for (labelled, all) in labelled.manifests.iter().zip(&labelled.whole) {
        // In context also the frames without a label count, as the neighbours of those with one.
        let manifest = if in_context { all } else { labelled };
        let known = manifest.skipped.len();
        let mut done = extraction.embed(manifest, depth, context)?;
        if in_context {
            done = done.only(labelled);
        }
        whole.skipped.extend(done.manifest.skipped.iter().skip(known).cloned());
        files.extend(done.manifest.records.iter().map(|record| done.manifest.file(record)));
        ids.extend_from_slice(done.embeddings.ids());
        blocks.push(done.embeddings);
        whole.root.clone_from(&done.manifest.root);
        whole.records.extend(done.manifest.records);
        chain = Some(done.chain);
    }
    let views: Vec<_> = blocks.iter().map(Embeddings::values).collect();
    let x = concatenate(Axis(0), &views)
        .map_err(|error| WorkflowError::failed(error.to_string(), "report this as a bug"))?;
    let Some(chain) = chain.filter(|_| !ids.is_empty()) else {
        return Err(WorkflowError::failed("no labelled images to learn from", "label some with `rails curate`"));
    };
    Ok(FeatureTable { ids, files, x, chain, input_size: extraction.input_size, manifest: whole })
}

/// The images of all sources, for one brightness scale.
fn united(manifests: &[Manifest]) -> Manifest {
    let absolute = |manifest: &Manifest, record: &ImageRecord| {
        let path = std::path::absolute(manifest.file(record)).unwrap_or_else(|_| manifest.file(record));
        ImageRecord { path: path_text::to_text(path), ..record.clone() }
    };
    let records = manifests.iter().flat_map(|all| all.records.iter().map(move |record| absolute(all, record)));
    Manifest { records: records.collect(), ..Manifest::default() }
}
