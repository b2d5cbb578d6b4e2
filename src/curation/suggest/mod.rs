//! Active learning: suggestions what to decide next, and a prediction for every image nobody has looked at.
//!
//! ```text
//!  decisions ──▶ KnownLabels ──logistic, out of fold──▶ probabilities ──▶ LabelPredictions: class, confidence and
//!  features ───▶ Neighbourhoods (once) ────────────────────┤              label-error score per image
//!                                                          ├──▶ cluster queries: unlike what is named, large first
//!                                                          └──▶ batch queries: the least certain, predicted alike
//! ```
//!
//! First a few clusters far from each other are named, so that every kind has been seen once. From then on a decision
//! is worth most where labels are probably wrong: batches of images predicted alike, of which the few wrong ones are
//! picked out and the rest accepted at once. `benches/yield/` measures what this comes to.

mod batch_queries;
mod cluster_queries;
mod confident_learning;
mod known_labels;
mod model;
mod neighbourhoods;
mod predictions;
mod probabilities;
mod review_clusters;

pub use model::SuggestionModel;
pub use predictions::{BATCH_SIZE, LabelPredictions, RowPrediction, Suggestion, SuggestionKind};
pub use review_clusters::{REVIEW, review_clusters};

#[cfg(test)]
mod tests;
