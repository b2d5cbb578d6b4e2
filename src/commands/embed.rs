//! Images to embeddings, through the store.

use super::{CommandError, Workspace};
use crate::backbones::Backbone;
use crate::data::{Embeddings, Manifest};
use crate::device::Device;
use crate::embeddings::Store;
use crate::features::{BackboneFeatures, Enhanced, FeatureExtractor};
use crate::images::DepthRange;
use crate::progress::Observer;
use crate::runs::{FeatureChain, FeaturesRecipe};

/// A network ready to embed, and the recipe with nothing left to defaults.
pub(super) struct Extraction {
    pub extractor: Enhanced<BackboneFeatures>,
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

/// The network that `recipe` names.
pub(super) fn backbone(recipe: &FeaturesRecipe, workspace: &Workspace) -> Result<Backbone, CommandError> {
    Ok(match &recipe.weights {
        Some(path) => Backbone::open(recipe.backbone, path, None)?,
        None => Backbone::load(recipe.backbone, &workspace.checkpoints)?,
    })
}

impl Extraction {
    pub(super) fn new(recipe: &FeaturesRecipe, device: Device, workspace: &Workspace) -> Result<Self, CommandError> {
        let backbone = backbone(recipe, workspace)?;
        Self::of(&backbone, recipe, device)
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
        let extractor = Enhanced::new(extractor, recipe.enhance.clone());
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

    /// Embeds every image of `manifest` that the store does not know yet.
    pub(super) fn embed(
        &self,
        manifest: &Manifest,
        depth: DepthRange,
        workspace: &Workspace,
        observer: &dyn Observer,
    ) -> Result<Embedded, CommandError> {
        let store = Store::open(&workspace.cache);
        let done = store.embed(manifest, &self.extractor, &depth, self.recipe.batch_size, observer)?;
        let manifest = done.align(manifest);
        let n_features = self.extractor.columns().len();
        let chain =
            FeatureChain { recipe: self.recipe.clone(), weights_hash: self.weights_hash.clone(), depth, n_features };
        Ok(Embedded { manifest, embeddings: done.embeddings, chain, computed: done.computed, reused: done.reused })
    }
}
