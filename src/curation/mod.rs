//! Curation: people's decisions about clusters and images in an append-only log, and labels as a pure replay of it.

mod apply;
mod clusters_now;
mod decision;
mod folders;
mod history;
mod label_matching;
mod label_table;
mod log;
mod repeat;
mod replay;
mod sentence;
mod suggest;

pub use apply::{ApplyError, Request, parse_requests};
pub use decision::{ClusterKey, Decision, LogEntry};
pub use folders::{Emptied, FolderEdits, FolderImage, FoldersError, folder_edits};
pub use history::{next_instant, redoable, undoable};
pub use label_matching::Mismatch;
pub use label_table::{LabelTable, LabelTableError, MatchedLabels};
pub use log::{DecisionLog, LogError, LogLock};
pub use repeat::is_repeated;
pub use replay::{ClusterOf, Curation, Label, LabelSource, Removed, replay, undone};
pub use suggest::{
    BATCH_SIZE, ExpectedAccuracy, LabelPredictions, REVIEW, RowPrediction, Suggestion, SuggestionKind, SuggestionModel,
    review_clusters,
};
