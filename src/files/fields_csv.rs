//! `fields.csv`: `field, value, images, right, accuracy, low, high`, a row per value of a name field: the accuracy there and
//! its 95 % interval.

use std::path::Path;

use super::{TableError, csv_table};

/// Its name in a run folder.
pub const FILE: &str = "fields.csv";

/// The images with one value of a field.
#[derive(Debug, Clone, PartialEq)]
pub struct FieldAccuracyRow<'a> {
    pub field: &'a str,
    pub value: &'a str,
    pub images: u64,
    /// Images called right.
    pub right: u64,
    /// In `0.0..=1.0`.
    pub accuracy: f64,
    /// Where the accuracy most likely lies.
    pub interval: Option<[f64; 2]>,
}

/// Writes one row per value, numbers with four decimals.
///
/// # Errors
/// When the disk refuses.
pub fn write<'a>(path: &Path, rows: impl IntoIterator<Item = FieldAccuracyRow<'a>>) -> Result<(), TableError> {
    let cells = |row: FieldAccuracyRow<'a>| {
        let number = |value: f64| format!("{value:.4}");
        let [low, high] = row.interval.map_or_else(Default::default, |ends| ends.map(number));
        let [images, right] = [row.images, row.right].map(|count| count.to_string());
        [row.field.to_owned(), row.value.to_owned(), images, right, number(row.accuracy), low, high]
    };
    csv_table::write(
        path,
        ["field", "value", "images", "right", "accuracy", "low", "high"],
        rows.into_iter().map(cells),
    )
}
