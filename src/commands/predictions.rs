//! Predictions as a table: CSV, JSON lines or Parquet, with the columns path, class, confidence and `p_<class>`.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use arrow_array::{ArrayRef, Float32Array, RecordBatch, StringArray};
use parquet::arrow::ArrowWriter;
use serde::{Serialize, Serializer};

use super::CommandError;
use super::predict::PredictSummary;
use crate::runs::write_whole;

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
            _ => Err(CommandError::Usage(format!(
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
        TableFormat::Parquet => return Err(CommandError::Usage("Parquet needs a file: give --output".to_owned())),
    };
    String::from_utf8(bytes).map_err(unwritable)
}

/// Writes the table to `path`, whole or not at all; folders above it are made.
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
    Ok(write_whole(path, &bytes)?)
}

fn header(summary: &PredictSummary) -> Vec<String> {
    let classes = summary.classes.iter().map(|class| format!("p_{class}"));
    ["path", "class", "confidence"].map(str::to_owned).into_iter().chain(classes).collect()
}

fn csv_bytes(summary: &PredictSummary) -> Result<Vec<u8>, CommandError> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(header(summary)).map_err(unwritable)?;
    for prediction in &summary.predictions {
        let numbers = std::iter::once(&prediction.confidence).chain(&prediction.probabilities);
        let cells = [prediction.path.clone(), prediction.class.clone()].into_iter();
        writer.write_record(cells.chain(numbers.map(f32::to_string))).map_err(unwritable)?;
    }
    writer.into_inner().map_err(unwritable)
}

/// A value as it is written: in single precision, with no digits that mean nothing.
#[derive(Serialize)]
#[serde(untagged)]
enum Cell<'a> {
    Text(&'a str),
    Number(f32),
}

fn json_lines(summary: &PredictSummary) -> Result<Vec<u8>, CommandError> {
    let names = header(summary);
    let mut lines = Vec::new();
    for prediction in &summary.predictions {
        let numbers = std::iter::once(&prediction.confidence).chain(&prediction.probabilities);
        let texts = [&prediction.path, &prediction.class].map(|text| Cell::Text(text));
        let cells = texts.into_iter().chain(numbers.map(|p| Cell::Number(*p)));
        serde_json::Serializer::new(&mut lines).collect_map(names.iter().zip(cells)).map_err(unwritable)?;
        lines.push(b'\n');
    }
    Ok(lines)
}

fn parquet_bytes(summary: &PredictSummary) -> Result<Vec<u8>, CommandError> {
    let rows = &summary.predictions;
    let text = |pick: fn(&super::Prediction) -> &str| -> ArrayRef {
        Arc::new(StringArray::from_iter_values(rows.iter().map(pick)))
    };
    let mut columns: Vec<ArrayRef> = vec![text(|row| &row.path), text(|row| &row.class)];
    columns.push(Arc::new(Float32Array::from_iter_values(rows.iter().map(|row| row.confidence))));
    for class in 0..summary.classes.len() {
        columns.push(Arc::new(Float32Array::from_iter_values(rows.iter().map(|row| row.probabilities[class]))));
    }
    let batch = RecordBatch::try_from_iter(header(summary).into_iter().zip(columns)).map_err(unwritable)?;
    let mut bytes = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut bytes, batch.schema(), None).map_err(unwritable)?;
    writer.write(&batch).map_err(unwritable)?;
    writer.close().map_err(unwritable)?;
    Ok(bytes)
}

fn unwritable(error: impl std::fmt::Display) -> CommandError {
    CommandError::Failed { message: format!("the predictions cannot be written: {error}"), hint: None }
}
