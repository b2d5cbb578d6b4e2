//! Runs on the disk: their folders, their provenance, checkpoints, and how they are found again.

mod bundle;
mod feature_chain;
mod features_recipe_1;
mod images_place;
mod kind;
mod order;
mod placement;
mod provenance;
mod run_dir;

pub use bundle::{
    BACKBONE_FILE, Bundle, BundleError, Checkpoint, FORMAT as BUNDLE_FORMAT, TrainedOn, newest_checkpoint,
    next_checkpoint,
};
pub use feature_chain::FeatureChain;
pub use images_place::ImagesPlace;
pub use kind::RunKind;
pub use order::next_sequence;
pub use placement::{Placed, Placement, Placer};
pub use provenance::{
    ASSIGNER_FILE, DatasetSummary, PROJECTION_FILE, Provenance, RUN_SCHEMA, Timings, fields_of, timestamp,
};
pub use run_dir::{RunDir, RunError, newest_run, runs_folder};
pub(crate) use run_dir::{read_json, write_json};
