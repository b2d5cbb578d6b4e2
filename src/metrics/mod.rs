//! Judgements in numbers: pure functions, each says its range.

mod agreement;
pub mod classification;
mod clustering;
mod confusion;
mod contingency;
mod hungarian;
mod selective;
mod silhouette;

pub use agreement::{
    adjusted_rand_index, cramers_v, hungarian_accuracy, normalized_mutual_information, purity, stability,
};
pub use clustering::{Spread, noise_ratio, size_range, spread};
pub use confusion::{ConfusionMatrix, NotSquare};
pub use contingency::Contingency;
pub use selective::{RiskAtCoverage, RiskCoverage};
pub use silhouette::{Silhouettes, silhouette_cost, silhouettes};
