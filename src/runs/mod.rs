//! Runs on the disk: their folders, their provenance, checkpoints, and how they are found again.

mod bundle;
mod feature_chain;
mod features_recipe_1;
mod kind;
mod placement;
mod provenance;
mod run_dir;

pub use bundle::{
    BACKBONE_FILE, Bundle, BundleError, Checkpoint, FORMAT as BUNDLE_FORMAT, TrainedOn, newest_checkpoint,
};
pub use feature_chain::FeatureChain;
pub use kind::RunKind;
pub use placement::{Placed, Placement, Placer};
pub use provenance::{DatasetSummary, Provenance, RUN_SCHEMA, Timings, fields_of, timestamp};
pub use run_dir::{RunDir, RunError, newest_run, runs_folder};
pub(crate) use run_dir::{read_json, write_json};
