//! The use cases: the only code that joins stages.

mod cluster;
mod compare;
pub(crate) mod curate;
pub(crate) mod dataset;
mod dividing;
mod embed;
mod error;
mod evaluate;
pub(crate) mod export;
mod flux;
mod gather;
mod grid;
mod import;
mod models;
mod pages;
pub(crate) mod patches;
mod predict;
mod predictions;
mod record;
pub(crate) mod run_features;
mod separate;
mod suggest;
mod sweep;
mod tile;
mod train;
mod workspace;

pub use crate::explore::{ExploreSummary, Explorer};
pub use crate::review::Review;
pub use cluster::{
    AssignSummary, ClusterOptions, ClusterRow, ClusterSummary, FeatureStatistics, MethodSummary, assign, cluster,
};
pub use compare::{Compared, HEADLINE, Pair, compare, more_is_better};
pub use curate::{CurateSummary, Curator};
pub use error::CommandError;
pub use evaluate::{
    Confidence, EvaluateOptions, EvaluateSummary, Evaluation, FieldRow, NeverLearned, Scores, StrangerClass, Withheld,
    evaluate,
};
pub use export::{ExportFormat, ExportSummary};
pub use grid::{GridRow, GridSummary, grid, texts};
pub use import::LabelImport;
pub use models::{ImportSummary, ModelRow, import_model, list_models, pull_model};
pub use patches::{FlatFieldEffect, PatchesMethod, PatchesSummary, SearchResults, SearchRow, patches};
pub use predict::{NearestImage, PredictOptions, PredictSummary, Prediction, predict};
pub use predictions::{TableFormat, predictions_text, write_predictions};
pub use separate::{LayerRow, SeparateSummary, separate};
pub use suggest::{Suggested, propagate, suggest, weigh};
pub use sweep::{FoldScores, Spread, SweepRow, SweepSummary, sweep};
pub use tile::{TileReport, tile};
pub use train::{TrainSummary, train};
pub use workspace::Workspace;
