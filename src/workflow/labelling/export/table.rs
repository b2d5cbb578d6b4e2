//! Label tables: a row per image, with what its name says. `labels` has a class, `removed` a reason.
//!
//! Paths are relative to the data set; `file` is where the image lies on this machine.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use arrow_array::{ArrayRef, RecordBatch, StringArray};
use parquet::arrow::ArrowWriter;

use super::{DecidedImages, ExportedImage, reason, unwritable};
use crate::atomic_file;
use crate::workflow::WorkflowError;

/// Text in columns.
struct Table {
    name: &'static str,
    header: Vec<String>,
    rows: Vec<Vec<String>>,
}

/// Writes `labels.csv` and `removed.csv`; the answer are the images whose file is gone.
pub(crate) fn write_csv(decided: &DecidedImages<'_>, folder: &Path) -> Result<Vec<String>, WorkflowError> {
    for table in tables(decided) {
        let mut writer = csv::Writer::from_writer(Vec::new());
        for record in std::iter::once(&table.header).chain(&table.rows) {
            writer.write_record(record).map_err(unwritable)?;
        }
        let bytes = writer.into_inner().map_err(unwritable)?;
        let path = folder.join(format!("{}.csv", table.name));
        atomic_file::write(&path, &bytes).map_err(WorkflowError::at(&path))?;
    }
    Ok(decided.missing())
}

/// Writes `labels.parquet` and `removed.parquet`, every column a text; the answer are the images whose file is gone.
pub(crate) fn write_parquet(decided: &DecidedImages<'_>, folder: &Path) -> Result<Vec<String>, WorkflowError> {
    for table in tables(decided) {
        let column = |index: usize| -> ArrayRef {
            Arc::new(StringArray::from_iter_values(table.rows.iter().map(|row| row[index].as_str())))
        };
        let columns = table.header.iter().enumerate().map(|(index, name)| (name.as_str(), column(index)));
        let batch = RecordBatch::try_from_iter(columns).map_err(unwritable)?;
        let mut bytes = Vec::new();
        let mut writer = ArrowWriter::try_new(&mut bytes, batch.schema(), None).map_err(unwritable)?;
        writer.write(&batch).map_err(unwritable)?;
        writer.close().map_err(unwritable)?;
        let path = folder.join(format!("{}.parquet", table.name));
        atomic_file::write(&path, &bytes).map_err(WorkflowError::at(&path))?;
    }
    Ok(decided.missing())
}

fn tables(decided: &DecidedImages<'_>) -> [Table; 2] {
    let of_labelled = ["class", "source", "reason"];
    let of_removed = ["reason", "by", "at"];
    // A field that is called like a column of ours would stand twice.
    let taken: BTreeSet<&str> = ["id", "path", "file"].into_iter().chain(of_labelled).chain(of_removed).collect();
    let fields: BTreeSet<&String> =
        decided.entries().flat_map(|entry| entry.fields.keys()).filter(|name| !taken.contains(name.as_str())).collect();
    let header = |own: [&str; 3]| -> Vec<String> {
        let before = ["id", "path", "file"].into_iter().chain(own).map(str::to_owned);
        before.chain(fields.iter().map(|name| (*name).clone())).collect()
    };
    let row = |entry: &ExportedImage<'_>, own: [&str; 3]| -> Vec<String> {
        let place = decided.file(*entry);
        let file = std::path::absolute(&place).unwrap_or(place).display().to_string();
        let before = [entry.row.id.to_string(), entry.row.path.clone(), file].into_iter();
        let values = fields.iter().map(|name| entry.fields.get(*name).cloned().unwrap_or_default());
        before.chain(own.map(str::to_owned)).chain(values).collect()
    };
    let labelled = decided.labelled.iter();
    let removed = decided.removed.iter();
    [
        Table {
            name: "labels",
            header: header(of_labelled),
            rows: labelled
                .map(|(entry, label)| row(entry, [&label.class, label.source.name(), &label.reason]))
                .collect(),
        },
        Table {
            name: "removed",
            header: header(of_removed),
            rows: removed.map(|(entry, why)| row(entry, [reason(why), &why.by, &why.at])).collect(),
        },
    ]
}
