//! Active learning: suggestions what to decide next, and a prediction for every image nobody has looked at.
//!
//! ```text
//!  decisions ──▶ KnownLabels ──logistic, out of fold──▶ Probabilities ──Calibration──▶ LabelPredictions: class, confidence,
//!  features ───▶ Neighbourhoods (once) ────────────────────┤                           label-error score, ExpectedAccuracy
//!                                                          ├──▶ cluster queries: unlike what is named, large first
//!                                                          ├──▶ samples: are names true, what is there at all
//!                                                          └──▶ batch queries: the least certain, predicted alike
//! ```
//!
//! First a few clusters far from each other are named, so that every kind has been seen once, and a sample says how pure the
//! named ones are. From then on a decision is worth most where labels are probably wrong: batches of images predicted alike,
//! of which the few wrong ones are picked out and the rest accepted at once. Where clusters are mixed and most bear one name, a
//! sample of everything takes the place of naming. `benches/yield/` measures what this comes to.

mod batch_queries;
mod calibration;
mod cluster_queries;
mod confident_learning;
mod expected_accuracy;
mod known_labels;
mod model;
mod neighbourhoods;
mod predictions;
mod probabilities;
mod purity;
mod review_clusters;
mod samples;
mod units;

pub use expected_accuracy::ExpectedAccuracy;
pub use model::SuggestionModel;
pub use predictions::{BATCH_SIZE, LabelPredictions, RowPrediction, Suggestion, SuggestionKind};
pub use review_clusters::{REVIEW, review_clusters};

#[cfg(test)]
mod tests;
