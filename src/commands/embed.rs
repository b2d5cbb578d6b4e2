//! Images to embeddings, through the store.

use std::collections::BTreeSet;

use super::{CommandError, Workspace};
use crate::backbones::Backbone;
use crate::data::{Embeddings, FrameAddress, Manifest};
use crate::device::Device;
use crate::embeddings::{Store, StoreError};
use crate::features::{BackboneFeatures, Enhanced, FeatureExtractor, FrameStatistics};
use crate::images::{DepthPolicy, DepthRange, series_of};
use crate::progress::Observer;
use crate::runs::{FeatureChain, FeaturesRecipe};

/// An extractor ready to embed, and the recipe with nothing left to defaults.
pub(super) struct Extraction {
    pub extractor: Box<dyn FeatureExtractor>,
    pub recipe: FeaturesRecipe,
    pub weights_hash: String,
    pub input_size: (usize, usize),
}

/// What became of a manifest.
pub(super) struct Embedded {
    /// Without the images that could not be read; those are in `skipped`.
    pub manifest: Manifest,
    /// A row per record of `manifest`.
    pub embeddings: Embeddings,
    pub chain: FeatureChain,
    /// Images that went through the network now.
    pub computed: usize,
    /// Images whose features were there already.
    pub reused: usize,
}

impl Embedded {
    /// The images that `manifest` has too, by path.
    pub(super) fn only(self, manifest: &Manifest) -> Self {
        let wanted: BTreeSet<&str> = manifest.records.iter().map(|record| record.path.as_str()).collect();
        let records = &self.manifest.records;
        let rows: Vec<usize> = (0..records.len()).filter(|&row| wanted.contains(records[row].path.as_str())).collect();
        let kept = rows.iter().map(|&row| records[row].clone()).collect();
        let embeddings = self.embeddings.select(&rows);
        Self { manifest: Manifest { records: kept, ..self.manifest }, embeddings, ..self }
    }
}

/// The network that `recipe` names.
pub(super) fn backbone(recipe: &FeaturesRecipe, workspace: &Workspace) -> Result<Backbone, CommandError> {
    Ok(match &recipe.weights {
        Some(path) => Backbone::open(recipe.backbone, path, None)?,
        None => Backbone::load(recipe.backbone, &workspace.checkpoints)?,
    })
}

impl Extraction {
    pub(super) fn new(recipe: &FeaturesRecipe, device: Device, workspace: &Workspace) -> Result<Self, CommandError> {
        match recipe.frame {
            Some(frame) => Self::of_counts(frame, recipe),
            None => Self::of(&backbone(recipe, workspace)?, recipe, device),
        }
    }

    /// Without a network, from raw counts.
    fn of_counts(frame: FrameStatistics, recipe: &FeaturesRecipe) -> Result<Self, CommandError> {
        if !recipe.enhance.is_empty() {
            let text = "features.enhance changes brightness, and features.frame is about raw counts: leave one out";
            return Err(CommandError::Usage(text.to_owned()));
        }
        // The version of the statistics stands where a network has its weights.
        let weights_hash = frame.fingerprint();
        Ok(Self { extractor: Box::new(frame), recipe: recipe.clone(), weights_hash, input_size: (0, 0) })
    }

    /// With this backbone, whatever weights `recipe` names.
    pub(super) fn of(backbone: &Backbone, recipe: &FeaturesRecipe, device: Device) -> Result<Self, CommandError> {
        let mut recipe = recipe.clone();
        if recipe.layers.is_empty() {
            recipe.layers = vec![recipe.backbone.default_layer().to_owned()];
        }
        let weights_hash = backbone.hash().to_owned();
        let spec = backbone.spec();
        let input_size = (spec.size, spec.size);
        let extractor = BackboneFeatures::new(backbone, &recipe.layers, recipe.resize, device)?;
        let extractor = Box::new(Enhanced::new(extractor, recipe.enhance.clone()));
        Ok(Self { extractor, recipe, weights_hash, input_size })
    }

    /// As an earlier run or checkpoint did it.
    pub(super) fn as_before(chain: &FeatureChain, device: Device, workspace: &Workspace) -> Result<Self, CommandError> {
        let extraction = Self::new(&chain.recipe, device, workspace)?;
        if extraction.weights_hash != chain.weights_hash {
            return Err(CommandError::failed(
                format!(
                    "the weights of {} here are not those used before (hash {} instead of {})",
                    chain.recipe.backbone, extraction.weights_hash, chain.weights_hash
                ),
                "import the same weights file with `rails models import`, or start again with the new weights",
            ));
        }
        Ok(extraction)
    }

    /// The brightness scale of `manifest`. Where the extractor looks at raw counts it is for people only, and a few images
    /// are enough to find it.
    pub(super) fn depth(&self, manifest: &Manifest, policy: DepthPolicy, observer: &dyn Observer) -> DepthRange {
        const ENOUGH: usize = 64;
        let n = manifest.records.len();
        if self.extractor.is_shown() || n <= ENOUGH {
            return DepthRange::fit(manifest, policy, observer);
        }
        let records = (0..ENOUGH).map(|at| manifest.records[at * n / ENOUGH].clone()).collect();
        DepthRange::fit(&Manifest { root: manifest.root.clone(), records, ..Manifest::default() }, policy, observer)
    }

    /// Embeds every image of `manifest` that the store does not know yet.
    pub(super) fn embed(
        &self,
        manifest: &Manifest,
        depth: DepthRange,
        workspace: &Workspace,
        observer: &dyn Observer,
    ) -> Result<Embedded, CommandError> {
        let store = Store::open(&workspace.cache);
        let extractor = self.extractor.as_ref();
        let scale = if extractor.is_shown() { depth } else { DepthRange::default() };
        let done = store.embed(manifest, extractor, &scale, self.recipe.batch_size, observer)?;
        let manifest = done.align(manifest);
        let embeddings = if extractor.has_context() {
            let series: Vec<Vec<usize>> = series_of(&manifest).into_iter().map(|series| series.rows).collect();
            let ids = done.embeddings.ids().to_vec();
            Embeddings::new(ids, extractor.in_context(done.embeddings.into_values(), &series))
                .map_err(StoreError::from)?
        } else {
            done.embeddings
        };
        let chain = FeatureChain {
            recipe: self.recipe.clone(),
            weights_hash: self.weights_hash.clone(),
            // Of one run all frames lie in data sets of one name.
            dataset: manifest.records.iter().find_map(|record| FrameAddress::parse(record.path.as_ref())?.dataset),
            depth,
            n_features: embeddings.values().ncols(),
        };
        Ok(Embedded { manifest, embeddings, chain, computed: done.computed, reused: done.reused })
    }
}
