//! Who sorted a run's cluster folders with a file manager gets those edits as decisions.
//!
//! A folder that was renamed names its cluster; a file in another folder was moved, one in `_removed/<reason>` was
//! thrown out, one that is nowhere was deleted. Files are known by their place where `cluster_metadata.json` still
//! lists them, else by their bytes, so renaming a file changes nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::{Curation, Decision, Source};
use crate::data::{ClusterId, ImageId};

/// The file in every cluster folder that says what was put there.
pub const METADATA_FILE: &str = "cluster_metadata.json";

/// Why an image was removed whose file is gone from the folders of `method`. It names the method, since the folders of
/// another one still hold the image and must not bring it back.
fn deleted(method: &str) -> String {
    format!("deleted from clusters/{method}")
}

/// Why an image was moved, likewise.
fn moved_in(method: &str) -> String {
    format!("moved in clusters/{method}")
}

/// `cluster_metadata.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ClusterMetadata {
    /// The clustering method.
    pub method: String,
    /// The cluster's number, -1 for noise.
    pub cluster: i64,
    /// Images in it.
    pub size: usize,
    /// Share of all images, in `0.0..=1.0`.
    pub share: f64,
    /// Mean silhouette of its images, in `-1.0..=1.0`, where it was measured.
    pub silhouette: Option<f64>,
    /// Per name field: images per value; fields of more than 100 values are left out.
    pub fields: BTreeMap<String, BTreeMap<String, usize>>,
    /// What was put into the folder.
    pub files: Vec<PlacedFile>,
}

/// One image in a cluster folder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlacedFile {
    /// Its name in the folder.
    pub file: String,
    /// Its id.
    pub id: ImageId,
    /// Where it comes from, relative to the data set's root.
    pub path: String,
}

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

/// What was done with a file manager.
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

/// What a folder stands for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Meaning {
    Cluster(ClusterId),
    Noise,
    Class(String),
    Removed(String),
}

struct Folder {
    name: String,
    meaning: Meaning,
    /// The name a person gave a cluster's folder.
    renamed: Option<String>,
}

/// Compares `clusters/<method>` with what the run put there. `state` is what the log comes to so far: edits that are
/// in it already are not decided twice.
///
/// # Errors
/// When a folder cannot be read.
pub fn folder_edits(
    root: &Path,
    run: &str,
    method: &str,
    images: &[FolderImage],
    state: &Curation,
) -> Result<FolderEdits, FoldersError> {
    let mut folders = Vec::new();
    let mut places: BTreeMap<ImageId, BTreeSet<usize>> = BTreeMap::new();
    let mut strangers: Vec<(usize, PathBuf)> = Vec::new();
    for path in subfolders(root)? {
        let metadata = read_metadata(&path);
        for (folder, path) in meanings(&path, metadata.as_ref())? {
            let listed: BTreeMap<&str, ImageId> =
                metadata.iter().flat_map(|m| &m.files).map(|file| (file.file.as_str(), file.id)).collect();
            for file in files(&path)? {
                match file.file_name().and_then(|name| name.to_str()).and_then(|name| listed.get(name)) {
                    Some(id) => drop(places.entry(*id).or_default().insert(folders.len())),
                    None => strangers.push((folders.len(), file)),
                }
            }
            folders.push(folder);
        }
    }
    let mut edits = FolderEdits::default();
    identify(strangers, images, &mut places, &mut edits)?;
    let names = name_clusters(&folders, run, method, state, &mut edits);
    place_images(&folders, method, &names, &places, images, state, &mut edits);
    Ok(edits)
}

/// Finds out which images files are that are not where they were put: by their bytes.
fn identify(
    strangers: Vec<(usize, PathBuf)>,
    images: &[FolderImage],
    places: &mut BTreeMap<ImageId, BTreeSet<usize>>,
    edits: &mut FolderEdits,
) -> Result<(), FoldersError> {
    if strangers.is_empty() {
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
    for (folder, file) in strangers {
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
        let (Meaning::Cluster(cluster), Some(class)) = (&folder.meaning, &folder.renamed) else { continue };
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
    method: &str,
    names: &BTreeMap<ClusterId, String>,
    places: &BTreeMap<ImageId, BTreeSet<usize>>,
    images: &[FolderImage],
    state: &Curation,
    edits: &mut FolderEdits,
) {
    let (deleted, reason) = (deleted(method), moved_in(method));
    let mut moved: BTreeMap<String, Vec<ImageId>> = BTreeMap::new();
    let mut removed: BTreeMap<String, Vec<ImageId>> = BTreeMap::new();
    let mut restored = Vec::new();
    let mut unnamed: BTreeMap<&str, usize> = BTreeMap::new();
    let homes: BTreeMap<ImageId, Meaning> =
        images.iter().map(|image| (image.id, image.cluster.map_or(Meaning::Noise, Meaning::Cluster))).collect();
    for (id, home) in &homes {
        let found: Vec<&Folder> = places.get(id).into_iter().flatten().map(|index| &folders[*index]).collect();
        let elsewhere: Vec<&&Folder> = found.iter().filter(|folder| folder.meaning != *home).collect();
        let was_removed = state.removed.get(id);
        let label = state.labels.get(id);
        match (found.len(), elsewhere.as_slice()) {
            (0, _) => {
                if was_removed.is_none() {
                    removed.entry(deleted.clone()).or_default().push(*id);
                }
            }
            (_, []) => {
                let own = match home {
                    Meaning::Cluster(cluster) => names.get(cluster).cloned(),
                    _ => found.iter().find_map(|folder| folder.renamed.clone()),
                };
                if was_removed.is_some_and(|removed| removed.reason == deleted) {
                    restored.push(*id);
                }
                let by_folder = label.is_some_and(|label| label.source == Source::Moved && label.reason == reason);
                let differs = label.map(|label| &label.class) != own.as_ref();
                if let Some(class) = own
                    && differs
                    && (by_folder || *home == Meaning::Noise)
                {
                    moved.entry(class).or_default().push(*id);
                }
            }
            (1, [folder]) => {
                let class = match &folder.meaning {
                    Meaning::Removed(reason) => {
                        if was_removed.is_none_or(|removed| removed.reason != *reason) {
                            removed.entry(reason.clone()).or_default().push(*id);
                        }
                        continue;
                    }
                    Meaning::Class(class) => Some(class),
                    Meaning::Cluster(cluster) => names.get(cluster),
                    Meaning::Noise => folder.renamed.as_ref(),
                };
                match class {
                    Some(class) => {
                        let known = label.is_some_and(|l| l.source != Source::NamedCluster && l.class == *class);
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
        reason: Some(reason.clone()),
    }));
    edits
        .decisions
        .extend(removed.into_iter().map(|(reason, images)| Decision::Remove { images, reason: Some(reason) }));
    edits.open.extend(unnamed.into_iter().map(|(folder, n)| {
        format!("{n} images were moved into `{folder}`, which has no name yet: rename the folder to its class and run this again")
    }));
}

/// A folder's meaning, and those of the folders in it where it holds removed images sorted by reason.
fn meanings(path: &Path, metadata: Option<&ClusterMetadata>) -> Result<Vec<(Folder, PathBuf)>, FoldersError> {
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    if name == "_removed" {
        let mut all = vec![(removed_folder("removed"), path.to_owned())];
        for inner in subfolders(path)? {
            all.push((removed_folder(&inner.file_name().unwrap_or_default().to_string_lossy()), inner));
        }
        return Ok(all);
    }
    let (number, rest) = split_name(&name);
    let meaning = match (metadata.map(|m| m.cluster), number, name.as_str()) {
        (Some(-1), ..) | (None, _, "noise") => Meaning::Noise,
        (Some(cluster), ..) => Meaning::Cluster(ClusterId(u32::try_from(cluster).unwrap_or(u32::MAX))),
        (None, Some(cluster), _) => Meaning::Cluster(cluster),
        (None, None, _) => Meaning::Class(name.clone()),
    };
    let renamed = match (&meaning, number) {
        (Meaning::Class(_) | Meaning::Removed(_), _) => None,
        (Meaning::Noise, _) if name == "noise" => None,
        (Meaning::Cluster(cluster), Some(number)) if *cluster == number => rest,
        _ => Some(name.clone()),
    };
    Ok(vec![(Folder { name, meaning, renamed }, path.to_owned())])
}

fn removed_folder(reason: &str) -> Folder {
    Folder { name: "_removed".to_owned(), meaning: Meaning::Removed(reason.to_owned()), renamed: None }
}

/// `cluster_3_gravel` is cluster 3, called gravel.
fn split_name(name: &str) -> (Option<ClusterId>, Option<String>) {
    let Some(rest) = name.strip_prefix("cluster_") else { return (None, None) };
    let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let class = rest[digits..].trim_start_matches(['_', '-', ' ']).trim();
    (rest[..digits].parse().ok().map(ClusterId), (!class.is_empty()).then(|| class.to_owned()))
}

fn read_metadata(folder: &Path) -> Option<ClusterMetadata> {
    let text = fs::read(folder.join(METADATA_FILE)).ok()?;
    serde_json::from_slice(&text).ok()
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>, FoldersError> {
    let at = |source| FoldersError { path: folder.to_owned(), source };
    let mut paths = fs::read_dir(folder)
        .map_err(at)?
        .map(|entry| entry.map(|e| e.path()))
        .collect::<Result<Vec<_>, _>>()
        .map_err(at)?;
    paths.retain(|path| !path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.')));
    paths.sort();
    Ok(paths)
}

fn subfolders(folder: &Path) -> Result<Vec<PathBuf>, FoldersError> {
    Ok(entries(folder)?.into_iter().filter(|path| path.is_dir()).collect())
}

fn files(folder: &Path) -> Result<Vec<PathBuf>, FoldersError> {
    let other = |path: &PathBuf| path.is_file() && path.file_name().is_some_and(|name| name != METADATA_FILE);
    Ok(entries(folder)?.into_iter().filter(other).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two clusters of two images each, in folders as a run leaves them.
    fn run_folder() -> (tempfile::TempDir, Vec<FolderImage>) {
        let home = tempfile::tempdir().unwrap();
        let mut images = Vec::new();
        for (cluster, names) in [(0, ["a", "b"]), (1, ["c", "d"])] {
            let folder = home.path().join(format!("cluster_{cluster}"));
            fs::create_dir(&folder).unwrap();
            let mut placed = Vec::new();
            for name in names {
                let id = ImageId::of_bytes(name.as_bytes());
                let file = folder.join(format!("{name}.png"));
                fs::write(&file, name).unwrap();
                images.push(FolderImage { id, cluster: Some(ClusterId(cluster)), source: file });
                placed.push(PlacedFile { file: format!("{name}.png"), id, path: format!("{name}.png") });
            }
            let metadata = ClusterMetadata {
                method: "kmeans".to_owned(),
                cluster: i64::from(cluster),
                size: 2,
                share: 0.5,
                silhouette: None,
                fields: BTreeMap::new(),
                files: placed,
            };
            fs::write(folder.join(METADATA_FILE), serde_json::to_vec(&metadata).unwrap()).unwrap();
        }
        (home, images)
    }

    fn edits(home: &Path, images: &[FolderImage], state: &Curation) -> FolderEdits {
        folder_edits(home, "run", "kmeans", images, state).unwrap()
    }

    #[test]
    fn an_untouched_folder_says_nothing() {
        let (home, images) = run_folder();
        assert_eq!(edits(home.path(), &images, &Curation::default()), FolderEdits::default());
    }

    #[test]
    fn renames_moves_and_deletions_become_decisions() {
        let (home, images) = run_folder();
        let at = |path: &str| home.path().join(path);
        fs::rename(at("cluster_0"), at("grass")).unwrap();
        fs::rename(at("cluster_1/c.png"), at("grass/renamed.png")).unwrap();
        fs::remove_file(at("cluster_1/d.png")).unwrap();
        fs::create_dir_all(at("_removed/too dark")).unwrap();
        fs::rename(at("grass/b.png"), at("_removed/too dark/b.png")).unwrap();
        let [a, b, c, d] = [0, 1, 2, 3].map(|i| images[i].id);
        let done = edits(home.path(), &images, &Curation::default());
        assert!(done.open.is_empty(), "{:?}", done.open);
        let lines: Vec<String> = done.decisions.iter().map(|d| serde_json::to_string(d).unwrap()).collect();
        assert_eq!(lines.len(), 4, "{lines:#?}");
        assert!(lines[0].contains(r#""cluster":0,"class":"grass""#));
        assert_eq!(
            done.decisions[1],
            Decision::Move { images: vec![c], class: "grass".to_owned(), reason: Some(moved_in("kmeans")) }
        );
        assert_eq!(done.decisions[2], Decision::Remove { images: vec![d], reason: Some(deleted("kmeans")) });
        assert_eq!(done.decisions[3], Decision::Remove { images: vec![b], reason: Some("too dark".to_owned()) });
        let _ = a;
    }

    #[test]
    fn what_is_in_the_log_is_not_decided_twice() {
        let (home, images) = run_folder();
        let at = |path: &str| home.path().join(path);
        fs::rename(at("cluster_0"), at("cluster_0_grass")).unwrap();
        fs::rename(at("cluster_1/c.png"), at("cluster_0_grass/c.png")).unwrap();
        fs::remove_file(at("cluster_1/d.png")).unwrap();
        let first = edits(home.path(), &images, &Curation::default());
        assert_eq!(first.decisions.len(), 3);
        let entries: Vec<super::super::Entry> = (1..)
            .zip(first.decisions)
            .map(|(seq, decision)| super::super::Entry { seq, at: String::new(), by: String::new(), decision })
            .collect();
        let state = super::super::replay(&entries, &|_, _| Vec::new());
        assert_eq!(edits(home.path(), &images, &state).decisions, []);
    }

    #[test]
    fn another_methods_folders_do_not_take_it_back() {
        let (home, images) = run_folder();
        fs::rename(home.path().join("cluster_0"), home.path().join("cluster_0_grass")).unwrap();
        let entries: Vec<super::super::Entry> = [
            Decision::Remove { images: vec![images[0].id], reason: Some(deleted("dbscan")) },
            Decision::Move { images: vec![images[1].id], class: "stone".to_owned(), reason: Some(moved_in("dbscan")) },
        ]
        .into_iter()
        .zip(1..)
        .map(|(decision, seq)| super::super::Entry { seq, at: String::new(), by: String::new(), decision })
        .collect();
        let state = super::super::replay(&entries, &|_, _| Vec::new());
        let done = edits(home.path(), &images, &state).decisions;
        assert!(matches!(done.as_slice(), [Decision::NameCluster { .. }]), "{done:?}");
    }

    #[test]
    fn a_move_into_a_nameless_cluster_waits_for_its_name() {
        let (home, images) = run_folder();
        fs::rename(home.path().join("cluster_1/c.png"), home.path().join("cluster_0/c.png")).unwrap();
        let done = edits(home.path(), &images, &Curation::default());
        assert!(done.decisions.is_empty());
        assert!(done.open[0].contains("1 images were moved into `cluster_0`"), "{:?}", done.open);
    }
}
