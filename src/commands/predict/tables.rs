//! Predictions as a table, by the format that people ask for.

use std::fs;
use std::path::{Path, PathBuf};

use super::{NearestImage, PredictSummary, Prediction, PredictionsFile};
use crate::atomic_file;
use crate::commands::CommandError;
use crate::files::prediction_table::{NeighbourCells, PredictionTable, PredictionTableRow};
use crate::files::skipped_csv;
use crate::progress::{Note, Observer};
use crate::training::UnknownBecause;

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
    if format == TableFormat::Parquet {
        return Err(CommandError::usage("Parquet needs a file: give --output".to_owned()));
    }
    String::from_utf8(bytes(format, summary)?).map_err(unwritable)
}

/// Writes the table of `output`, whole or not at all; folders above it are made. Files that were left out are listed
/// beside it in the file that is the answer: `skipped.csv`, or under a longer name where that is somebody else's.
pub(super) fn write_predictions(
    output: &PredictionsFile,
    summary: &PredictSummary,
    observer: &dyn Observer,
) -> Result<Option<PathBuf>, CommandError> {
    let PredictionsFile { path, format } = output;
    let bytes = bytes(*format, summary)?;
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(CommandError::at(folder))?;
    }
    atomic_file::write(path, &bytes).map_err(CommandError::at(path))?;
    if summary.skipped.is_empty() {
        return Ok(None);
    }
    let list = skipped_csv::beside(path);
    if list.file_name().is_some_and(|name| name != skipped_csv::FILE) {
        observer.note(&Note::SkipListElsewhere { file: list.clone() });
    }
    skipped_csv::write(&list, &summary.skipped)?;
    Ok(Some(list))
}

fn bytes(format: TableFormat, summary: &PredictSummary) -> Result<Vec<u8>, CommandError> {
    let table = table(summary);
    let bytes = match format {
        TableFormat::Csv => table.to_csv(),
        TableFormat::JsonLines => table.to_json_lines(),
        TableFormat::Parquet => table.to_parquet(),
    };
    bytes.map_err(unwritable)
}

fn table<'a>(summary: &'a PredictSummary) -> PredictionTable<'a> {
    let row = |image: &'a Prediction| PredictionTableRow {
        path: &image.path,
        class: &image.class,
        confidence: image.confidence,
        novelty: image.novelty,
        unknown_because: image.unknown_because.and_then(UnknownBecause::word),
        probabilities: &image.probabilities,
        neighbours: image.neighbours.iter().map(cells).collect(),
    };
    let rows = summary.predictions.iter().map(row).collect();
    PredictionTable { classes: &summary.classes, tells_why: summary.tells_why, neighbours: summary.explained, rows }
}

fn cells(near: &NearestImage) -> NeighbourCells<'_> {
    NeighbourCells { path: &near.path, class: &near.class, distance: near.distance }
}

fn unwritable(error: impl std::fmt::Display) -> CommandError {
    CommandError::failed(format!("the predictions cannot be written: {error}"), "report this as a bug")
}
