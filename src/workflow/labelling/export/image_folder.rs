//! An `ImageFolder`: one folder per class, the removed images under `_removed/<reason>/`.

use std::collections::BTreeMap;
use std::path::Path;

use super::{DecidedImages, ExportedImage, reason};
use crate::files::own_output;
use crate::runs::{Placement, Placer, RunError, safe_name};
use crate::workflow::WorkflowError;

/// Puts the images into folders under `folder`; the answer are those whose file is gone.
pub(crate) fn write(decided: &DecidedImages<'_>, folder: &Path, how: Placement) -> Result<Vec<String>, WorkflowError> {
    own_output::mark(folder, "curate --export").map_err(RunError::at(folder))?;
    let labelled = decided.labelled.iter().map(|(entry, label)| (*entry, safe_name(&label.class)));
    let removed = decided.removed.iter().map(|(entry, why)| (*entry, format!("_removed/{}", safe_name(reason(why)))));
    let mut placers: BTreeMap<String, Placer> = BTreeMap::new();
    let mut missing = Vec::new();
    let targets: Vec<(ExportedImage<'_>, String)> = labelled.chain(removed).collect();
    for (entry, target) in targets {
        if entry.gone {
            missing.push(entry.row.path.clone());
            continue;
        }
        let source = decided.file(entry);
        // By folder, since names that differ in letter case may become the same folder.
        let key = target.to_lowercase();
        if !placers.contains_key(&key) {
            placers.insert(key.clone(), Placer::new(&folder.join(&target), how)?);
        }
        if let Some(placer) = placers.get_mut(&key) {
            placer.place(&source, entry.row.id)?;
        }
    }
    Ok(missing)
}
