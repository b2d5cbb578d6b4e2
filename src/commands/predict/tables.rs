//! Predictions as a table: CSV, JSON lines or Parquet, with the columns path, class, confidence, novelty,
//! `p_<class>` and, where asked, `neighbour_<n>`, `neighbour_<n>_class` and `neighbour_<n>_distance`.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use arrow_array::{ArrayRef, Float32Array, RecordBatch, StringArray};
use parquet::arrow::ArrowWriter;
use serde::{Serialize, Serializer};

use super::{PredictSummary, Prediction};
use crate::atomic_file;
use crate::commands::CommandError;
use crate::files::skipped_csv;

/// How a table is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TableFormat {
    /// Comma-separated, with a header.
    Csv,
    /// One JSON object a line.
    JsonLines,
    /// Columns, for other programs.
    Parquet,
}

impl TableFormat {
    /// By the ending of a file name.
    ///
    /// # Errors
    /// When it is none of `.csv`, `.jsonl`, `.parquet`.
    pub fn of(path: &Path) -> Result<Self, CommandError> {
        match path.extension().and_then(|extension| extension.to_str()) {
            Some("csv") => Ok(Self::Csv),
            Some("jsonl") => Ok(Self::JsonLines),
            Some("parquet") => Ok(Self::Parquet),
            _ => Err(CommandError::usage(format!(
                "cannot tell the format from the name, expected .csv, .jsonl or .parquet: `{}`",
                path.display()
            ))),
        }
    }
}

/// The table as text.
///
/// # Errors
/// For Parquet, which is no text.
pub fn predictions_text(format: TableFormat, summary: &PredictSummary) -> Result<String, CommandError> {
    let bytes = match format {
        TableFormat::Csv => csv_bytes(summary)?,
        TableFormat::JsonLines => json_lines(summary)?,
        TableFormat::Parquet => return Err(CommandError::usage("Parquet needs a file: give --output".to_owned())),
    };
    String::from_utf8(bytes).map_err(unwritable)
}

/// Writes the table to `path`, whole or not at all; folders above it are made. Files that were left out are listed in
/// `skipped.csv` beside it.
///
/// # Errors
/// When the disk refuses.
pub fn write_predictions(path: &Path, format: TableFormat, summary: &PredictSummary) -> Result<(), CommandError> {
    let bytes = match format {
        TableFormat::Csv => csv_bytes(summary)?,
        TableFormat::JsonLines => json_lines(summary)?,
        TableFormat::Parquet => parquet_bytes(summary)?,
    };
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(CommandError::at(folder))?;
    }
    atomic_file::write(path, &bytes).map_err(CommandError::at(path))?;
    if !summary.skipped.is_empty() {
        skipped_csv::write(&path.with_file_name(skipped_csv::FILE), &summary.skipped)?;
    }
    Ok(())
}

/// A column of the table: one cell per prediction, `None` where there is nothing to say.
enum Column<'a> {
    Text(Vec<Option<&'a str>>),
    Number(Vec<Option<f32>>),
}

/// The columns in their order, by name.
fn columns(summary: &PredictSummary) -> Vec<(String, Column<'_>)> {
    let rows = &summary.predictions;
    let text = |pick: &dyn Fn(&Prediction) -> Option<&str>| Column::Text(rows.iter().map(pick).collect());
    let number = |pick: &dyn Fn(&Prediction) -> Option<f32>| Column::Number(rows.iter().map(pick).collect());
    let mut columns = vec![
        ("path".to_owned(), Column::Text(rows.iter().map(|row| Some(row.path.as_str())).collect())),
        ("class".to_owned(), Column::Text(rows.iter().map(|row| Some(row.class.as_str())).collect())),
        ("confidence".to_owned(), number(&|row| Some(row.confidence))),
    ];
    if rows.iter().any(|row| row.novelty.is_some()) {
        columns.push(("novelty".to_owned(), number(&|row| row.novelty)));
    }
    for (class, name) in summary.classes.iter().enumerate() {
        columns.push((format!("p_{name}"), number(&|row| row.probabilities.get(class).copied())));
    }
    for near in 0..summary.explained {
        let name = format!("neighbour_{}", near + 1);
        columns.push((format!("{name}_class"), text(&|row| Some(row.neighbours.get(near)?.class.as_str()))));
        columns.push((format!("{name}_distance"), number(&|row| Some(row.neighbours.get(near)?.distance))));
        let place = columns.len() - 2;
        columns.insert(place, (name, text(&|row| Some(row.neighbours.get(near)?.path.as_str()))));
    }
    columns
}

fn csv_bytes(summary: &PredictSummary) -> Result<Vec<u8>, CommandError> {
    let columns = columns(summary);
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(columns.iter().map(|(name, _)| name)).map_err(unwritable)?;
    for row in 0..summary.predictions.len() {
        let cells = columns.iter().map(|(_, column)| match column {
            Column::Text(cells) => cells[row].unwrap_or_default().to_owned(),
            Column::Number(cells) => cells[row].map_or_else(String::new, |number| number.to_string()),
        });
        writer.write_record(cells).map_err(unwritable)?;
    }
    writer.into_inner().map_err(unwritable)
}

/// A value as it is written: in single precision, with no digits that mean nothing.
#[derive(Serialize)]
#[serde(untagged)]
enum Cell<'a> {
    Text(Option<&'a str>),
    Number(Option<f32>),
}

fn json_lines(summary: &PredictSummary) -> Result<Vec<u8>, CommandError> {
    let columns = columns(summary);
    let mut lines = Vec::new();
    for row in 0..summary.predictions.len() {
        let cells = columns.iter().map(|(name, column)| match column {
            Column::Text(cells) => (name, Cell::Text(cells[row])),
            Column::Number(cells) => (name, Cell::Number(cells[row])),
        });
        serde_json::Serializer::new(&mut lines).collect_map(cells).map_err(unwritable)?;
        lines.push(b'\n');
    }
    Ok(lines)
}

fn parquet_bytes(summary: &PredictSummary) -> Result<Vec<u8>, CommandError> {
    let arrays = columns(summary).into_iter().map(|(name, column)| -> (String, ArrayRef) {
        match column {
            Column::Text(cells) => (name, Arc::new(StringArray::from(cells))),
            Column::Number(cells) => (name, Arc::new(Float32Array::from(cells))),
        }
    });
    let batch = RecordBatch::try_from_iter(arrays).map_err(unwritable)?;
    let mut bytes = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut bytes, batch.schema(), None).map_err(unwritable)?;
    writer.write(&batch).map_err(unwritable)?;
    writer.close().map_err(unwritable)?;
    Ok(bytes)
}

fn unwritable(error: impl std::fmt::Display) -> CommandError {
    CommandError::failed(format!("the predictions cannot be written: {error}"), "report this as a bug")
}
