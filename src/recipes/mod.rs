//! Recipes: the settings of every command that has any, with their defaults, and how they are read.
//!
//! A recipe is a TOML file for one command, its [`Mode`]. Each mode has a type that holds what the command reads and nothing
//! else; [`load`] tells of everything that does not belong with file, line and column.

mod assign;
mod cluster;
mod dataset;
mod document;
mod error;
mod features;
mod foreign;
mod loading;
mod mode;
mod patches;
mod report;
mod retired;
mod search;
mod separate;
mod sweep;
mod train;

pub use assign::AssignRecipe;
pub use cluster::ClusterRecipe;
pub use dataset::DatasetRecipe;
pub use error::RecipeError;
pub use features::{
    EnhanceRecipe, FeaturesRecipe, FrameRecipe, HandMadeRecipe, NetworkRecipe, PatchFeatures, WeightedBlocks,
};
pub use loading::{Recipe, load, to_toml};
pub use mode::Mode;
pub use patches::{FitPer, Mosaic, PatchSearch, PatchesRecipe, PatchesSection, Slices};
pub use report::{LayoutChoice, ReportRecipe};
pub use search::{SearchClusterRecipe, SearchFeaturesRecipe, SearchNetwork, SearchRecipe, SearchSection};
pub use separate::SeparateRecipe;
pub use sweep::{SweepRecipe, Variant, load_sweep};
pub use train::TrainRecipe;

#[cfg(test)]
mod tests;
