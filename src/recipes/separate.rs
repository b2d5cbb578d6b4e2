//! Recipes of `rails separate`: tiles, one defect after another.

use serde::{Deserialize, Serialize};

use super::document::{RecipeMistake, RecipeTable};
use super::{DatasetRecipe, EnhanceRecipe, Mode, Recipe};
use crate::reducers::Reduction;
use crate::separation::SeparationRecipe;

/// Recipe of `rails separate`: all its settings.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SeparateRecipe {
    /// Part of the run folder's name.
    pub name: String,
    /// The same seed gives the same run.
    pub seed: u64,
    /// Which tiles.
    pub dataset: DatasetRecipe,
    /// Corrections before tiles are measured.
    pub features: EnhanceRecipe,
    /// How the features of all layers are laid out in the report and on the review page.
    pub reduce: Reduction,
    /// The layers, and how the rest is judged.
    pub separate: SeparationRecipe,
}

impl Default for SeparateRecipe {
    fn default() -> Self {
        Self {
            name: "tiles".to_owned(),
            seed: 42,
            dataset: DatasetRecipe::default(),
            features: EnhanceRecipe::default(),
            reduce: Reduction::default(),
            separate: SeparationRecipe::default(),
        }
    }
}

impl Recipe for SeparateRecipe {
    const MODE: Mode = Mode::Separate;

    fn read(document: RecipeTable<'_>) -> Result<Self, RecipeMistake> {
        document.read()
    }

    fn name_and_dataset(&mut self) -> (&mut String, &mut DatasetRecipe) {
        (&mut self.name, &mut self.dataset)
    }
}
