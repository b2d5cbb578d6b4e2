//! Recipes of `rails cluster`: whole images and frames.

use serde::{Deserialize, Serialize};

use super::document::{RecipeMistake, RecipeTable};
use super::{DatasetRecipe, FeaturesRecipe, Mode, Recipe, ReportRecipe};
use crate::clusterers::ClusterSection;
use crate::reducers::{Reduction, Tsne};

/// Recipe of `rails cluster`: all its settings.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ClusterRecipe {
    /// Part of the run folder's name.
    pub name: String,
    /// The same seed gives the same run.
    pub seed: u64,
    /// Which images.
    pub dataset: DatasetRecipe,
    /// Features of each image.
    pub features: FeaturesRecipe,
    /// Reduction of the features.
    pub reduce: Reduction,
    /// Clustering algorithms and their settings.
    pub cluster: ClusterSection,
    /// How images are laid out in the plane.
    pub tsne: Tsne,
    /// Plots and galleries of the report.
    pub report: ReportRecipe,
}

impl Default for ClusterRecipe {
    fn default() -> Self {
        Self {
            name: "images".to_owned(),
            seed: 42,
            dataset: DatasetRecipe::default(),
            features: FeaturesRecipe::default(),
            reduce: Reduction::default(),
            cluster: ClusterSection::default(),
            tsne: Tsne::default(),
            report: ReportRecipe::default(),
        }
    }
}

impl Recipe for ClusterRecipe {
    const MODE: Mode = Mode::Cluster;

    fn read(mut document: RecipeTable<'_>) -> Result<Self, RecipeMistake> {
        let features = document.take("features")?.map(FeaturesRecipe::read).transpose()?.unwrap_or_default();
        Ok(Self { features, ..document.read()? })
    }

    fn name_and_dataset(&mut self) -> (&mut String, &mut DatasetRecipe) {
        (&mut self.name, &mut self.dataset)
    }
}
