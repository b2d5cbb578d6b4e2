//! `compare_changes.csv`: `id, path, truth, first, second, first_confidence, second_confidence, change`, a row per image
//! that two classifiers call differently.

use std::io;

use super::csv_table;
use crate::data::ImageId;

const HEADER: [&str; 8] = ["id", "path", "truth", "first", "second", "first_confidence", "second_confidence", "change"];

/// An image and what either classifier calls it.
#[derive(Debug, Clone, PartialEq)]
pub struct ChangeRow<'a> {
    pub id: ImageId,
    pub path: &'a str,
    pub truth: &'a str,
    /// By the first and the second.
    pub classes: [&'a str; 2],
    /// Likewise, in `0.0..=1.0`.
    pub confidences: [f32; 2],
    /// Such as `fixed` or `broken`.
    pub change: &'a str,
}

/// Writes one row per image into something open.
///
/// # Errors
/// When the disk refuses.
pub fn write_into<'a>(file: &mut dyn io::Write, rows: impl IntoIterator<Item = ChangeRow<'a>>) -> io::Result<()> {
    let cells = |row: ChangeRow<'a>| {
        let [first, second] = row.classes.map(str::to_owned);
        let [sure, surer] = row.confidences.map(|confidence| confidence.to_string());
        [row.id.to_string(), row.path.into(), row.truth.into(), first, second, sure, surer, row.change.into()]
    };
    csv_table::write_into(file, HEADER, rows.into_iter().map(cells))
}

/// Whether `start`, the first bytes of a file, are those of such a table.
#[must_use]
pub fn is_of(start: &[u8]) -> bool {
    start.starts_with(HEADER.join(",").as_bytes())
}
