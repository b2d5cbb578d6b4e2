//! Series of frames: those of one measurement, in the order they were taken.

use std::collections::BTreeMap;

use crate::data::{ImageRecord, Manifest};
use crate::images::place_in_series;

/// The frames of one measurement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Series {
    /// A file with many frames, or what the names of files have in common: `scan3/frame_*.cbf`.
    pub name: String,
    /// Rows of the manifest, in the order the frames were taken.
    pub rows: Vec<usize>,
}

/// The series of `manifest`, by name. A field `dataset` of an image says which, and a field `frame` its number, where a
/// naming template gave them.
#[must_use]
pub fn series_of(manifest: &Manifest) -> Vec<Series> {
    let mut series: BTreeMap<String, Vec<(u64, usize)>> = BTreeMap::new();
    for (row, record) in manifest.records.iter().enumerate() {
        let (name, number) = place_in_series(&record.path);
        let name = record.fields.get("dataset").cloned().unwrap_or(name);
        let number = record.fields.get("frame").and_then(|frame| frame.parse().ok()).or(number);
        series.entry(name).or_default().push((number.unwrap_or(u64::MAX), row));
    }
    series
        .into_iter()
        .map(|(name, mut rows)| {
            rows.sort_unstable();
            Series { name, rows: rows.into_iter().map(|(_, row)| row).collect() }
        })
        .collect()
}

/// Rows of `manifest` per value of `field`, each in manifest order. The place of a file or its name stands in for a field
/// `dataset` that no template gave.
///
/// # Errors
/// The first image that has no such field.
pub fn rows_by_field<'a>(manifest: &'a Manifest, field: &str) -> Result<BTreeMap<String, Vec<usize>>, &'a ImageRecord> {
    let mut series: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (row, record) in manifest.records.iter().enumerate() {
        let value = match record.fields.get(field) {
            Some(value) => value.clone(),
            None if field == "dataset" => place_in_series(&record.path).0,
            None => return Err(record),
        };
        series.entry(value).or_default().push(row);
    }
    Ok(series)
}
