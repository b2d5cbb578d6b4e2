//! The `[separate]` section of a recipe.

use std::collections::BTreeMap;
use std::num::{NonZeroU8, NonZeroUsize};

use serde::{Deserialize, Serialize};

use crate::data::{Fraction, Positive, bounds, nonzero};
use crate::features::HandMadeBlock;
use crate::images::{Denoise, Enhancement};
use crate::outliers::Lof;

/// Which defects are separated, in this order, and how the rest is judged.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SeparationRecipe {
    /// Whether what stands in the middle of a tile is darker or brighter than its surroundings. Bright tiles are
    /// inverted first, so that features of dark shapes mean the same.
    pub polarity: Polarity,
    /// One defect each.
    pub layers: Vec<LayerRecipe>,
    /// How the tiles that no layer took are treated.
    pub inconsistency: InconsistencyRecipe,
}

/// Polarity: whether the middle of a tile is darker or brighter than its rim.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Polarity {
    /// As most tiles have it.
    #[default]
    Auto,
    /// Darker than what surrounds it.
    Dark,
    /// Brighter than what surrounds it.
    Bright,
}

/// A layer: what it looks at, how it clusters, which cluster it takes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LayerRecipe {
    /// Name of the tiles it takes.
    pub name: String,
    /// Blocks of features.
    pub features: Vec<HandMadeBlock>,
    /// Each feature as a robust score of how it differs from what the tiles around let expect: what drifts over the array
    /// drops out. As many of the nearest usual tiles are asked as stand at most this many rows and columns away; those of
    /// a group of defects are not usual. Absent: features as they are.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "bounds::tiles_around")]
    pub around: Option<NonZeroUsize>,
    /// Principal components of the standardised features, at most.
    #[serde(default = "nonzero::<5>", deserialize_with = "bounds::components")]
    pub n_components: NonZeroUsize,
    /// Clusters of k-means.
    #[serde(default = "nonzero::<3>", deserialize_with = "bounds::clusters")]
    pub k: NonZeroUsize,
    /// Starts of k-means.
    #[serde(default = "nonzero::<10>", deserialize_with = "bounds::starts")]
    pub n_init: NonZeroUsize,
    /// Which cluster it takes.
    #[serde(default)]
    pub take: Take,
    /// Robust standard deviations by which the cluster must stand out; absent: it is taken in any case. For `smallest`
    /// the mean of any feature counts, else that of the named one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub beyond: Option<Positive>,
    /// Share of `beyond` that each tile of the cluster must reach by itself in the named feature; absent: all are taken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub own: Option<Fraction>,
    /// How often a cluster that does not stand out far enough is itself clustered, to look for a rarer one inside.
    #[serde(default, deserialize_with = "bounds::tiles_around")]
    pub zoom: usize,
    /// How often the layer looks again at what it left over, until nothing stands out.
    #[serde(default = "nonzero::<1>", deserialize_with = "bounds::tiles_around")]
    pub rounds: NonZeroUsize,
}

/// Which cluster a layer takes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Take {
    /// The one of fewest tiles.
    #[default]
    Smallest,
    /// The one of the lowest mean of a feature.
    Lowest(String),
    /// The one of the highest mean of a feature.
    Highest(String),
}

/// How the tiles that no layer took are judged.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct InconsistencyRecipe {
    /// The blocks it looks at, and how much each weighs.
    pub features: BTreeMap<ContextBlock, Positive>,
    /// Passes of a median over 3×3 pixels before these features are measured: noise on an outline looks like a shape.
    pub denoise: u8,
    /// As for a layer.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "bounds::tiles_around")]
    pub around: Option<NonZeroUsize>,
    /// Neighbours and threshold of the local outlier factor.
    pub lof: Lof,
}

impl Default for InconsistencyRecipe {
    fn default() -> Self {
        use ContextBlock::{Anisotropy, Curvature, Neighbours, RadialDeviation, Rotation};
        const FULL: Positive = Positive::constant(1.0);
        const QUARTER: Positive = Positive::constant(0.25);
        // Curvature of an outline on the grid of pixels is mostly noise.
        let weights =
            [(Rotation, FULL), (Neighbours, FULL), (Anisotropy, FULL), (Curvature, QUARTER), (RadialDeviation, FULL)];
        let features = weights.into_iter().collect();
        Self { features, denoise: 3, around: NonZeroUsize::new(2), lof: Lof::default() }
    }
}

/// Features of a tile beside others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ContextBlock {
    /// The tile alone: [`HandMadeBlock::Rotation`].
    Rotation,
    /// [`HandMadeBlock::Surface`] less its mean over the up to eight grid neighbours that are left, and the length of that.
    Neighbours,
    /// The tile alone: [`HandMadeBlock::Anisotropy`].
    Anisotropy,
    /// The tile alone: [`HandMadeBlock::Curvature`].
    Curvature,
    /// [`HandMadeBlock::Radial`] less its mean over the tiles that are left: length, largest, |first|, |last|.
    RadialDeviation,
}

impl ContextBlock {
    /// The block that is measured on every tile.
    #[must_use]
    pub const fn measured(self) -> HandMadeBlock {
        match self {
            Self::Rotation => HandMadeBlock::Rotation,
            Self::Neighbours => HandMadeBlock::Surface,
            Self::Anisotropy => HandMadeBlock::Anisotropy,
            Self::Curvature => HandMadeBlock::Curvature,
            Self::RadialDeviation => HandMadeBlock::Radial,
        }
    }
}

impl SeparationRecipe {
    /// Whether tiles are compared with those around them, so that they must say where they stand.
    #[must_use]
    pub fn looks_around(&self) -> bool {
        self.layers.iter().any(|layer| layer.around.is_some())
            || self.inconsistency.around.is_some()
            || self.inconsistency.features.contains_key(&ContextBlock::Neighbours)
    }

    /// Every block that has to be measured for the layers, each once.
    #[must_use]
    pub fn blocks(&self) -> Vec<HandMadeBlock> {
        let mut blocks: Vec<HandMadeBlock> =
            self.layers.iter().flat_map(|layer| layer.features.iter().copied()).collect();
        blocks.push(HandMadeBlock::Missing); // its contrast says which polarity there is
        blocks.sort();
        blocks.dedup();
        blocks
    }
}

impl InconsistencyRecipe {
    /// Every block that has to be measured, each once.
    #[must_use]
    pub fn blocks(&self) -> Vec<HandMadeBlock> {
        self.features.keys().map(|block| block.measured()).collect()
    }

    /// How tiles are corrected before that.
    #[must_use]
    pub fn enhancements(&self) -> Vec<Enhancement> {
        let passes = NonZeroU8::new(self.denoise);
        passes.map(|passes| Enhancement::Denoise(Denoise { passes })).into_iter().collect()
    }
}
