//! Labels made elsewhere become decisions: a label table, or a folder with one subfolder per class.
//!
//! Images are matched by their content, by path, or by file name. What is known already is not decided again, so that
//! importing twice adds nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde::Serialize;

use crate::curation::{Curation, Decision, LabelSource, LabelTable, check_class};
use crate::data::{ImageId, ImageRecord, Manifest};
use crate::images::{ScanOptions, scan};
use crate::progress::Observer;
use crate::runs::ImagesTable;
use crate::workflow::WorkflowError;

/// Labels found in a source, by image of the run.
pub(crate) struct Found {
    /// Class of every image that the source names.
    classes: BTreeMap<ImageId, String>,
    /// Reason of every image that the source keeps apart as removed.
    removed: BTreeMap<ImageId, String>,
    /// What the source names and the run lacks.
    unmatched: Vec<String>,
    /// Images that the source names with different classes, as `path: class, class`.
    conflicts: Vec<String>,
}

/// What an import came to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct LabelImport {
    /// Where the labels came from.
    pub source: String,
    /// Distinct images per class that the source and the run have in common.
    pub classes: BTreeMap<String, usize>,
    /// The same for images that the source keeps under `_removed/<reason>/`.
    pub removed: BTreeMap<String, usize>,
    /// Images decided on now; the others were known.
    pub new: usize,
    /// Images that were removed before and have a class now.
    pub given_back: usize,
    /// What the source names and the run lacks.
    pub unmatched: Vec<String>,
    /// Images that the source names with different classes; they are left as they are.
    pub conflicts: Vec<String>,
}

/// Reads `source`, a label table or a folder, and matches it to the images of the run.
pub(crate) fn read(
    source: &Path,
    table: &ImagesTable,
    root: &Path,
    observer: &dyn Observer,
) -> Result<Found, WorkflowError> {
    let manifest = as_manifest(table, root);
    let found =
        if source.is_dir() { from_folder(source, &manifest, observer)? } else { from_table(source, &manifest)? };
    for class in found.classes.values() {
        check_class(class).map_err(|message| {
            let hint = format!("rename it in `{}`; nothing was imported", source.display());
            WorkflowError::failed(message, hint)
        })?;
    }
    Ok(found)
}

fn from_table(source: &Path, manifest: &Manifest) -> Result<Found, WorkflowError> {
    let matched = LabelTable::read(source)?.match_to(manifest);
    let named = matched.labels.into_iter().map(|(row, (class, _))| (manifest.records[row].id, class));
    Ok(Found {
        classes: named.collect(),
        removed: BTreeMap::new(),
        unmatched: matched.unknown,
        conflicts: matched.conflicts,
    })
}

/// `class/image.png`; images of `_removed/<reason>/` are removed for that reason.
fn from_folder(folder: &Path, manifest: &Manifest, observer: &dyn Observer) -> Result<Found, WorkflowError> {
    let found = scan(folder, &ScanOptions::default(), observer)?;
    let mut by_file: BTreeMap<&str, BTreeSet<ImageId>> = BTreeMap::new();
    for record in &manifest.records {
        by_file.entry(file_name(&record.path)).or_default().insert(record.id);
    }
    let known: BTreeSet<ImageId> = manifest.records.iter().map(|record| record.id).collect();
    let mut classes: BTreeMap<ImageId, BTreeSet<&str>> = BTreeMap::new();
    let mut removed = BTreeMap::new();
    let mut unmatched = Vec::new();
    let mut in_folders = 0;
    for record in &found.records {
        let parts: Vec<&str> = record.path.split('/').collect();
        // By name only where the name means one image.
        let by_name = || by_file.get(file_name(&record.path)).filter(|ids| ids.len() == 1)?.first().copied();
        let id = if known.contains(&record.id) { Some(record.id) } else { by_name() };
        match (parts.as_slice(), id) {
            ([_], _) => continue,
            (_, None) => unmatched.push(record.path.clone()),
            (["_removed", reason, _, ..], Some(id)) => {
                removed.insert(id, (*reason).to_owned());
            }
            ([class, ..], _) if class.starts_with('_') => continue,
            ([class, ..], Some(id)) => {
                classes.entry(id).or_default().insert(class);
            }
            ([], _) => {}
        }
        in_folders += 1;
    }
    if in_folders == 0 {
        return Err(WorkflowError::failed(
            format!("no images in class folders: `{}`", folder.display()),
            "an import is a folder with one subfolder per class, or a table with path (or filename, or id) and class",
        ));
    }
    let path_of = |id: &ImageId| manifest.records.iter().find(|record| record.id == *id).map_or("", |r| &r.path);
    let (one, several): (Vec<_>, Vec<_>) = classes.into_iter().partition(|(_, classes)| classes.len() == 1);
    let conflicts = several
        .iter()
        .map(|(id, classes)| format!("{}: {}", path_of(id), classes.iter().copied().collect::<Vec<_>>().join(", ")));
    let conflicts = conflicts.collect();
    let classes: BTreeMap<ImageId, String> =
        one.into_iter().filter_map(|(id, classes)| Some((id, (*classes.first()?).to_owned()))).collect();
    removed.retain(|id, _| !classes.contains_key(id));
    Ok(Found { classes, removed, unmatched, conflicts })
}

fn file_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

impl Found {
    /// The decisions that bring `state` to what was found, and what to say about them.
    pub(crate) fn decisions(self, source: &Path, state: &Curation) -> (Vec<Decision>, LabelImport) {
        let reason = format!("imported from {}", source.display());
        let mut import = LabelImport { source: source.display().to_string(), ..LabelImport::default() };
        let mut moves: BTreeMap<&str, Vec<ImageId>> = BTreeMap::new();
        for (id, class) in &self.classes {
            *import.classes.entry(class.clone()).or_default() += 1;
            // A name of its cluster may change; that of the image itself is what the import is about.
            let known =
                state.labels.get(id).is_some_and(|l| l.class == *class && l.source != LabelSource::NamedCluster);
            if !known {
                import.given_back += usize::from(state.removed.contains_key(id));
                moves.entry(class).or_default().push(*id);
            }
        }
        let mut removals: BTreeMap<&str, Vec<ImageId>> = BTreeMap::new();
        for (id, why) in &self.removed {
            *import.removed.entry(why.clone()).or_default() += 1;
            if !state.removed.contains_key(id) {
                removals.entry(why).or_default().push(*id);
            }
        }
        import.new = moves.values().chain(removals.values()).map(Vec::len).sum();
        let moves = moves.into_iter().map(|(class, images)| Decision::Move {
            images,
            class: class.to_owned(),
            reason: Some(reason.clone()),
        });
        let removals =
            removals.into_iter().map(|(why, images)| Decision::Remove { images, reason: Some(why.to_owned()) });
        let decisions = moves.chain(removals).collect();
        import.unmatched = self.unmatched;
        import.conflicts = self.conflicts;
        (decisions, import)
    }
}

/// The images of a run as a scan would list them; sizes are not known and not needed.
fn as_manifest(table: &ImagesTable, root: &Path) -> Manifest {
    let record = |row: &crate::runs::ImageRow| ImageRecord {
        id: row.id,
        path: row.path.clone(),
        width: 0,
        height: 0,
        bit_depth: 8,
        fields: BTreeMap::new(),
        tile: None,
    };
    Manifest { root: root.to_owned(), records: table.rows.iter().map(record).collect(), ..Manifest::default() }
}
