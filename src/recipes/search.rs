//! Recipes of `rails search`: combinations of features, tried against each other.

use std::num::NonZeroUsize;

use serde::{Deserialize, Serialize};

use super::document::{RecipeMistake, RecipeTable};
use super::{DatasetRecipe, Mode, NetworkRecipe, Recipe, WeightedBlocks};
use crate::backbones::BackboneName;
use crate::clusterers::{KMeans, PickK};
use crate::data::bounds;
use crate::images::{Enhancement, Resize};
use crate::reducers::Reduction;

/// Recipe of `rails search`: all its settings.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SearchRecipe {
    /// Part of the run folder's name.
    pub name: String,
    /// The same seed gives the same run.
    pub seed: u64,
    /// Which images.
    pub dataset: DatasetRecipe,
    /// Feature settings that all combinations share.
    pub features: SearchFeaturesRecipe,
    /// Reduction of the features.
    pub reduce: Reduction,
    /// Numbers of clusters, and what ranks.
    pub cluster: SearchClusterRecipe,
    /// Combinations that are tried.
    pub search: SearchSection,
}

/// Feature settings that all combinations of a search share.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SearchFeaturesRecipe {
    /// How an image is brought to a network's input size.
    pub resize: Resize,
    /// Images per step through a network.
    #[serde(deserialize_with = "bounds::images_per_step")]
    pub batch_size: NonZeroUsize,
    /// Hand-made blocks beside every network.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hand_made: Option<WeightedBlocks>,
}

/// How a search groups images and ranks what came of it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SearchClusterRecipe {
    /// The score that ranks combinations.
    pub pick_k: PickK,
    /// K-means and the numbers of clusters to try.
    pub kmeans: KMeans,
}

/// The `[search]` section: combinations of features to try.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SearchSection {
    /// Lists of enhancements, each tried with every network and layer; empty: none.
    pub enhance: Vec<Vec<Enhancement>>,
    /// Networks and their layers; absent: every network with its usual layer.
    pub features: Vec<SearchNetwork>,
}

/// A network of a search.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SearchNetwork {
    /// Which network.
    pub backbone: BackboneName,
    /// Each list of layers is concatenated and tried.
    pub layers: Vec<Vec<String>>,
}

impl Default for SearchRecipe {
    fn default() -> Self {
        Self {
            name: "search".to_owned(),
            seed: 42,
            dataset: DatasetRecipe::default(),
            features: SearchFeaturesRecipe::default(),
            reduce: Reduction::default(),
            cluster: SearchClusterRecipe::default(),
            search: SearchSection::default(),
        }
    }
}

impl Default for SearchFeaturesRecipe {
    fn default() -> Self {
        let NetworkRecipe { resize, batch_size, .. } = NetworkRecipe::default();
        Self { resize, batch_size, hand_made: None }
    }
}

impl Default for SearchSection {
    fn default() -> Self {
        let network = |&backbone: &BackboneName| SearchNetwork {
            backbone,
            layers: vec![vec![backbone.default_layer().to_owned()]],
        };
        Self { enhance: Vec::new(), features: BackboneName::ALL.iter().map(network).collect() }
    }
}

impl SearchRecipe {
    /// Every combination.
    #[must_use]
    pub fn combinations(&self) -> Vec<NetworkRecipe> {
        let plain = [Vec::new()];
        let enhancements = if self.search.enhance.is_empty() { plain.as_slice() } else { &self.search.enhance };
        let SearchFeaturesRecipe { resize, batch_size, hand_made } = &self.features;
        let mut combinations = Vec::new();
        for network in &self.search.features {
            for layers in &network.layers {
                combinations.extend(enhancements.iter().map(|enhance| NetworkRecipe {
                    backbone: network.backbone,
                    layers: layers.clone(),
                    weights: None,
                    resize: *resize,
                    batch_size: *batch_size,
                    enhance: enhance.clone(),
                    hand_made: hand_made.clone(),
                }));
            }
        }
        combinations
    }
}

impl Recipe for SearchRecipe {
    const MODE: Mode = Mode::Search;

    fn read(document: RecipeTable<'_>) -> Result<Self, RecipeMistake> {
        document.read()
    }

    fn name_and_dataset(&mut self) -> (&mut String, &mut DatasetRecipe) {
        (&mut self.name, &mut self.dataset)
    }
}
