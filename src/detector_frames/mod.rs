//! Frames of a detector: seen in their series, they are usable or spoiled by the shutter or the beam.
//!
//! ```text
//!  counts ─features::FrameStatistics─▶ statistics of each frame ─FrameFeatures::in_series─▶ features
//!                                                                                   │
//!                             spoiled / usable ◀─agree─ clusters of each series ◀───┘
//! ```
//!
//! [`crate::images`] reads the files, [`crate::report`] draws; here are only numbers.

mod agreement;
mod beam;
mod context;
mod features;
mod flux;
mod frame_context;
mod light;
mod pedestal;
mod per_series;
mod series;

pub use agreement::{CLUSTER_NAMES, SeriesAgreement, SeriesLight, agree};
pub use features::FrameFeatures;
pub use flux::{Flux, GroupMembers};
pub use frame_context::FrameContext;
pub use per_series::{PerSeries, cluster_per_series};
pub use series::{Series, rows_by_field, series_of};

use crate::metrics::upper_median;

/// The upper median, which is a value of some frame; 0 without values.
fn typical(values: impl Iterator<Item = f64>) -> f64 {
    upper_median(&mut values.collect::<Vec<f64>>()).unwrap_or(0.0)
}
