//! `risk_coverage.csv`: `coverage, risk, novelty`: which share of images keeps its class, and which share of those is
//! wrong, where the most novel are rejected first; `novelty` is the score up to which images keep their class.

use std::path::Path;

use super::{TableError, csv_table};

/// Its name in a run folder.
pub const FILE: &str = "risk_coverage.csv";

/// Writes one row per point: coverage, risk, novelty.
///
/// # Errors
/// When the disk refuses.
pub fn write(path: &Path, points: impl IntoIterator<Item = [f64; 3]>) -> Result<(), TableError> {
    let cells = |point: [f64; 3]| point.map(|number| number.to_string());
    csv_table::write(path, ["coverage", "risk", "novelty"], points.into_iter().map(cells))
}
