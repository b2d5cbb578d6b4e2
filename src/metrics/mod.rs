//! How good a grouping is: pure functions.

mod silhouette;

pub use silhouette::{Silhouettes, silhouette_cost, silhouettes};
