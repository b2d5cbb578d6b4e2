//! Predicted images into one folder per class, called by the rule of [`FolderNames`]; unknown ones into a folder per reason
//! below `unknown`.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use super::answers::Answers;
use super::output_folder::OutputFolder;
use crate::atomic_file::StagedFolder;
use crate::commands::CommandError;
use crate::data::FolderNames;
use crate::progress::{Observer, Stage};
use crate::runs::{Placement, Placer};
use crate::training::UnknownBecause;

/// Puts the image of each answer into `folder/<class>/`, and where it has none, for the reason that is told,
/// into `folder/unknown/novel/` or `folder/unknown/unsure/`; the folder is still to be finished.
pub(super) fn sort_into(
    folder: &OutputFolder<'_>,
    answers: &Answers,
    placement: Placement,
    observer: &dyn Observer,
) -> Result<StagedFolder, CommandError> {
    let staged = folder.begin()?;
    let Answers { predictions, files, .. } = answers;
    let stage = observer.stage(Stage::Copy, files.len());
    let folders = FolderNames::of(predictions.iter().map(|prediction| &prediction.class));
    let mut placers: BTreeMap<(&str, Option<&str>), Placer> = BTreeMap::new();
    for (prediction, file) in predictions.iter().zip(files) {
        let place = (prediction.class.as_str(), prediction.unknown_because.and_then(UnknownBecause::word));
        let placer = match placers.entry(place) {
            Entry::Occupied(there) => there.into_mut(),
            Entry::Vacant(free) => {
                let mut path = staged.path().join(folders.get(place.0).as_ref());
                path.extend(place.1);
                free.insert(Placer::new(&path, placement)?)
            }
        };
        placer.place(file, prediction.id)?;
        stage.advance(1);
    }
    Ok(staged)
}
