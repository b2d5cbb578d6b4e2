//! Tools of fitting that classifiers share: scaled features, weights of labels, the loss, and the size of steps.

mod class_weights;
mod doubt;
mod label_weights;
mod loss;
mod schedule;
mod standardizer;

pub use class_weights::ClassWeights;
pub(super) use label_weights::{label_weights, normalise};
pub(super) use loss::{is_astray, loss, losses, of_guessing, targets};
pub use schedule::Schedule;
pub(super) use standardizer::{BOUND, standardised};
pub use standardizer::{InputStandardizer, Scaling};
