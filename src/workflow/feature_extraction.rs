//! Images to embeddings, through the store.

use std::collections::{BTreeMap, BTreeSet};

use ndarray::{Array2, Axis, concatenate};

use super::patch_features::{self, MeasuredPatches};
use super::{Context, WorkflowError, frame_monitors};
use crate::backbones::Backbone;
use crate::data::{Embeddings, FrameAddress, Manifest, Positive};
use crate::detector_frames::{FrameContext, series_of};
use crate::device::Device;
use crate::embeddings::{Store, StoreError};
use crate::features::{
    BackboneFeatures, FeatureExtractor, Features as _, FrameStatistics, HandMade, HandMadeBlock, WithEnhancement,
};
use crate::images::{BrightnessPolicy, DepthRange, Enhancement};
use crate::memory::{MemoryBudget, bytes_of};
use crate::progress::Note;
use crate::recipes::{FeaturesRecipe, NetworkRecipe, PatchFeatures, Slices};
use crate::reducers::WeightedBlock;
use crate::runs::FeatureChain;

/// Everything ready to embed, and the recipe with nothing left to defaults.
pub(crate) struct FeatureExtraction {
    sources: Vec<FeatureSource>,
    pub recipe: FeaturesRecipe,
    /// Empty without a network.
    pub weights_hash: String,
    /// Rows and columns of the network's input; (0, 0) without one.
    pub input_size: (usize, usize),
    /// Where the images are patches: how they are sliced.
    pub slices: Option<Slices>,
    /// Counts per pixel of dark frames; `None`: each series shows its own.
    pub pedestal: Option<f64>,
    /// Whether frames are seen in their series as the first version did, as a checkpoint of then has learned.
    first_version: bool,
}

/// A block of columns: the network, what is made by hand, or the statistics of frames.
struct FeatureSource {
    extractor: FeatureExtractor,
    blocks: Vec<WeightedBlock>,
}

/// The features of a manifest, with what was left out on the way.
pub(crate) struct ExtractedFeatures {
    /// Without the images that could not be read; those are in `skipped`.
    pub manifest: Manifest,
    /// A row per record of `manifest`.
    pub embeddings: Embeddings,
    pub chain: FeatureChain,
    /// Names of the features.
    pub columns: Vec<String>,
    /// The blocks they belong to; empty where there is only a network, whose features are taken as they are.
    pub blocks: Vec<WeightedBlock>,
    /// Of patches that are told from the background by their own image: which rows show no object.
    pub background: Option<Vec<bool>>,
    /// Hand-made features that were not finite and became 0.
    pub replaced: usize,
    /// Images that went through the network now.
    pub computed: usize,
    /// Images whose features were there already.
    pub reused: usize,
}

impl ExtractedFeatures {
    /// The images that `manifest` has too, by path.
    pub(crate) fn only(self, manifest: &Manifest) -> Self {
        let wanted: BTreeSet<&str> = manifest.records.iter().map(|record| record.path.as_str()).collect();
        let records = &self.manifest.records;
        let rows: Vec<usize> = (0..records.len()).filter(|&row| wanted.contains(records[row].path.as_str())).collect();
        let kept = rows.iter().map(|&row| records[row].clone()).collect();
        let embeddings = self.embeddings.select(&rows);
        let background = self.background.as_ref().map(|all| rows.iter().map(|&row| all[row]).collect());
        Self { manifest: Manifest { records: kept, ..self.manifest }, embeddings, background, ..self }
    }
}

/// The network that `recipe` names.
///
/// # Errors
/// When its weights are not there, not right, or do not fit in memory.
pub(crate) fn backbone(recipe: &NetworkRecipe, context: &Context<'_>) -> Result<Backbone, WorkflowError> {
    let name = recipe.backbone;
    let checkpoints = &context.workspace.checkpoints;
    let file = recipe.weights.clone().unwrap_or_else(|| name.file_in(checkpoints));
    let stage = || format!("the network `{name}`");
    context.memory.admit_stage(Backbone::memory(&file), stage, "take `features.kind = \"hand_made\"`")?;
    Ok(match &recipe.weights {
        Some(path) => Backbone::open(name, path, None)?,
        None => Backbone::load(name, checkpoints)?,
    })
}

/// The network part of `recipe`, with this backbone whatever weights the recipe names.
pub(crate) fn network_features(
    backbone: &Backbone,
    recipe: &NetworkRecipe,
    device: Device,
) -> Result<WithEnhancement<BackboneFeatures>, WorkflowError> {
    let extractor = BackboneFeatures::new(backbone, &recipe.layers, recipe.resize, device)?;
    Ok(WithEnhancement::new(extractor, recipe.enhance.clone()))
}

impl FeatureExtraction {
    pub(crate) fn new(recipe: &FeaturesRecipe, context: &Context<'_>) -> Result<Self, WorkflowError> {
        let mut extraction = Self {
            sources: Vec::new(),
            recipe: recipe.clone(),
            weights_hash: String::new(),
            input_size: (0, 0),
            slices: None,
            pedestal: None,
            first_version: false,
        };
        match recipe {
            FeaturesRecipe::Network(network) => {
                extraction.add_network(network.clone(), context)?;
                if let Some(beside) = &network.hand_made {
                    extraction.add_hand_made(&beside.blocks, &network.enhance);
                }
            }
            FeaturesRecipe::HandMade(recipe) => extraction.add_hand_made(&recipe.blocks, &recipe.enhance),
            FeaturesRecipe::Frame(_) => {
                // The version of the statistics stands where a network has its weights.
                extraction.weights_hash = FrameStatistics.fingerprint();
                let extractor = FeatureExtractor::Counts(Box::new(FrameStatistics));
                extraction.sources.push(FeatureSource { extractor, blocks: Vec::new() });
            }
            // Patches are measured image by image, each image decoded once: see `patch_features`.
            FeaturesRecipe::Patch(_) => {}
        }
        Ok(extraction)
    }

    fn add_network(&mut self, mut recipe: NetworkRecipe, context: &Context<'_>) -> Result<(), WorkflowError> {
        let backbone = backbone(&recipe, context)?;
        if recipe.layers.is_empty() {
            recipe.layers = vec![recipe.backbone.default_layer().to_owned()];
        }
        backbone.hash().clone_into(&mut self.weights_hash);
        let spec = backbone.spec();
        self.input_size = (spec.size, spec.size);
        let extractor = Box::new(network_features(&backbone, &recipe, context.device)?);
        let weight = recipe.hand_made.as_ref().map_or(1.0, |beside| beside.network.get());
        let blocks = vec![WeightedBlock { columns: extractor.columns().len(), weight }];
        self.sources.push(FeatureSource { extractor: FeatureExtractor::Network(extractor), blocks });
        self.recipe = FeaturesRecipe::Network(recipe);
        Ok(())
    }

    fn add_hand_made(&mut self, blocks: &BTreeMap<HandMadeBlock, Positive>, enhance: &[Enhancement]) {
        let extractor = HandMade::new(blocks.keys().copied().collect());
        let blocks = blocks
            .iter()
            .map(|(block, weight)| WeightedBlock { columns: block.columns().len(), weight: weight.get() })
            .collect();
        let extractor = Box::new(WithEnhancement::new(extractor, enhance.to_vec()));
        self.sources.push(FeatureSource { extractor: FeatureExtractor::Shown(extractor), blocks });
    }

    /// Whether images are seen on a brightness scale; else as raw counts.
    pub(crate) fn is_shown(&self) -> bool {
        let shown = |source: &FeatureSource| !matches!(source.extractor, FeatureExtractor::Counts(_));
        self.recipe.patch().is_some() || self.sources.iter().any(shown)
    }

    /// Whether an image's features depend on the images around it in its series.
    pub(crate) fn has_context(&self) -> bool {
        self.recipe.frame().is_some()
    }

    /// Number of features of an image.
    fn n_features(&self) -> usize {
        match (self.recipe.frame(), self.recipe.patch()) {
            (Some(frame), _) => frame.columns().len(),
            (_, Some(patch)) => patch.statistics.len(),
            _ => self.sources.iter().map(|source| source.extractor.features().columns().len()).sum(),
        }
    }

    /// Frames seen as `chain` sees them, for numbers of `recipe`.
    pub(crate) fn like(
        recipe: &FeaturesRecipe,
        chain: &FeatureChain,
        context: &Context<'_>,
    ) -> Result<Self, WorkflowError> {
        let first_version = chain.weights_hash == FrameStatistics::FIRST_FINGERPRINT;
        Ok(Self { pedestal: chain.pedestal, first_version, ..Self::new(recipe, context)? })
    }

    /// As an earlier run or checkpoint did it.
    ///
    /// # Errors
    /// When other weights are at hand than it used, or this version of the program measures other features.
    pub(crate) fn as_before(chain: &FeatureChain, context: &Context<'_>) -> Result<Self, WorkflowError> {
        let mut extraction =
            Self { slices: chain.slices, pedestal: chain.pedestal, ..Self::new(&chain.recipe, context)? };
        if extraction.has_context() && chain.weights_hash == FrameStatistics::FIRST_FINGERPRINT {
            extraction.first_version = true;
            extraction.weights_hash.clone_from(&chain.weights_hash);
        }
        if extraction.weights_hash != chain.weights_hash {
            return Err(WorkflowError::failed(
                format!(
                    "the weights of {chain} here are not those used before (hash {} instead of {})",
                    extraction.weights_hash, chain.weights_hash
                ),
                "import the same weights file with `rails models import`, or start again with the new weights",
            ));
        }
        // A statistic that was added or taken out since would shift all columns after it.
        if extraction.n_features() != chain.n_features {
            return Err(WorkflowError::failed(
                format!(
                    "this version of rails measures {} features as {chain}, {} were used before",
                    extraction.n_features(),
                    chain.n_features
                ),
                "use the version of rails that made the run or checkpoint, or make it again",
            ));
        }
        Ok(extraction)
    }

    /// The brightness scale of `manifest`. Where the extractor looks at raw counts it is for people only, and a few
    /// images are enough to find it.
    pub(crate) fn depth(&self, manifest: &Manifest, policy: BrightnessPolicy, context: &Context<'_>) -> DepthRange {
        const ENOUGH: usize = 64;
        let n = manifest.records.len();
        if self.is_shown() || n <= ENOUGH {
            return DepthRange::fit(manifest, policy, context.observer);
        }
        let records = (0..ENOUGH).map(|at| manifest.records[at * n / ENOUGH].clone()).collect();
        DepthRange::fit(
            &Manifest { root: manifest.root.clone(), records, ..Manifest::default() },
            policy,
            context.observer,
        )
    }

    /// Embeds every image of `manifest` that the store does not know yet.
    pub(crate) fn embed(
        &self,
        manifest: &Manifest,
        depth: DepthRange,
        context: &Context<'_>,
    ) -> Result<ExtractedFeatures, WorkflowError> {
        if let Some(patch) = self.recipe.patch() {
            return self.embed_patches(patch, manifest, depth, context);
        }
        let store = Store::open(&context.workspace.cache).within(context.memory);
        let mut manifest = manifest.clone();
        let mut values: Vec<Array2<f32>> = Vec::with_capacity(self.sources.len());
        let (mut columns, mut replaced, mut computed, mut reused) = (Vec::new(), 0, 0, 0);
        for FeatureSource { extractor, .. } in &self.sources {
            let done = store.embed(&manifest, extractor, &depth, self.recipe.batch_size(), context.observer)?;
            if done.rows.len() < manifest.records.len() {
                for values in &mut values {
                    *values = values.select(Axis(0), &done.rows);
                }
            }
            manifest = done.align(&manifest);
            (computed, reused) = (computed.max(done.computed), reused.max(done.reused));
            replaced += done.replaced;
            columns.append(&mut extractor.features().columns());
            values.push(done.embeddings.into_values());
        }
        let mut values = side_by_side(values, context.memory)?;
        if let Some(frame) = self.recipe.frame() {
            columns = frame.columns();
            values = frame.in_series(values.view(), &series_of(&manifest), &self.frame_context(&manifest));
        }
        if replaced > 0 {
            context.observer.note(&Note::FeaturesNotFinite { features: replaced });
        }
        let alone = self.recipe.hand_made().is_none();
        let blocks = if alone {
            Vec::new()
        } else {
            self.sources.iter().flat_map(|source| source.blocks.iter().copied()).collect()
        };
        let embeddings = Embeddings::new(manifest.ids(), values).map_err(StoreError::from)?;
        let chain = self.chain(&manifest, depth, embeddings.values().ncols());
        let background = None;
        Ok(ExtractedFeatures { manifest, embeddings, chain, columns, blocks, background, replaced, computed, reused })
    }

    /// What is known of the frames beside their counts.
    fn frame_context(&self, manifest: &Manifest) -> FrameContext {
        FrameContext {
            line: self.recipe.usable_from(),
            pedestal: self.pedestal,
            // The first version knew of none.
            monitor: if self.first_version { None } else { frame_monitors::of(manifest) },
            first_version: self.first_version,
        }
    }

    /// Counts per pixel of each frame that can be read, without hot pixels, and those frames.
    ///
    /// # Panics
    /// When the recipe is not of frames.
    pub(super) fn trimmed_flux(
        &self,
        manifest: &Manifest,
        depth: DepthRange,
        context: &Context<'_>,
    ) -> Result<(Manifest, Vec<f64>), WorkflowError> {
        let store = Store::open(&context.workspace.cache).within(context.memory);
        let extractor = &self.sources[0].extractor;
        let done = store.embed(manifest, extractor, &depth, self.recipe.batch_size(), context.observer)?;
        let manifest = done.align(manifest);
        let values = done.embeddings.into_values();
        let flux = values.column(FrameStatistics::TRIMMED_MEAN).iter().map(|flux| f64::from(*flux)).collect();
        Ok((manifest, flux))
    }

    /// Measures patches; what is measured so fast is not stored.
    fn embed_patches(
        &self,
        recipe: &PatchFeatures,
        manifest: &Manifest,
        depth: DepthRange,
        context: &Context<'_>,
    ) -> Result<ExtractedFeatures, WorkflowError> {
        // Each patch's statistics twice, the second time in a list of its own.
        let (n, d) = (manifest.records.len(), recipe.statistics.len());
        let stage = || format!("the features of {n} patches");
        let bytes = bytes_of::<f64>(&[n, 2 * d + 8]);
        context.memory.admit_stage(bytes, stage, "take a sample of the images (`dataset.sample`), or fewer slices")?;
        let MeasuredPatches { manifest, values, background, replaced } =
            patch_features::measure(recipe, manifest, depth, context.observer);
        let embeddings = Embeddings::new(manifest.ids(), values).map_err(StoreError::from)?;
        let chain = self.chain(&manifest, depth, embeddings.values().ncols());
        let columns = recipe.statistics.iter().map(|statistic| statistic.name().to_owned()).collect();
        let computed = manifest.records.len();
        let (blocks, reused) = (Vec::new(), 0);
        Ok(ExtractedFeatures { manifest, embeddings, chain, columns, blocks, background, replaced, computed, reused })
    }

    fn chain(&self, manifest: &Manifest, depth: DepthRange, n_features: usize) -> FeatureChain {
        FeatureChain {
            recipe: self.recipe.clone(),
            weights_hash: self.weights_hash.clone(),
            // Of one run all frames lie in data sets of one name.
            dataset: manifest.records.iter().find_map(|record| FrameAddress::parse_text(&record.path)?.dataset),
            slices: self.slices,
            pedestal: self.pedestal,
            depth,
            n_features,
        }
    }
}

/// All columns of `blocks`, which have as many rows; a single block is not copied.
fn side_by_side(blocks: Vec<Array2<f32>>, memory: MemoryBudget) -> Result<Array2<f32>, WorkflowError> {
    let blocks = match <[_; 1]>::try_from(blocks) {
        Ok([only]) => return Ok(only),
        Err(several) => several,
    };
    let (n, d) = (blocks.first().map_or(0, Array2::nrows), blocks.iter().map(Array2::ncols).sum());
    let stage = || format!("{d} features of {n} images side by side");
    memory.admit_stage(bytes_of::<f32>(&[n, d]), stage, "take a sample of the images (`dataset.sample`)")?;
    let views: Vec<_> = blocks.iter().map(Array2::view).collect();
    concatenate(Axis(1), &views).map_err(|error| WorkflowError::failed(error.to_string(), "report this as a bug"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::progress::Silent;
    use crate::recipes::HandMadeRecipe;

    #[test]
    fn features_that_changed_since_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let (runs, checkpoints, datasets, cache) = (at("runs"), at("checkpoints"), at("datasets"), at("cache"));
        let workspace = crate::workflow::Workspace { runs, checkpoints, datasets, cache, images: None };
        let memory = MemoryBudget::of_machine();
        let context = Context { device: Device::Cpu, memory, workspace: &workspace, observer: &Silent };
        let blocks = BTreeMap::from([(HandMadeBlock::Statistics, Positive::try_from(1.0).unwrap())]);
        let n_features = HandMadeBlock::Statistics.columns().len();
        let chain = |n_features| FeatureChain {
            recipe: FeaturesRecipe::HandMade(HandMadeRecipe { enhance: Vec::new(), blocks: blocks.clone() }),
            weights_hash: String::new(),
            dataset: None,
            slices: None,
            pedestal: None,
            depth: DepthRange::default(),
            n_features,
        };
        assert!(FeatureExtraction::as_before(&chain(n_features), &context).is_ok());
        let refused = FeatureExtraction::as_before(&chain(n_features - 1), &context).err().unwrap();
        let told = format!("measures {n_features} features as statistics, {} were used before", n_features - 1);
        assert!(refused.to_string().contains(&told), "{refused}");
    }
}
