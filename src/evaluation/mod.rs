//! Evaluation of classifiers: predictions and truth in; scores, intervals, calibration, rejection, novel classes out.
//!
//! ```text
//!  images ──────┐
//!  truth ───────┼─▶ LabelledPredictions ─┬─▶ Evaluation: scores, intervals, calibration, accuracy by field
//!  Predictions ─┘    NovelImages ────────┴─▶ Rejection: risk over coverage, detection of novel classes
//!
//!  folds ─▶ CrossValidation ─▶ RecipeResult (one per recipe) ─▶ rank, as_good_as
//! ```
//!
//! All of it is pure: the same input gives the same numbers, nothing is read, written or drawn.

mod cross_validation;
mod fold_scores;
mod labelled_predictions;
mod measures;
mod novel_images;
mod predictions;
mod ranking;
mod rejection;
mod scores;

pub use cross_validation::{CrossValidation, RecipeResult};
pub use fold_scores::{FoldScores, FoldStatistics};
pub use labelled_predictions::{LabelledImage, LabelledPredictions, divide_by_truth};
pub use measures::{Confidence, Evaluation, FieldRow};
pub use novel_images::{NovelClass, NovelImages};
pub use predictions::{Novelty, Predictions};
pub use ranking::{RankBy, rank};
pub use rejection::{NovelClassDetection, Rejection};
pub use scores::{NamedScore, Scores, intervals};
