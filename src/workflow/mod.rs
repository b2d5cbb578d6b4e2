//! Steps that several commands share: opening a data set, features, labelled images, clustering and its folders, the
//! beginning and the end of a run.
//!
//! ```text
//!  dataset ──▶ feature_extraction ──▶ clustering, feature_table, evaluation_report ──▶ run (the folder)
//!                     ▲                        ▲
//!               run_features            labelled_images ◀── labelling (decisions of people)
//! ```

pub(crate) mod checkpoint;
pub(crate) mod class_folders;
pub mod clustering;
mod context;
pub(crate) mod dark_frames;
pub(crate) mod dataset;
mod error;
pub(crate) mod evaluation_report;
pub(crate) mod feature_extraction;
pub(crate) mod feature_table;
pub(crate) mod flux;
mod frame_monitors;
pub(crate) mod gallery;
pub(crate) mod labelled_images;
pub(crate) mod labelling;
pub(crate) mod layout;
pub(crate) mod patch_clustering;
pub(crate) mod patch_features;
pub(crate) mod report_blocks;
mod run;
pub(crate) mod run_features;
pub(crate) mod run_images;
pub(crate) mod split_constraints;
mod workspace;

pub use context::Context;
pub use error::WorkflowError;
pub(crate) use error::unsaid_causes;
pub use labelled_images::LabelSources;
pub use labelling::{CurateSummary, Curator, ExportFormat, ExportSummary, LabelImport, weigh};
pub use run::RunSummary;
pub(crate) use run::{Run, RunInputs};
pub use workspace::Workspace;
