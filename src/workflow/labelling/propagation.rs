//! How sure the class of an image nobody decided on has to be for labels.csv, kept with the run.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use crate::atomic_file;
use crate::data::Fraction;
use crate::workflow::WorkflowError;

fn file(folder: &Path) -> PathBuf {
    folder.join("curation/propagate")
}

/// Keeps it with the run in `folder`; `None`: no such image is in labels.csv.
///
/// # Errors
/// When the disk refuses.
pub(crate) fn keep_least_confidence(folder: &Path, least: Option<Fraction>) -> Result<(), WorkflowError> {
    let path = file(folder);
    let Some(least) = least else {
        return match fs::remove_file(&path) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(WorkflowError::at(&path)(error)),
            _ => Ok(()),
        };
    };
    super::curation_folder(folder)?;
    atomic_file::write(&path, format!("{}\n", least.get()).as_bytes()).map_err(WorkflowError::at(&path))
}

/// Reads the threshold of label propagation that the run in `folder` keeps, in `0.0..=1.0`.
///
/// # Errors
/// When the file cannot be read.
pub(crate) fn least_confidence(folder: &Path) -> Result<Option<f64>, WorkflowError> {
    let path = file(folder);
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(WorkflowError::at(&path)(error)),
    };
    text.trim().parse().map(Some).map_err(|_| {
        WorkflowError::failed(
            format!("expected a number from 0 to 1: `{}`", path.display()),
            "say it again: `rails curate --propagate 0.9` or `--no-propagate`",
        )
    })
}
