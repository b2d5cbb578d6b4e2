//! The use cases, one folder or file per command. No command names another: what several need is in `workflow`.

mod assign;
mod cluster;
mod compare;
mod error;
mod evaluate;
mod models;
mod patches;
mod predict;
mod search;
mod separate;
mod suggest;
mod sweep;
mod tile;
mod train;

pub use crate::explore::{ExploreSummary, Explorer};
pub use crate::review::Review;
pub use assign::{AssignFindings, AssignSummary, assign};
pub use cluster::{ClusterFindings, ClusterOptions, ClusterSummary, FeatureStatistics, cluster};
pub use compare::{Compared, HEADLINE, Pair, compare, more_is_better};
pub use error::CommandError;
pub use evaluate::{EvaluateFindings, EvaluateOptions, EvaluateSummary, evaluate};
pub use models::{ImportSummary, ModelRow, import_model, list_models, pull_model};
pub use patches::{
    FlatFieldEffect, ImageInView, InView, PatchesFindings, PatchesMethod, PatchesSummary, SearchResults, SearchRow,
    patches,
};
pub use predict::{
    NearestImage, PredictOptions, PredictSummary, Prediction, PredictionsFile, TableFormat, UnknownCounts, predict,
    predictions_text,
};
pub use search::{CombinationRow, SearchFindings, SearchOptions, SearchSummary, search, texts};
pub use separate::{LayerRow, SeparateFindings, SeparateSummary, separate};
pub use suggest::{Suggested, propagate, suggest};
pub use sweep::{SweepFindings, SweepRow, SweepSummary, sweep};
pub use tile::{TileReport, tile};
pub use train::{TrainFindings, TrainOptions, TrainSummary, train};
