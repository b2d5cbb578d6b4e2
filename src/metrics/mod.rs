//! Judgements in numbers: pure functions, each says its range.

pub mod classification;
mod confusion;

pub use confusion::{ConfusionMatrix, NotSquare};
