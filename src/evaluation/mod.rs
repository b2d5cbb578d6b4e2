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
mod divide_by_truth;
mod fold_scores;
mod labelled_image;
mod labelled_predictions;
mod measures;
mod novel_images;
mod predictions;
mod rank_by;
mod ranking;
mod rejection;
mod scores;

pub use cross_validation::{CrossValidation, RecipeResult};
pub use divide_by_truth::divide_by_truth;
pub use fold_scores::{FoldScores, FoldStatistics};
pub use labelled_image::LabelledImage;
pub use labelled_predictions::LabelledPredictions;
pub use measures::{Confidence, Evaluation, FieldRow};
pub use novel_images::{NovelClass, NovelImages};
pub use predictions::Predictions;
pub use rank_by::RankBy;
pub use ranking::rank;
pub use rejection::{KeptImages, NovelClassDetection, RejectedImages, Rejection};
pub use scores::{NamedScore, Scores, intervals};
