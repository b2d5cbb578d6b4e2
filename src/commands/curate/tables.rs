//! `labels.csv` and `removed.csv`: what the decisions come to, for other programs.

use std::fs;
use std::path::Path;

use crate::commands::CommandError;
use crate::curation::Curation;
use crate::runs::{ImagesTable, write_whole};

/// Writes both under `folder`'s `curation/`, each whole or not at all.
///
/// # Errors
/// When the disk refuses.
pub(in crate::commands) fn write_tables(
    folder: &Path,
    table: &ImagesTable,
    state: &Curation,
) -> Result<(), CommandError> {
    let mut labels = csv::Writer::from_writer(Vec::new());
    let mut removed = csv::Writer::from_writer(Vec::new());
    let in_memory = |error: csv::Error| CommandError::failed(error.to_string(), "report this as a bug");
    labels.write_record(["id", "path", "class", "source", "weight"]).map_err(in_memory)?;
    removed.write_record(["id", "path", "reason", "by", "at"]).map_err(in_memory)?;
    for row in &table.rows {
        let id = row.id.to_string();
        if let Some(label) = state.labels.get(&row.id) {
            let record = [&id, &row.path, &label.class, label.source.name(), "1"];
            labels.write_record(record).map_err(in_memory)?;
        }
        if let Some(why) = state.removed.get(&row.id) {
            removed.write_record([&id, &row.path, &why.reason, &why.by, &why.at]).map_err(in_memory)?;
        }
    }
    for (name, writer) in [("labels.csv", labels), ("removed.csv", removed)] {
        let path = folder.join("curation").join(name);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).map_err(CommandError::at(folder))?;
        }
        let bytes = writer.into_inner().map_err(|error| in_memory(error.into_error().into()))?;
        write_whole(&path, &bytes)?;
    }
    Ok(())
}
