//! Predicted images into one folder per class, called by the rule of [`FolderNames`].

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::Prediction;
use super::output_folder::OutputFolder;
use crate::atomic_file::StagedFolder;
use crate::commands::CommandError;
use crate::data::FolderNames;
use crate::progress::{Observer, Stage};
use crate::runs::{Placement, Placer};

/// Puts the image of each prediction, `files` in the same order, into `folder/<class>/`; the folder is still to be
/// finished.
pub(super) fn sort_into(
    folder: &OutputFolder<'_>,
    predictions: &[Prediction],
    files: &[PathBuf],
    placement: Placement,
    observer: &dyn Observer,
) -> Result<StagedFolder, CommandError> {
    let staged = folder.begin()?;
    let stage = observer.stage(Stage::Copy, files.len());
    let folders = FolderNames::of(predictions.iter().map(|prediction| &prediction.class));
    let mut placers: BTreeMap<&str, Placer> = BTreeMap::new();
    for (prediction, file) in predictions.iter().zip(files) {
        let class = prediction.class.as_str();
        if !placers.contains_key(class) {
            placers.insert(class, Placer::new(&staged.path().join(folders.get(class).as_ref()), placement)?);
        }
        if let Some(placer) = placers.get_mut(class) {
            placer.place(file, prediction.id)?;
        }
        stage.advance(1);
    }
    Ok(staged)
}
