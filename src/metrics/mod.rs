//! Judgements in numbers: pure functions, each says its range.

pub mod classification;
mod confusion;
mod silhouette;

pub use confusion::{ConfusionMatrix, NotSquare};
pub use silhouette::{Silhouettes, silhouette_cost, silhouettes};
