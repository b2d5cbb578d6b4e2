//! Judgements in numbers: pure functions, each says its range.

mod agreement;
mod calibration;
pub mod classification;
mod clustering;
mod confusion;
mod contingency;
#[cfg(test)]
mod golden;
mod hungarian;
mod intervals;
mod mcnemar;
mod order;
mod ranking;
mod selective;
mod silhouette;

pub use agreement::{
    adjusted_rand_index, cramers_v, hungarian_accuracy, normalized_mutual_information, purity, stability,
};
pub use calibration::{BINS, Reliability, ReliabilityBin, error_by_chance};
pub use clustering::{Spread, noise_ratio, size_range, spread};
pub use confusion::{ConfusionMatrix, NotSquare};
pub use contingency::Contingency;
pub use intervals::{Interval, LEVEL, RESAMPLES, bootstrap, wilson, wilson_of_share};
pub use mcnemar::{EXACT_BELOW, McNemar};
pub use order::{median, quantile, upper_median};
pub use ranking::{Ranking, macro_average_precision, macro_roc_auc};
pub use selective::{RiskAtCoverage, RiskCoverage};
pub use silhouette::{Silhouettes, silhouette_cost, silhouette_memory, silhouette_sums, silhouettes};
