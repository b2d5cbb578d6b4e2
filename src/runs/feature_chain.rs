//! How images became numbers, kept so that new images are treated alike.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::FeaturesRecipe;
use crate::detector_frames::FrameFeatures;
use crate::images::DepthRange;

/// Everything between a file and its feature vector.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FeatureChain {
    /// Network, layers, corrections and resizing, with nothing left to defaults.
    pub recipe: FeaturesRecipe,
    /// Hash of the network's weights; empty without a network.
    pub weights_hash: String,
    /// The data set of files that hold several; absent: the one that is found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dataset: Option<String>,
    /// Brightness scale of images of more than 8 bits.
    pub depth: DepthRange,
    /// Number of features.
    pub n_features: usize,
}

impl fmt::Display for FeatureChain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.recipe.frame {
            Some(FrameFeatures::MeanFlux) => return f.write_str("mean flux of each frame"),
            Some(FrameFeatures::RelativeFlux) => return f.write_str("flux of each frame against the beam's course"),
            Some(_) => return f.write_str("frame statistics"),
            None => {}
        }
        let network = format!("{} {}", self.recipe.backbone, self.recipe.layers.join(" + "));
        let blocks = self.recipe.hand_made.keys().map(|block| block.name().to_owned());
        let parts: Vec<String> = self.recipe.uses_network().then_some(network).into_iter().chain(blocks).collect();
        f.write_str(&parts.join(" + "))?;
        let enhance: Vec<String> = self.recipe.enhance.iter().map(ToString::to_string).collect();
        if enhance.is_empty() { Ok(()) } else { write!(f, " after {}", enhance.join(", ")) }
    }
}

impl FeatureChain {
    /// Whether two chains give the same numbers for the same image; the batch size does not matter.
    #[must_use]
    pub fn agrees_with(&self, other: &Self) -> bool {
        self.recipe.frame == other.recipe.frame
            && self.recipe.backbone == other.recipe.backbone
            && self.recipe.uses_network() == other.recipe.uses_network()
            && self.recipe.hand_made.keys().eq(other.recipe.hand_made.keys())
            && self.recipe.layers == other.recipe.layers
            && self.recipe.resize == other.recipe.resize
            && self.recipe.enhance == other.recipe.enhance
            && self.weights_hash == other.weights_hash
    }
}
