//! Exported labels and removals: `labels.csv` and `removed.csv`, or `.parquet`, for other programs.
//!
//! Columns of both: id, path (relative to the data set), file (where the image lies on this machine), then
//! `class, source, reason` or `reason, by, at` as in [`removed_csv`], then the name fields. A field
//! that is called like one of these columns is left out.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use arrow_array::{ArrayRef, StringArray};

use super::removed_csv::{self, RemovedRow};
use super::{TableError, csv_table, parquet_table};
use crate::atomic_file;
use crate::data::ImageId;

/// Columns before those of the table's own.
const IMAGE: [&str; 3] = ["id", "path", "file"];

/// An image with a class.
#[derive(Debug, Clone, PartialEq)]
pub struct ExportedLabelRow<'a> {
    pub id: ImageId,
    pub path: &'a str,
    pub class: &'a str,
    /// Such as `named_cluster`.
    pub source: &'a str,
    pub reason: &'a str,
    pub place: ExportedPlace<'a>,
}

/// An image that was taken out.
#[derive(Debug, Clone, PartialEq)]
pub struct ExportedRemovedRow<'a> {
    pub removed: RemovedRow<'a>,
    pub place: ExportedPlace<'a>,
}

/// What a row says of the image's file.
#[derive(Debug, Clone, PartialEq)]
pub struct ExportedPlace<'a> {
    /// Where it lies on this machine.
    pub file: String,
    /// Fields of its name.
    pub fields: &'a BTreeMap<String, String>,
}

/// Both tables, every column a text.
pub struct ExportTables([TextTable; 2]);

struct TextTable {
    /// The file's name without its ending.
    name: &'static str,
    header: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl ExportTables {
    /// A column per name field of any image, in both tables.
    #[must_use]
    pub fn new(labels: &[ExportedLabelRow<'_>], removed: &[ExportedRemovedRow<'_>]) -> Self {
        let of_labelled = ["class", "source", "reason"];
        let of_removed = removed_csv::DECISION_COLUMNS;
        // A field that is called like a column of ours would stand twice.
        let taken: BTreeSet<&str> = IMAGE.into_iter().chain(of_labelled).chain(of_removed).collect();
        let places = labels.iter().map(|row| &row.place).chain(removed.iter().map(|row| &row.place));
        let names: BTreeSet<&String> =
            places.flat_map(|place| place.fields.keys()).filter(|name| !taken.contains(name.as_str())).collect();
        let header = |own: [&str; 3]| -> Vec<String> {
            let before = IMAGE.into_iter().chain(own).map(str::to_owned);
            before.chain(names.iter().map(|name| (*name).clone())).collect()
        };
        let row = |id: ImageId, path: &str, place: &ExportedPlace<'_>, own: [&str; 3]| -> Vec<String> {
            let before = [id.to_string(), path.to_owned(), place.file.clone()].into_iter();
            let values = names.iter().map(|name| place.fields.get(*name).cloned().unwrap_or_default());
            before.chain(own.map(str::to_owned)).chain(values).collect()
        };
        let label = |label: &ExportedLabelRow<'_>| {
            row(label.id, label.path, &label.place, [label.class, label.source, label.reason])
        };
        let taken_out = |row_of: &ExportedRemovedRow<'_>| {
            let why = &row_of.removed;
            row(why.id, why.path, &row_of.place, [why.reason, why.by, why.at])
        };
        Self([
            TextTable { name: "labels", header: header(of_labelled), rows: labels.iter().map(label).collect() },
            TextTable { name: "removed", header: header(of_removed), rows: removed.iter().map(taken_out).collect() },
        ])
    }

    /// Writes `labels.csv` and `removed.csv` into `folder`.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn write_csv(&self, folder: &Path) -> Result<(), TableError> {
        for table in &self.0 {
            csv_table::write(&folder.join(format!("{}.csv", table.name)), &table.header, &table.rows)?;
        }
        Ok(())
    }

    /// Writes `labels.parquet` and `removed.parquet` into `folder`.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn write_parquet(&self, folder: &Path) -> Result<(), TableError> {
        for table in &self.0 {
            let column = |index: usize| -> ArrayRef {
                Arc::new(StringArray::from_iter_values(table.rows.iter().map(|row| row[index].as_str())))
            };
            let columns = table.header.iter().enumerate().map(|(index, name)| (name, column(index)));
            let path = folder.join(format!("{}.parquet", table.name));
            let written = parquet_table::to_bytes(columns).and_then(|bytes| atomic_file::write(&path, &bytes));
            written.map_err(|source| TableError::Write { path, source })?;
        }
        Ok(())
    }
}
