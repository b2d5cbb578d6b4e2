//! Predicted images into one folder per class.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::{Prediction, begin};
use crate::atomic_file::StagedFolder;
use crate::commands::CommandError;
use crate::progress::{Observer, Stage};
use crate::runs::{Placement, Placer, safe_name};

/// Puts the image of each prediction, `files` in the same order, into `folder/<class>/`; the folder is still to be
/// finished.
pub(super) fn sort_into(
    folder: &Path,
    predictions: &[Prediction],
    files: &[PathBuf],
    placement: Placement,
    observer: &dyn Observer,
) -> Result<StagedFolder, CommandError> {
    let staged = begin(folder, "sort", "predict --sort-into")?;
    let stage = observer.stage(Stage::Copy, files.len());
    // By folder, since names that differ may become the same folder.
    let mut placers: BTreeMap<String, Placer> = BTreeMap::new();
    for (prediction, file) in predictions.iter().zip(files) {
        let name = safe_name(&prediction.class);
        let key = name.to_lowercase();
        if !placers.contains_key(&key) {
            placers.insert(key.clone(), Placer::new(&staged.path().join(&name), placement)?);
        }
        if let Some(placer) = placers.get_mut(&key) {
            placer.place(file, prediction.id)?;
        }
        stage.advance(1);
    }
    Ok(staged)
}
