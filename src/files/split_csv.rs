//! `split.csv`: `id, path, class, part, predicted, confidence`, a row per labelled image: which part it played in training,
//! and what the classifier takes it for.

use std::path::Path;

use super::{TableError, csv_table};
use crate::data::ImageId;

/// Its name in a run folder.
pub const FILE: &str = "split.csv";

/// A labelled image.
#[derive(Debug, Clone, PartialEq)]
pub struct SplitRow<'a> {
    pub id: ImageId,
    pub path: String,
    /// Its label.
    pub class: &'a str,
    /// `train`, `validation` or `test`.
    pub part: &'a str,
    /// The most likely class.
    pub predicted: &'a str,
    /// The probability of that class, in `0.0..=1.0`.
    pub confidence: f32,
}

/// Writes one row per image.
///
/// # Errors
/// When the disk refuses.
pub fn write<'a>(path: &Path, rows: impl IntoIterator<Item = SplitRow<'a>>) -> Result<(), TableError> {
    let cells = |row: SplitRow<'a>| {
        let [class, part, predicted] = [row.class, row.part, row.predicted].map(str::to_owned);
        [row.id.to_string(), row.path, class, part, predicted, row.confidence.to_string()]
    };
    csv_table::write(path, ["id", "path", "class", "part", "predicted", "confidence"], rows.into_iter().map(cells))
}
