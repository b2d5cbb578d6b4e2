//! `per_class.csv`: `class, precision, recall, f1, images, roc_auc, average_precision`, a row per class.

use std::path::Path;

use super::{TableError, csv_table};

/// Its name in a run folder.
pub const FILE: &str = "per_class.csv";

/// The columns, also those of the table on the page.
pub const COLUMNS: [&str; 7] = ["class", "precision", "recall", "f1", "images", "roc_auc", "average_precision"];

/// Writes `rows` of as many cells.
///
/// # Errors
/// When the disk refuses.
pub fn write(path: &Path, rows: &[[String; 7]]) -> Result<(), TableError> {
    csv_table::write(path, COLUMNS, rows)
}
