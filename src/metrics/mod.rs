//! Numbers that judge a result: pure functions.

mod agreement;
mod clustering;
mod contingency;
mod hungarian;

pub use agreement::{
    adjusted_rand_index, cramers_v, hungarian_accuracy, normalized_mutual_information, purity, stability,
};
pub use clustering::{Spread, noise_ratio, size_range, spread};
pub use contingency::Contingency;
