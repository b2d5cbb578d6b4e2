//! Labels made elsewhere become decisions: a label table, or a folder with one subfolder per class.
//!
//! Rows of a table name images by id, path or file name; files in folders are known by their content. What is known already
//! is not decided again, so that importing twice adds nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use serde::Serialize;

use crate::curation::{Curation, Decision, LabelSource, LabelTable};
use crate::data::{ClassName, ImageId, ImageRecord, Manifest, name_of_folder, path_text};
use crate::files::ImagesTable;
use crate::images::{ScanOptions, scan};
use crate::progress::{LabelWarning, Observer, Warning};
use crate::workflow::WorkflowError;
use crate::workflow::class_folders::ClassFolders;
use crate::workflow::run_features;

/// Labels found in a source, by image of the run.
pub(crate) struct ImportedLabels {
    /// Class of every image that the source names.
    classes: BTreeMap<ImageId, ClassName>,
    /// Reason of every image that the source keeps apart as removed.
    removed: BTreeMap<ImageId, String>,
    /// Images that the source names and the run lacks.
    unmatched: Vec<String>,
    /// Images that the source names with different classes, as `path: class, class`.
    conflicts: Vec<String>,
}

/// Outcome of an import of labels.
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
    /// Images that the source names and the run lacks.
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
) -> Result<ImportedLabels, WorkflowError> {
    let manifest = run_features::manifest(root, table);
    if source.is_dir() { from_folder(source, &manifest, observer) } else { from_table(source, &manifest, observer) }
}

fn from_table(source: &Path, manifest: &Manifest, observer: &dyn Observer) -> Result<ImportedLabels, WorkflowError> {
    let matched = LabelTable::read(source, observer)?.match_to(manifest);
    for warning in matched.warnings(source) {
        observer.warn(&Warning::Labels(warning));
    }
    if let Some(sides) = matched.both_sides().filter(|_| matched.labels.is_empty() && matched.conflicts.is_empty()) {
        let message = format!("no row of the table names an image of the run: `{}`", source.display());
        return Err(WorkflowError::failed(message, sides));
    }
    let named = matched.labels.into_iter().map(|(row, (class, _))| (manifest.records[row].id, class));
    Ok(ImportedLabels {
        classes: named.collect(),
        removed: BTreeMap::new(),
        unmatched: matched.unmatched.into_iter().map(|(name, _)| name).collect(),
        conflicts: matched.conflicts,
    })
}

/// `class/image.png`; images of `_removed/<reason>/` are removed for that reason.
fn from_folder(folder: &Path, manifest: &Manifest, observer: &dyn Observer) -> Result<ImportedLabels, WorkflowError> {
    let found = scan(folder, &ScanOptions::default(), observer)?;
    // By content alone: a name of equal letters in another folder is another image.
    let mut by_name: BTreeMap<&str, Vec<&ImageRecord>> = BTreeMap::new();
    for record in &manifest.records {
        by_name.entry(file_name(&record.path)).or_default().push(record);
    }
    // Runs of before did not note the bytes of a tile; those of its file tell.
    let is_file_of = |id: ImageId, record: &ImageRecord| {
        record.content.is_none()
            && !record.is_part()
            && fs::read(manifest.file(record)).is_ok_and(|bytes| ImageId::of_bytes(&bytes) == id)
    };
    let contents = manifest.records.iter().filter_map(|record| Some((record.content_id()?, record.id)));
    let known: BTreeMap<ImageId, ImageId> =
        manifest.records.iter().map(|record| (record.id, record.id)).chain(contents).collect();
    let mut classes: BTreeMap<ImageId, BTreeSet<ClassName>> = BTreeMap::new();
    let mut removed = BTreeMap::new();
    let mut unmatched = Vec::new();
    let mut in_folders = 0;
    let mut foreign: Vec<&str> = Vec::new();
    let folders = ClassFolders::of(&found, observer)?;
    for (row, record) in found.records.iter().enumerate() {
        let parts: Vec<&str> = record.path.split('/').collect();
        let same_name = by_name.get(file_name(&record.path)).map_or(&[][..], Vec::as_slice);
        let by_file = || same_name.iter().find(|other| is_file_of(record.id, other)).map(|other| other.id);
        match (parts.as_slice(), known.get(&record.id).copied().or_else(by_file)) {
            ([_], _) => continue,
            (_, None) => {
                foreign.extend((!same_name.is_empty()).then_some(record.path.as_str()));
                unmatched.push(record.path.clone());
            }
            (["_removed", reason, _, ..], Some(id)) => {
                removed.insert(id, name_of_folder(reason));
            }
            (_, Some(id)) => match folders.classes.get(&row) {
                Some(class) => drop(classes.entry(id).or_default().insert(class.clone())),
                None => continue,
            },
        }
        in_folders += 1;
    }
    if let Some(first) = foreign.first() {
        observer.warn(&Warning::Labels(LabelWarning::CalledAlike {
            files: foreign.len(),
            folder: folder.to_owned(),
            first: (*first).to_owned(),
        }));
    }
    if in_folders == 0 {
        return Err(WorkflowError::failed(
            format!("no images in class folders: `{}`", folder.display()),
            "an import is a folder with one subfolder per class, or a table with path (or filename, or id) and class",
        ));
    }
    let path_of = |id: &ImageId| manifest.records.iter().find(|record| record.id == *id).map_or("", |r| &r.path);
    let (one, several): (Vec<_>, Vec<_>) = classes.into_iter().partition(|(_, classes)| classes.len() == 1);
    let conflicts = several.iter().map(|(id, classes)| {
        format!("{}: {}", path_of(id), classes.iter().map(ClassName::as_str).collect::<Vec<_>>().join(", "))
    });
    let conflicts = conflicts.collect();
    let classes: BTreeMap<ImageId, ClassName> =
        one.into_iter().filter_map(|(id, classes)| Some((id, classes.into_iter().next()?))).collect();
    removed.retain(|id, _| !classes.contains_key(id));
    Ok(ImportedLabels { classes, removed, unmatched, conflicts })
}

fn file_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

impl ImportedLabels {
    /// The decisions that bring `state` to what was found, and what to say about them.
    pub(crate) fn decisions(self, source: &Path, state: &Curation) -> (Vec<Decision>, LabelImport) {
        let reason = format!("imported from {}", path_text::to_text(source));
        let mut import = LabelImport { source: path_text::to_text(source), ..LabelImport::default() };
        let mut moves: BTreeMap<&str, Vec<ImageId>> = BTreeMap::new();
        for (id, class) in &self.classes {
            *import.classes.entry(class.to_string()).or_default() += 1;
            // A name of its cluster may change; that of the image itself is what the import is about.
            let known = state
                .labels
                .get(id)
                .is_some_and(|l| l.class == class.as_str() && l.source != LabelSource::NamedCluster);
            if !known {
                import.given_back += usize::from(state.removed.contains_key(id));
                moves.entry(class.as_str()).or_default().push(*id);
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::curation::{Label, Removed};
    use crate::files::ImageRow;
    use crate::progress::Silent;

    /// A picture that differs from others in one pixel, as PNG.
    fn png(shade: u8) -> Vec<u8> {
        let mut bytes = std::io::Cursor::new(Vec::new());
        let image = image::GrayImage::from_fn(4, 4, |x, y| image::Luma([if (x, y) == (0, 0) { shade } else { 9 }]));
        image.write_to(&mut bytes, image::ImageFormat::Png).unwrap();
        bytes.into_inner()
    }

    /// A run of the images 0 to 3, `images/<n>.png`, and the id of each.
    fn run() -> (ImagesTable, Vec<ImageId>) {
        let ids: Vec<ImageId> = (0..4).map(|shade| ImageId::of_bytes(&png(shade))).collect();
        let row = |(n, id): (usize, &ImageId)| ImageRow { id: *id, path: format!("images/{n}.png"), content: None };
        let rows: Vec<ImageRow> = ids.iter().enumerate().map(row).collect();
        (ImagesTable { fields: vec![BTreeMap::new(); rows.len()], rows, clusterings: BTreeMap::new() }, ids)
    }

    fn write(folder: &Path, path: &str, bytes: &[u8]) {
        let file = folder.join(path);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, bytes).unwrap();
    }

    fn classes(found: &ImportedLabels) -> Vec<(ImageId, &str)> {
        found.classes.iter().map(|(id, class)| (*id, class.as_str())).collect()
    }

    #[test]
    fn images_in_class_folders_are_found_by_content_alone() {
        let (table, ids) = run();
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), "grass/renamed.png", &png(0));
        write(folder.path(), "brick/1.png", &png(1));
        write(folder.path(), "gravel/3.png", &png(103)); // Of another folder, by a name that many cameras give.
        write(folder.path(), "_removed/blurred/2.png", &png(2));
        write(folder.path(), "_notes/3.png", &png(3));
        write(folder.path(), "gravel/stranger.png", &png(77));
        write(folder.path(), "loose.png", &png(3));
        let found = read(folder.path(), &table, Path::new("."), &Silent).unwrap();
        let mut wanted = vec![(ids[0], "grass"), (ids[1], "brick")];
        wanted.sort();
        assert_eq!(classes(&found), wanted);
        assert_eq!(found.removed, BTreeMap::from([(ids[2], "blurred".to_owned())]));
        assert_eq!(
            (found.unmatched.as_slice(), found.conflicts.len()),
            (&["gravel/3.png".to_owned(), "gravel/stranger.png".to_owned()][..], 0)
        );
    }

    #[test]
    fn an_image_in_two_class_folders_is_a_conflict_and_a_class_beats_a_removal() {
        let (table, ids) = run();
        let folder = tempfile::tempdir().unwrap();
        for path in ["grass/0.png", "brick/0.png"] {
            write(folder.path(), path, &png(0));
        }
        for path in ["grass/1.png", "_removed/cut off/1.png"] {
            write(folder.path(), path, &png(1));
        }
        let found = read(folder.path(), &table, Path::new("."), &Silent).unwrap();
        assert_eq!(found.conflicts, ["images/0.png: brick, grass"]);
        assert_eq!((classes(&found), found.removed.len()), (vec![(ids[1], "grass")], 0));
    }

    #[test]
    fn what_cannot_be_imported_is_said() {
        let (table, _) = run();
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), "loose.png", &png(0));
        let error = read(folder.path(), &table, Path::new("."), &Silent).map(|_| ()).unwrap_err();
        assert!(error.to_string().starts_with("no images in class folders"), "{error}");
        let csv = folder.path().join("labels.csv");
        fs::write(&csv, "path,class\nimages/0.png,_hidden\n").unwrap();
        let error = read(&csv, &table, Path::new("."), &Silent).map(|_| ()).unwrap_err();
        assert!(error.to_string().starts_with("line 2: `_hidden` is reserved"), "{error}");
    }

    #[test]
    fn only_what_is_not_known_yet_is_decided() {
        let (table, ids) = run();
        let folder = tempfile::tempdir().unwrap();
        let csv = folder.path().join("labels.csv");
        fs::write(&csv, "path,class\nimages/0.png,grass\nimages/1.png,grass\nimages/2.png,brick\nlost.png,brick\n")
            .unwrap();
        let found = || read(&csv, &table, Path::new("."), &Silent).unwrap();
        let label = |source| Label { class: "grass".to_owned(), source, reason: String::new(), seq: 0 };
        let mut state = Curation::default();
        state.labels.insert(ids[0], label(LabelSource::Moved));
        state.labels.insert(ids[1], label(LabelSource::NamedCluster));
        state.removed.insert(ids[2], Removed { reason: "blurred".to_owned(), by: String::new(), at: String::new() });
        let (decisions, import) = found().decisions(&csv, &state);
        let reason = Some(format!("imported from {}", csv.display()));
        let moved = |images, class: &str| Decision::Move { images, class: class.to_owned(), reason: reason.clone() };
        assert_eq!(decisions, [moved(vec![ids[2]], "brick"), moved(vec![ids[1]], "grass")]);
        assert_eq!((import.new, import.given_back, import.unmatched.len()), (2, 1, 1));
        assert_eq!(import.classes, BTreeMap::from([("brick".to_owned(), 1), ("grass".to_owned(), 2)]));

        let all = [(ids[0], "grass"), (ids[1], "grass"), (ids[2], "brick")];
        let mut done = Curation::default();
        for (id, class) in all {
            done.labels.insert(id, Label { class: class.to_owned(), ..label(LabelSource::Moved) });
        }
        let (decisions, import) = found().decisions(&csv, &done);
        assert_eq!((decisions.len(), import.new), (0, 0), "importing twice adds nothing");
    }
}
