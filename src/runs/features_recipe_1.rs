//! The `[features]` of bundles of the formats 1 and 2 and of runs without a schema: one table whose keys excluded each
//! other without saying so.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::path::PathBuf;

use serde::Deserialize;
use serde_json::Value;

use crate::backbones::BackboneName;
use crate::data::{NonNegative, Positive};
use crate::detector_frames::FrameFeatures;
use crate::features::HandMadeBlock;
use crate::images::{Enhancement, Resize};
use crate::recipes::{FeaturesRecipe, FrameRecipe, HandMadeRecipe, NetworkRecipe, WeightedBlocks};

/// The `[features]` of earlier versions; keys that are not written had these defaults.
#[derive(Deserialize)]
#[serde(default)]
struct FeaturesRecipe1 {
    /// Numbers of frames instead of all the rest.
    frame: Option<FrameFeatures>,
    backbone: BackboneName,
    layers: Vec<String>,
    weights: Option<PathBuf>,
    resize: Resize,
    batch_size: NonZeroUsize,
    enhance: Vec<Enhancement>,
    /// Weight of the network, 1 where it is not written; 0 left it out.
    network: Option<NonNegative>,
    hand_made: BTreeMap<HandMadeBlock, Positive>,
}

impl Default for FeaturesRecipe1 {
    fn default() -> Self {
        let NetworkRecipe { backbone, layers, weights, resize, batch_size, enhance, .. } = NetworkRecipe::default();
        let (frame, network, hand_made) = (None, None, BTreeMap::new());
        Self { frame, backbone, layers, weights, resize, batch_size, enhance, network, hand_made }
    }
}

impl From<FeaturesRecipe1> for FeaturesRecipe {
    fn from(old: FeaturesRecipe1) -> Self {
        if let Some(statistics) = old.frame {
            return Self::Frame(FrameRecipe { statistics, ..FrameRecipe::default() });
        }
        let weight = old.network.map_or(1.0, NonNegative::get);
        let Ok(network) = Positive::try_from(weight) else {
            // Runs over patches named no block: they go by statistics.
            let patches = || BTreeMap::from([(HandMadeBlock::Statistics, WeightedBlocks::usual())]);
            let blocks = if old.hand_made.is_empty() { patches() } else { old.hand_made };
            return Self::HandMade(HandMadeRecipe { enhance: old.enhance, blocks });
        };
        let blocks = old.hand_made;
        Self::Network(NetworkRecipe {
            backbone: old.backbone,
            layers: old.layers,
            weights: old.weights,
            resize: old.resize,
            batch_size: old.batch_size,
            enhance: old.enhance,
            hand_made: (!blocks.is_empty()).then_some(WeightedBlocks { network, blocks }),
        })
    }
}

/// Rewrites `features.recipe` of a run.json or bundle.json of that age to today's form.
pub(super) fn upgrade(document: &mut Value) -> Result<(), serde_json::Error> {
    if let Some(recipe) = document.pointer_mut("/features/recipe") {
        let old: FeaturesRecipe1 = serde_json::from_value(recipe.take())?;
        *recipe = serde_json::to_value(FeaturesRecipe::from(old))?;
    }
    Ok(())
}
