//! Folder edits: cluster folders that a person sorted with a file manager become decisions.
//!
//! A folder that was renamed names its cluster; a file in another folder was moved, one in `_removed/<reason>` was
//! thrown out, one that is nowhere was deleted. Files are known by their place where `cluster_metadata.json` still
//! lists them, else by their bytes, so renaming a file changes nothing.

mod earlier_decisions;
mod emptied;
mod reading;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::{Curation, Decision, LabelSource, LogEntry};
use crate::data::{ClusterId, ImageId, path_text};
use earlier_decisions::EarlierDecisions;
pub use emptied::Emptied;
use emptied::emptied_clusters;
use reading::{Folder, FolderRole, files, files_below, linked_folders, read_metadata, roles, subfolders};

/// An image of the run, as far as folders are concerned.
#[derive(Debug, Clone)]
pub struct FolderImage {
    /// Its id.
    pub id: ImageId,
    /// The cluster it was put into, `None` for noise.
    pub cluster: Option<ClusterId>,
    /// Its file in the data set.
    pub source: PathBuf,
}

/// Edits that a person made to cluster folders with a file manager.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct FolderEdits {
    /// Edits that are not in the log yet.
    pub decisions: Vec<Decision>,
    /// Edits that cannot be taken yet, in a sentence each.
    pub open: Vec<String>,
}

/// Why the folders cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("{source}: `{}`", .path.display())]
pub struct FoldersError {
    path: PathBuf,
    source: io::Error,
}

/// Compares `clusters/<method>` with what the run put there. `state` is what `log` comes to so far: edits that stand in
/// it already are not decided twice, also where somebody decided otherwise since.
///
/// # Errors
/// When a folder cannot be read.
pub fn folder_edits(
    root: &Path,
    run: &str,
    method: &str,
    images: &[FolderImage],
    log: &[LogEntry],
    state: &Curation,
    emptied: Emptied,
) -> Result<FolderEdits, FoldersError> {
    let mut edits = FolderEdits::default();
    if root.is_symlink() {
        edits.open.push(format!("`{}` is a link and was passed over", root.display()));
        return Ok(edits);
    }
    for link in linked_folders(root)? {
        edits.open.push(format!("`{}` is a link to a folder and was passed over", link.display()));
    }
    let mut folders = vec![Folder { name: method.to_owned(), role: FolderRole::Loose, renamed: None }];
    let mut places: BTreeMap<ImageId, BTreeSet<usize>> = BTreeMap::new();
    // What the run put into each folder that still says so, by the number of its cluster.
    let mut placed: BTreeMap<i64, BTreeSet<ImageId>> = BTreeMap::new();
    let mut unclaimed: Vec<(usize, PathBuf)> = files(root)?.into_iter().map(|file| (0, file)).collect();
    for path in subfolders(root)? {
        let metadata = read_metadata(&path);
        for (mut folder, path) in roles(&path, metadata.as_ref())? {
            if let Err(why) = folder.check_name() {
                edits.open.push(format!("{why}: rename the folder `{}`", path.display()));
            }
            let listed: BTreeMap<&str, ImageId> =
                metadata.iter().flat_map(|m| &m.files).map(|file| (file.file.as_str(), file.id)).collect();
            for file in files_below(&path)? {
                match file.file_name().and_then(|name| listed.get(path_text::to_text(name).as_str())) {
                    Some(id) => drop(places.entry(*id).or_default().insert(folders.len())),
                    None => unclaimed.push((folders.len(), file)),
                }
            }
            folders.push(folder);
        }
        if let Some(metadata) = metadata {
            placed.entry(metadata.cluster).or_default().extend(metadata.files.into_iter().map(|file| file.id));
        }
    }
    identify(unclaimed, images, &mut places, &mut edits)?;
    let names = name_clusters(&folders, run, method, state, &mut edits);
    let before = EarlierDecisions::before(log, method);
    // A file that the run put nowhere, since it was gone or another by then, is missed by nobody.
    let never_placed = |image: &&FolderImage| {
        let folder = placed.get(&image.cluster.map_or(-1, |id| i64::from(id.0)));
        folder.is_some_and(|placed| !placed.contains(&image.id)) && !places.contains_key(&image.id)
    };
    let mut images: Vec<&FolderImage> = images.iter().filter(|image| !never_placed(image)).collect();
    if emptied == Emptied::Left {
        let left = emptied_clusters(method, &images, &places, &before, state, &mut edits);
        images.retain(|image| !left.contains(&image.id));
    }
    place_images(&folders, &before, &names, &places, &images, state, &mut edits);
    Ok(edits)
}

/// Finds out which images files are that are not where they were put: by their bytes.
fn identify(
    unclaimed: Vec<(usize, PathBuf)>,
    images: &[FolderImage],
    places: &mut BTreeMap<ImageId, BTreeSet<usize>>,
    edits: &mut FolderEdits,
) -> Result<(), FoldersError> {
    if unclaimed.is_empty() {
        return Ok(());
    }
    let mut by_bytes: BTreeMap<ImageId, Vec<ImageId>> = BTreeMap::new();
    for image in images {
        by_bytes.entry(image.id).or_default().push(image.id);
    }
    // A tile's id is not the hash of its bytes: look at the sources of those that are missing.
    for image in images.iter().filter(|image| !places.contains_key(&image.id)) {
        if let Ok(bytes) = fs::read(&image.source) {
            by_bytes.entry(ImageId::of_bytes(&bytes)).or_default().push(image.id);
        }
    }
    for (folder, file) in unclaimed {
        // What is no file may be read for ever.
        if !file.is_file() {
            edits.open.push(format!("`{}` is no file, or leads nowhere, and was passed over", file.display()));
            continue;
        }
        let bytes = fs::read(&file).map_err(|source| FoldersError { path: file.clone(), source })?;
        let candidates = by_bytes.get(&ImageId::of_bytes(&bytes));
        let missing = candidates.and_then(|ids| ids.iter().find(|id| !places.contains_key(id)));
        match missing.or(candidates.and_then(|ids| ids.first())) {
            Some(id) => drop(places.entry(*id).or_default().insert(folder)),
            None => edits.open.push(format!("`{}` is not an image of this run and was passed over", file.display())),
        }
    }
    Ok(())
}

/// Decides the names of renamed folders; gives every cluster's name, old or new.
fn name_clusters(
    folders: &[Folder],
    run: &str,
    method: &str,
    state: &Curation,
    edits: &mut FolderEdits,
) -> BTreeMap<ClusterId, String> {
    let mut names: BTreeMap<ClusterId, String> = state
        .cluster_names
        .iter()
        .filter(|((r, m, _), _)| r == run && m == method)
        .map(|((_, _, cluster), class)| (*cluster, class.clone()))
        .collect();
    for folder in folders {
        let (FolderRole::Cluster(cluster), Some(class)) = (&folder.role, &folder.renamed) else { continue };
        if names.get(cluster) != Some(class) {
            edits.decisions.push(Decision::NameCluster {
                method: Some(method.to_owned()),
                cluster: *cluster,
                class: class.clone(),
                run: Some(run.to_owned()),
                members: BTreeMap::new(),
            });
            names.insert(*cluster, class.clone());
        }
    }
    names
}

fn place_images(
    folders: &[Folder],
    before: &EarlierDecisions,
    names: &BTreeMap<ClusterId, String>,
    places: &BTreeMap<ImageId, BTreeSet<usize>>,
    images: &[&FolderImage],
    state: &Curation,
    edits: &mut FolderEdits,
) {
    let mut loose = 0;
    let mut moved: BTreeMap<String, Vec<ImageId>> = BTreeMap::new();
    let mut removed: BTreeMap<String, Vec<ImageId>> = BTreeMap::new();
    let mut restored = Vec::new();
    let mut unnamed: BTreeMap<&str, usize> = BTreeMap::new();
    let homes: BTreeMap<ImageId, FolderRole> =
        images.iter().map(|image| (image.id, image.cluster.map_or(FolderRole::Noise, FolderRole::Cluster))).collect();
    for (id, home) in &homes {
        let found: Vec<&Folder> = places.get(id).into_iter().flatten().map(|index| &folders[*index]).collect();
        let elsewhere: Vec<&&Folder> = found.iter().filter(|folder| folder.role != *home).collect();
        let was_removed = state.removed.get(id);
        let label = state.labels.get(id);
        match (found.len(), elsewhere.as_slice()) {
            // In no folder: somebody deleted it, unless an earlier look at the folders said so already.
            (0, _) => {
                if was_removed.is_none() && before.removed.get(id) != Some(&before.deleted) {
                    removed.entry(before.deleted.clone()).or_default().push(*id);
                }
            }
            // In its own folder: that was renamed, or the image was moved away before and is back.
            (_, []) => {
                let own = match home {
                    FolderRole::Cluster(cluster) => names.get(cluster).cloned(),
                    _ => found.iter().find_map(|folder| folder.renamed.clone()),
                };
                if was_removed.is_some_and(|removed| removed.reason == before.deleted) {
                    restored.push(*id);
                }
                let by_folder =
                    label.is_some_and(|label| label.source == LabelSource::Moved && label.reason == before.moved_in);
                let differs = label.map(|label| &label.class) != own.as_ref();
                let noise = *home == FolderRole::Noise
                    && was_removed.is_none()
                    && label.is_none_or(|label| label.source == LabelSource::NamedCluster);
                if let Some(class) = own
                    && differs
                    && before.moved.get(id) != Some(&class)
                    && (by_folder || noise)
                {
                    moved.entry(class).or_default().push(*id);
                }
            }
            // In one other folder: the role of that folder decides.
            (1, [folder]) => {
                let class = match &folder.role {
                    FolderRole::Loose => {
                        loose += 1;
                        continue;
                    }
                    FolderRole::Removed(reason) => {
                        let said = before.removed.get(id) == Some(reason);
                        if !said && was_removed.is_none_or(|removed| removed.reason != *reason) {
                            removed.entry(reason.clone()).or_default().push(*id);
                        }
                        continue;
                    }
                    FolderRole::Class(class) => Some(class),
                    FolderRole::Cluster(cluster) => names.get(cluster),
                    FolderRole::Noise => folder.renamed.as_ref(),
                };
                match class {
                    Some(class) => {
                        // A decision that the log has already is not repeated, also where it was overruled since.
                        let known = before.moved.get(id) == Some(class)
                            || label.is_some_and(|l| l.source != LabelSource::NamedCluster && l.class == *class);
                        if !known {
                            moved.entry(class.clone()).or_default().push(*id);
                        }
                    }
                    None => *unnamed.entry(&folder.name).or_default() += 1,
                }
            }
            _ => edits.open.push(format!(
                "image {} lies in several folders ({}); keep it in one",
                id.short(),
                found.iter().map(|folder| folder.name.as_str()).collect::<Vec<_>>().join(", ")
            )),
        }
    }
    if !restored.is_empty() {
        edits.decisions.push(Decision::Restore { images: restored });
    }
    edits.decisions.extend(moved.into_iter().map(|(class, images)| Decision::Move {
        images,
        class,
        reason: Some(before.moved_in.clone()),
    }));
    edits
        .decisions
        .extend(removed.into_iter().map(|(reason, images)| Decision::Remove { images, reason: Some(reason) }));
    if loose > 0 {
        edits
            .open
            .push(format!("{loose} images lie outside the cluster folders: move them into one, or into _removed/"));
    }
    edits.open.extend(unnamed.into_iter().map(|(folder, n)| {
        format!("{n} images were moved into `{folder}`, which has no name yet: rename the folder to its class and run this again")
    }));
}

#[cfg(test)]
mod tests;
