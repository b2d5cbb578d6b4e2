//! `patches.csv`: `image, row, column, ignored`, then every statistic and the cluster by every method, a row per patch.

use std::path::Path;

use super::{TableError, csv_table};

/// Its name in a run folder.
pub const FILE: &str = "patches.csv";

/// A patch.
#[derive(Debug, Clone, PartialEq)]
pub struct PatchRow<'a> {
    /// The path of its image, relative to the data set's root.
    pub image: &'a str,
    /// Its row and column in the image, counted from 1.
    pub place: [usize; 2],
    /// Whether it was left out by rule.
    pub ignored: bool,
    /// One per statistic; those that are not finite become empty cells.
    pub statistics: Vec<f64>,
    /// One per method; `None` where the patch was left out.
    pub clusters: Vec<Option<u32>>,
}

/// Writes one row per patch.
///
/// # Errors
/// When the disk refuses.
pub fn write<'a>(
    path: &Path,
    statistics: impl IntoIterator<Item = &'a str>,
    methods: impl IntoIterator<Item = &'a str>,
    rows: impl IntoIterator<Item = PatchRow<'a>>,
) -> Result<(), TableError> {
    let header = ["image", "row", "column", "ignored"].into_iter().chain(statistics).chain(methods);
    let cells = |row: PatchRow<'a>| {
        let [down, across] = row.place.map(|place| place.to_string());
        let mut cells = vec![row.image.to_owned(), down, across, u8::from(row.ignored).to_string()];
        let number = |value: f64| if value.is_finite() { value.to_string() } else { String::new() };
        cells.extend(row.statistics.into_iter().map(number));
        cells.extend(row.clusters.into_iter().map(|id| id.map(|id| id.to_string()).unwrap_or_default()));
        cells
    };
    csv_table::write(path, header, rows.into_iter().map(cells))
}
