//! An `ImageFolder`: one folder per class, the removed images under `_removed/<reason>/`. Folders are called by the rule
//! of [`FolderNames`].

use std::collections::BTreeMap;
use std::path::Path;

use super::{DecidedImages, ExportedImage, reason};
use crate::data::FolderNames;
use crate::files::own_output;
use crate::runs::{Placement, Placer, RunError};
use crate::workflow::WorkflowError;

/// Puts the images into folders under `folder`; the answer are those whose file is gone.
pub(crate) fn write(decided: &DecidedImages<'_>, folder: &Path, how: Placement) -> Result<Vec<String>, WorkflowError> {
    own_output::mark(folder, "curate --export").map_err(RunError::at(folder))?;
    let classes = FolderNames::of(decided.labelled.iter().map(|(_, label)| &label.class));
    let reasons = FolderNames::of(decided.removed.iter().map(|(_, why)| reason(why)));
    let labelled = decided.labelled.iter().map(|(entry, label)| (*entry, classes.get(&label.class).into_owned()));
    let removed = decided.removed.iter().map(|(entry, why)| (*entry, format!("_removed/{}", reasons.get(reason(why)))));
    let mut placers: BTreeMap<String, Placer> = BTreeMap::new();
    let mut missing = Vec::new();
    let targets: Vec<(ExportedImage<'_>, String)> = labelled.chain(removed).collect();
    for (entry, target) in targets {
        if entry.gone {
            missing.push(entry.row.path.clone());
            continue;
        }
        let source = decided.file(entry);
        if !placers.contains_key(&target) {
            placers.insert(target.clone(), Placer::new(&folder.join(&target), how)?);
        }
        if let Some(placer) = placers.get_mut(&target) {
            placer.place(&source, entry.row.id)?;
        }
    }
    Ok(missing)
}
