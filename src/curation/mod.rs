//! What people decide about clusters and images: an append-only log, and labels as a pure replay of it.

mod apply;
mod decision;
mod folders;
mod label_table;
mod log;
mod replay;
mod suggest;

pub use apply::{ApplyError, Request, parse_requests};
pub use decision::{ClusterKey, Decision, Entry};
pub use folders::{ClusterMetadata, FolderEdits, FolderImage, FoldersError, METADATA_FILE, PlacedFile, folder_edits};
pub use label_table::{LabelTable, LabelTableError, Matched};
pub use log::{DecisionLog, LogError};
pub use replay::{Curation, Label, Removed, Source, replay};
pub use suggest::{Kind, Opinion, REVIEW, Reviewer, RowOpinion, SCREEN, Suggestion, review_clusters};
