//! Confidence of predictions: temperature scaling and rejection of what is novel or unsure, joined in a
//! [`ConfidenceModel`].
//!
//! Both are fitted on images that were not learned from ([`HeldOut`]): the validation images, or those of each fold of
//! a cross-validation.

mod calibration;
mod held_out;
mod model;
mod novelty_scale;
mod rejection;

pub use calibration::{CalibrateRecipe, Calibration, HeldOutFrom, TemperatureFit};
pub use held_out::HeldOut;
pub use model::{ConfidenceFit, ConfidenceModel};
pub use rejection::{Recognition, RejectRecipe, RejectRule, UnknownBecause};
