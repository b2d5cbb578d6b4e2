//! `skipped.csv`: `path, reason` of every file that was left out.

use std::path::Path;

use super::{TableError, csv_table};
use crate::data::Skipped;

/// Its name in a run folder.
pub const FILE: &str = "skipped.csv";

/// Writes one row per file.
///
/// # Errors
/// When the disk refuses.
pub fn write(path: &Path, skipped: &[Skipped]) -> Result<(), TableError> {
    csv_table::write(path, ["path", "reason"], skipped.iter().map(|file| [&file.path, &file.reason]))
}
