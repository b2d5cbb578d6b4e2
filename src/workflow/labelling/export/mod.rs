//! Export of labels for other programs: as folders of images or as tables. Removed images are a part of their own,
//! with the reason they were removed for: special cases are studied from there.

mod coco;
mod image_folder;
mod table;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::{Path, PathBuf};

use rayon::prelude::*;
use serde::Serialize;

use crate::atomic_file;
use crate::curation::{Curation, Label, Removed};
use crate::data::path_text;
use crate::files::{ImageRow, ImagesTable};
use crate::images::{DataFiles, FileState};
use crate::runs::{Placement, RunDir};
use crate::workflow::WorkflowError;

/// How decisions are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExportFormat {
    /// `<class>/image.png`, and `_removed/<reason>/image.png`.
    ImageFolder(Placement),
    /// `labels.csv` and `removed.csv`.
    Csv,
    /// `labels.parquet` and `removed.parquet`.
    Parquet,
    /// `labels.json` and `removed.json` as COCO annotations: a box per patch, or one per image that covers it whole.
    Coco,
}

/// Files and images that were written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ExportSummary {
    /// The folder.
    pub output: String,
    /// Images per class that were written.
    pub classes: BTreeMap<String, usize>,
    /// Images per reason that were written.
    pub removed: BTreeMap<String, usize>,
    /// Images that have neither class nor removal and were left out.
    pub unlabelled: usize,
    /// Images whose file is gone; tables name them all the same, folders and COCO cannot.
    pub missing: Vec<String>,
    /// Images whose file holds something else by now; they are left out.
    pub replaced: Vec<String>,
}

/// Images with a decision, in manifest order, and where their files are.
struct DecidedImages<'a> {
    labelled: Vec<(ExportedImage<'a>, &'a Label)>,
    removed: Vec<(ExportedImage<'a>, &'a Removed)>,
    unlabelled: usize,
    /// Paths whose file holds something else than was decided on.
    replaced: Vec<String>,
    /// The folder that paths are relative to.
    root: &'a Path,
}

/// An image of the run.
#[derive(Clone, Copy)]
struct ExportedImage<'a> {
    row: &'a ImageRow,
    /// Fields of its file name.
    fields: &'a BTreeMap<String, String>,
    /// Whether its file is gone.
    gone: bool,
}

/// Writes the images of `table` under `output`, which appears whole or not at all.
pub(crate) fn export(
    table: &ImagesTable,
    root: &Path,
    state: &Curation,
    output: &Path,
    format: ExportFormat,
) -> Result<ExportSummary, WorkflowError> {
    if atomic_file::is_taken(output) {
        return Err(WorkflowError::failed(
            format!("the output exists: `{}`", output.display()),
            "choose another folder, or remove this one",
        ));
    }
    if state.labels.is_empty() && state.removed.is_empty() {
        return Err(WorkflowError::failed(
            "nothing is labelled or removed yet",
            "take decisions first: `rails curate --apply FILE`, or sort the cluster folders and `--from-folders`",
        ));
    }
    let decided = DecidedImages::of(table, root, state);
    let parent = output.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let folder = RunDir::exactly(parent, output.file_name().unwrap_or_default())?;
    let missing = match format {
        ExportFormat::ImageFolder(how) => image_folder::write(&decided, folder.path(), how)?,
        ExportFormat::Csv => table::write_csv(&decided, folder.path())?,
        ExportFormat::Parquet => table::write_parquet(&decided, folder.path())?,
        ExportFormat::Coco => coco::write(&decided, folder.path())?,
    };
    folder.finish()?;
    let in_tables = matches!(format, ExportFormat::Csv | ExportFormat::Parquet);
    Ok(decided.summary(output, missing, in_tables))
}

impl<'a> DecidedImages<'a> {
    fn of(table: &'a ImagesTable, root: &'a Path, state: &'a Curation) -> Self {
        let mut decided = Self { labelled: Vec::new(), removed: Vec::new(), unlabelled: 0, replaced: Vec::new(), root };
        let is_decided = |row: &ImageRow| state.labels.contains_key(&row.id) || state.removed.contains_key(&row.id);
        let files = DataFiles::new(root);
        let look = |row: &ImageRow| is_decided(row).then(|| files.state(&row.path, row.id, row.content));
        let states: Vec<Option<FileState>> = table.rows.par_iter().map(look).collect();
        for ((row, fields), found) in table.rows.iter().zip(&table.fields).zip(states) {
            let entry = ExportedImage { row, fields, gone: found == Some(FileState::Gone) };
            match (found, state.labels.get(&row.id), state.removed.get(&row.id)) {
                // What was decided of the image is no word on what lies under its name now.
                (Some(FileState::Replaced), ..) => decided.replaced.push(row.path.clone()),
                (_, Some(label), _) => decided.labelled.push((entry, label)),
                (_, None, Some(removed)) => decided.removed.push((entry, removed)),
                (_, None, None) => decided.unlabelled += 1,
            }
        }
        decided
    }

    /// All entries, labelled ones first.
    fn entries(&self) -> impl Iterator<Item = ExportedImage<'a>> {
        self.labelled.iter().map(|(entry, _)| *entry).chain(self.removed.iter().map(|(entry, _)| *entry))
    }

    /// Where the file of `entry` lies.
    fn file(&self, entry: ExportedImage<'_>) -> PathBuf {
        self.root.join(path_text::to_path(&entry.row.path))
    }

    /// Images whose file is gone.
    fn missing(&self) -> Vec<String> {
        self.entries().filter(|entry| entry.gone).map(|entry| entry.row.path.clone()).collect()
    }

    /// Counts what was written: the images of `missing` files only `in_tables`.
    fn summary(&self, output: &Path, missing: Vec<String>, in_tables: bool) -> ExportSummary {
        let left_out: BTreeSet<&str> = missing.iter().filter(|_| !in_tables).map(String::as_str).collect();
        let written = |entry: &ExportedImage<'_>| !left_out.contains(entry.row.path.as_str());
        let mut classes: BTreeMap<String, usize> = BTreeMap::new();
        for (_, label) in self.labelled.iter().filter(|(entry, _)| written(entry)) {
            *classes.entry(label.class.clone()).or_default() += 1;
        }
        let mut removed: BTreeMap<String, usize> = BTreeMap::new();
        for (_, why) in self.removed.iter().filter(|(entry, _)| written(entry)) {
            *removed.entry(reason(why).to_owned()).or_default() += 1;
        }
        ExportSummary {
            output: path_text::to_text(output),
            classes,
            removed,
            unlabelled: self.unlabelled,
            missing,
            replaced: self.replaced.clone(),
        }
    }
}

fn reason(removed: &Removed) -> &str {
    if removed.reason.is_empty() { "no reason given" } else { &removed.reason }
}

fn unwritable(error: impl fmt::Display) -> WorkflowError {
    WorkflowError::Failed { message: format!("the export cannot be written: {error}"), hint: None }
}
