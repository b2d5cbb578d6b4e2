//! Feature chain: how images became features, kept so that new images are treated alike.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::detector_frames::FrameFeatures;
use crate::images::{DepthRange, Enhancement};
use crate::recipes::{FeaturesRecipe, NetworkRecipe, Slices};

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
    /// Where the images are patches of larger ones: how these are sliced.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slices: Option<Slices>,
    /// Counts per pixel of the dark frames that were given; absent: each series shows its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pedestal: Option<f64>,
    /// Brightness scale of images of more than 8 bits.
    pub depth: DepthRange,
    /// Number of features.
    pub n_features: usize,
}

impl fmt::Display for FeatureChain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.recipe.frame() {
            Some(FrameFeatures::MeanFlux) => return f.write_str("mean flux of each frame"),
            Some(FrameFeatures::RelativeFlux) => return f.write_str("flux of each frame against the beam's course"),
            Some(_) => return f.write_str("frame statistics"),
            None => {}
        }
        let network =
            self.recipe.network().map(|network| format!("{} {}", network.backbone, network.layers.join(" + ")));
        let blocks = self.recipe.hand_made().into_iter().flatten().map(|(block, _)| block.name().to_owned());
        let patch = self.recipe.patch().into_iter().flat_map(|patch| &patch.statistics);
        let patch = patch.map(|statistic| statistic.name().to_owned());
        let parts: Vec<String> = network.into_iter().chain(blocks).chain(patch).collect();
        f.write_str(&parts.join(" + "))?;
        if let Some(Slices { rows, columns }) = self.slices {
            write!(f, " of {rows}×{columns} patches")?;
        }
        let enhance: Vec<String> = self.recipe.enhance().iter().map(Enhancement::to_string).collect();
        if enhance.is_empty() { Ok(()) } else { write!(f, " after {}", enhance.join(", ")) }
    }
}

impl FeatureChain {
    /// Whether two chains give the same numbers for the same image; the batch size does not matter.
    #[must_use]
    pub fn agrees_with(&self, other: &Self) -> bool {
        let network = |chain: &Self| {
            let of = |network: &NetworkRecipe| (network.backbone, network.layers.clone(), network.resize);
            chain.recipe.network().map(of)
        };
        let blocks = |chain: &Self| chain.recipe.hand_made().map(|blocks| blocks.keys().copied().collect::<Vec<_>>());
        self.recipe.frame() == other.recipe.frame()
            && (self.recipe.frame().is_none() || self.pedestal == other.pedestal)
            && self.recipe.usable_from() == other.recipe.usable_from()
            && self.recipe.patch() == other.recipe.patch()
            && self.slices == other.slices
            && network(self) == network(other)
            && blocks(self) == blocks(other)
            && self.recipe.enhance() == other.recipe.enhance()
            && self.weights_hash == other.weights_hash
    }
}
