//! `labels.csv`: `id, path, class, source, weight`, a row per image that has a class.
//!
//! `source` says where the label came from, `weight` how much it counts in training, in `0.0..=1.0`. Any table with a path
//! (or file name, or id) and a class is read by `curation::LabelTable`.

use std::path::Path;

use super::{TableError, csv_table};
use crate::data::ImageId;

/// Its name in the folder of a curation.
pub const FILE: &str = "labels.csv";

/// An image with a class.
#[derive(Debug, Clone, PartialEq)]
pub struct LabelRow<'a> {
    pub id: ImageId,
    /// Relative to the data set's root.
    pub path: &'a str,
    pub class: &'a str,
    /// Such as `named_cluster`.
    pub source: &'a str,
    /// As written: `1`, or three decimals.
    pub weight: String,
}

/// Writes one row per image.
///
/// # Errors
/// When the disk refuses.
pub fn write<'a>(path: &Path, rows: impl IntoIterator<Item = LabelRow<'a>>) -> Result<(), TableError> {
    let cells = |row: LabelRow<'a>| {
        [row.id.to_string(), row.path.to_owned(), row.class.to_owned(), row.source.to_owned(), row.weight]
    };
    csv_table::write(path, ["id", "path", "class", "source", "weight"], rows.into_iter().map(cells))
}
