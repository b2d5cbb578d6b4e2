//! The hand-made features that a separation looks at.

use super::CommandError;
use crate::data::Manifest;
use crate::features::HandMadeBlock;
use crate::images::{DepthRange, Enhancement};
use crate::metrics::upper_median;
use crate::recipes::{FeaturesRecipe, HandMadeRecipe, SeparateRecipe, WeightedBlocks};
use crate::separation::Polarity;
use crate::workflow::Context;
use crate::workflow::feature_extraction::{ExtractedFeatures, FeatureExtraction};

/// The features of every tile, inverted first where what stands in its middle is bright.
pub(super) struct MeasuredTiles {
    /// Features for the layers.
    pub layers: ExtractedFeatures,
    /// Features for the inconsistency.
    pub surroundings: ExtractedFeatures,
}

impl MeasuredTiles {
    /// Measures every tile; `depth` is the brightness scale.
    ///
    /// # Errors
    /// When the recipe names nothing to look at, or a stage fails.
    pub fn of(
        recipe: &SeparateRecipe,
        manifest: &Manifest,
        depth: DepthRange,
        context: &Context<'_>,
    ) -> Result<Self, CommandError> {
        let separation = &recipe.separate;
        if separation.inconsistency.features.is_empty() {
            let text = "`separate.inconsistency.features` names nothing to look at: leave it out for all of its blocks";
            return Err(CommandError::usage(text));
        }
        let embed = |manifest: &Manifest, blocks: Vec<HandMadeBlock>, corrections: Vec<Enhancement>| {
            let blocks = blocks.into_iter().map(|block| (block, WeightedBlocks::usual())).collect();
            let enhance = recipe.features.enhance.iter().copied().chain(corrections).collect();
            let features = FeaturesRecipe::HandMade(HandMadeRecipe { enhance, blocks });
            FeatureExtraction::new(&features, context)?.embed(manifest, depth, context)
        };
        let dark = |manifest: &Manifest| embed(manifest, separation.blocks(), Vec::new());
        let bright = |manifest: &Manifest| embed(manifest, separation.blocks(), vec![Enhancement::Invert]);
        let (layers, inverted) = match separation.polarity {
            Polarity::Dark => (dark(manifest)?, false),
            Polarity::Bright => (bright(manifest)?, true),
            Polarity::Auto => {
                let measured = dark(manifest)?;
                if median_contrast(&measured) > 0.0 { (bright(manifest)?, true) } else { (measured, false) }
            }
        };
        let mut corrections = if inverted { vec![Enhancement::Invert] } else { Vec::new() };
        corrections.extend(separation.inconsistency.enhancements());
        let surroundings = embed(&layers.manifest, separation.inconsistency.blocks(), corrections)?;
        if surroundings.manifest.records.len() < layers.manifest.records.len() {
            let hint = "leave the folder alone while it is read, and run again";
            return Err(CommandError::failed("tiles changed while they were measured", hint));
        }
        Ok(Self { layers, surroundings })
    }
}

/// How much brighter the middle of a tile is than its rim, in grey levels.
fn median_contrast(measured: &ExtractedFeatures) -> f64 {
    let Some(column) = measured.columns.iter().position(|column| column == "missing_contrast") else { return 0.0 };
    let contrasts = measured.embeddings.values().column(column).mapv(f64::from);
    upper_median(&mut contrasts.to_vec()).unwrap_or(0.0)
}
