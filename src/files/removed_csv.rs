//! `removed.csv`: `id, path, reason, by, at`, a row per image that was taken out.

use std::path::Path;

use super::{TableError, csv_table};
use crate::data::ImageId;

/// Its name in the folder of a curation.
pub const FILE: &str = "removed.csv";

/// The columns after id and path: why, who, when.
pub(super) const DECISION_COLUMNS: [&str; 3] = ["reason", "by", "at"];

/// An image that was taken out.
#[derive(Debug, Clone, PartialEq)]
pub struct RemovedRow<'a> {
    pub id: ImageId,
    /// Relative to the data set's root.
    pub path: &'a str,
    pub reason: &'a str,
    /// Who decided.
    pub by: &'a str,
    /// When, RFC 3339.
    pub at: &'a str,
}

/// Writes one row per image.
///
/// # Errors
/// When the disk refuses.
pub fn write<'a>(path: &Path, rows: impl IntoIterator<Item = RemovedRow<'a>>) -> Result<(), TableError> {
    let cells =
        |row: RemovedRow<'a>| [row.id.to_string(), row.path.into(), row.reason.into(), row.by.into(), row.at.into()];
    let header = ["id", "path"].into_iter().chain(DECISION_COLUMNS);
    csv_table::write(path, header, rows.into_iter().map(cells))
}
