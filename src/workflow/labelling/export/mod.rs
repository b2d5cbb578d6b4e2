//! Export of labels for other programs: as folders of images or as tables. Removed images are a part of their own,
//! with the reason they were removed for: special cases are studied from there.

mod coco;
mod image_folder;
mod table;

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use rayon::prelude::*;
use serde::Serialize;

use crate::curation::{Curation, Label, Removed};
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
    /// Images per class.
    pub classes: BTreeMap<String, usize>,
    /// Images per reason.
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
    if output.exists() {
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
    let name = output.file_name().unwrap_or_default().to_string_lossy();
    let folder = RunDir::exactly(parent, &name)?;
    let missing = match format {
        ExportFormat::ImageFolder(how) => image_folder::write(&decided, folder.path(), how)?,
        ExportFormat::Csv => table::write_csv(&decided, folder.path())?,
        ExportFormat::Parquet => table::write_parquet(&decided, folder.path())?,
        ExportFormat::Coco => coco::write(&decided, folder.path())?,
    };
    folder.finish()?;
    Ok(decided.summary(output, missing))
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
        self.root.join(&entry.row.path)
    }

    /// Images whose file is gone.
    fn missing(&self) -> Vec<String> {
        self.entries().filter(|entry| entry.gone).map(|entry| entry.row.path.clone()).collect()
    }

    fn summary(&self, output: &Path, missing: Vec<String>) -> ExportSummary {
        let mut summary = ExportSummary {
            output: output.display().to_string(),
            classes: BTreeMap::new(),
            removed: BTreeMap::new(),
            unlabelled: self.unlabelled,
            missing,
            replaced: self.replaced.clone(),
        };
        for (_, label) in &self.labelled {
            *summary.classes.entry(label.class.clone()).or_default() += 1;
        }
        for (_, removed) in &self.removed {
            *summary.removed.entry(reason(removed).to_owned()).or_default() += 1;
        }
        summary
    }
}

fn reason(removed: &Removed) -> &str {
    if removed.reason.is_empty() { "no reason given" } else { &removed.reason }
}

fn unwritable(error: impl fmt::Display) -> WorkflowError {
    WorkflowError::Failed { message: format!("the export cannot be written: {error}"), hint: None }
}
