//! Labelled images of all sources become one table of features.

use std::path::PathBuf;

use ndarray::{Array2, Axis, concatenate};

use super::feature_extraction::FeatureExtraction;
use super::labelled_images::LabelledImages;
use super::{Context, WorkflowError};
use crate::data::{Embeddings, ImageId, ImageRecord, Manifest};
use crate::runs::{FeatureChain, TrainRecipe};

/// Labelled images as numbers, in one table over all sources.
pub(crate) struct FeatureTable {
    pub ids: Vec<ImageId>,
    pub files: Vec<PathBuf>,
    pub x: Array2<f32>,
    pub chain: FeatureChain,
    pub input_size: (usize, usize),
    pub manifest: Manifest,
}

pub(crate) fn embed(
    gathered: &mut LabelledImages,
    recipe: &TrainRecipe,
    context: &Context<'_>,
) -> Result<FeatureTable, WorkflowError> {
    let features = recipe.features.clone().or_else(|| gathered.chain.as_ref().map(|chain| chain.recipe.clone()));
    let extraction = FeatureExtraction::new(&features.unwrap_or_default(), context)?;
    let depth = match &gathered.chain {
        Some(chain) => chain.depth,
        None => extraction.depth(&united(&gathered.manifests), recipe.dataset.depth, context),
    };
    let mut ids = Vec::new();
    let mut files = Vec::new();
    let mut blocks = Vec::new();
    let mut whole = Manifest::default();
    let mut chain = None;
    let in_context = extraction.has_context();
    let surroundings = std::mem::take(&mut gathered.whole);
    for (labelled, all) in std::mem::take(&mut gathered.manifests).into_iter().zip(surroundings) {
        let manifest = if in_context { &all } else { &labelled };
        let known = manifest.skipped.len();
        let mut done = extraction.embed(manifest, depth, context)?;
        if in_context {
            done = done.only(&labelled);
        }
        gathered.skipped.extend(done.manifest.skipped.iter().skip(known).cloned());
        files.extend(done.manifest.records.iter().map(|record| done.manifest.file(record)));
        ids.extend_from_slice(done.embeddings.ids());
        blocks.push(done.embeddings);
        whole.root.clone_from(&done.manifest.root);
        whole.records.extend(done.manifest.records);
        chain = Some(done.chain);
    }
    whole.skipped.clone_from(&gathered.skipped);
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
        ImageRecord { path: path.to_string_lossy().into_owned(), ..record.clone() }
    };
    let records = manifests.iter().flat_map(|all| all.records.iter().map(move |record| absolute(all, record)));
    Manifest { records: records.collect(), ..Manifest::default() }
}
