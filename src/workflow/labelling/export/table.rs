//! Label tables: a row per image, with what its name says. `labels` has a class, `removed` a reason.

use std::path::Path;

use super::{DecidedImages, ExportedImage, reason};
use crate::data::path_text;
use crate::files::export_tables::{ExportTables, ExportedLabelRow, ExportedPlace, ExportedRemovedRow};
use crate::files::removed_csv::RemovedRow;
use crate::workflow::WorkflowError;

/// Writes `labels.csv` and `removed.csv`; the answer are the images whose file is gone.
pub(crate) fn write_csv(decided: &DecidedImages<'_>, folder: &Path) -> Result<Vec<String>, WorkflowError> {
    tables(decided).write_csv(folder)?;
    Ok(decided.missing())
}

/// Writes `labels.parquet` and `removed.parquet`, every column a text; the answer are the images whose file is gone.
pub(crate) fn write_parquet(decided: &DecidedImages<'_>, folder: &Path) -> Result<Vec<String>, WorkflowError> {
    tables(decided).write_parquet(folder)?;
    Ok(decided.missing())
}

fn tables(decided: &DecidedImages<'_>) -> ExportTables {
    let labelled = decided.labelled.iter().map(|(entry, label)| ExportedLabelRow {
        id: entry.row.id,
        path: &entry.row.path,
        class: &label.class,
        source: label.source.name(),
        reason: &label.reason,
        place: place(decided, *entry),
    });
    let removed = decided.removed.iter().map(|(entry, why)| ExportedRemovedRow {
        removed: RemovedRow { id: entry.row.id, path: &entry.row.path, reason: reason(why), by: &why.by, at: &why.at },
        place: place(decided, *entry),
    });
    ExportTables::new(&labelled.collect::<Vec<_>>(), &removed.collect::<Vec<_>>())
}

fn place<'a>(decided: &DecidedImages<'_>, entry: ExportedImage<'a>) -> ExportedPlace<'a> {
    let file = decided.file(entry);
    let file = std::path::absolute(&file).unwrap_or(file);
    ExportedPlace { file: path_text::to_text(file), fields: entry.fields }
}
