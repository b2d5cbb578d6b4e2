//! What a run was told to do, where its results lie, and how they are found again.

mod bundle;
mod dataset;
mod feature_chain;
mod kind;
mod loading;
mod patches;
mod placement;
mod provenance;
mod recipe;
mod recipe_error;
mod run_dir;
mod sweep;

pub use bundle::{
    BACKBONE_FILE, Bundle, BundleError, Checkpoint, FORMAT as BUNDLE_FORMAT, TrainedOn, newest_checkpoint,
};
pub use dataset::{DatasetRecipe, fields_of};
pub use feature_chain::FeatureChain;
pub use kind::RunKind;
pub use loading::{load, to_toml};
pub use patches::{FitPer, Mosaic, PatchSearch, PatchesRecipe, Slices};
pub use placement::{Placed, Placement, Placer, safe_name};
pub use provenance::{DatasetSummary, Provenance, Timings, timestamp};
pub use recipe::{ClusterRecipe, FeaturesRecipe, GridFeatures, GridRecipe, LayoutChoice, ReportRecipe, TrainRecipe};
pub use recipe_error::RecipeError;
pub use run_dir::{RunDir, RunError, newest_run, runs_folder};
pub(crate) use run_dir::{read_json, write_json};
pub use sweep::{SweepRecipe, Variant, load_sweep};
