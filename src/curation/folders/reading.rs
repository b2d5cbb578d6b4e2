//! Reading of cluster folders: the role of each and the images in it.

use std::fs;
use std::path::{Path, PathBuf};

use super::FoldersError;
use crate::data::{ClassName, ClusterId, name_of_folder, path_text};
use crate::files::cluster_metadata_json::{ClusterMetadata, FILE as METADATA_FILE};

/// The role of a folder: a cluster, a class, or images that were removed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum FolderRole {
    Cluster(ClusterId),
    Noise,
    /// No folder of images at all.
    Loose,
    Class(String),
    Removed(String),
}

pub(super) struct Folder {
    pub name: String,
    pub role: FolderRole,
    /// The name a person gave a cluster's folder.
    pub renamed: Option<String>,
}

impl Folder {
    /// A name that cannot be a class's means nothing; the error says so.
    pub fn check_name(&mut self) -> Result<(), String> {
        let ((FolderRole::Class(class), _) | (_, Some(class))) = (&mut self.role, &mut self.renamed) else {
            return Ok(());
        };
        match ClassName::parse(class) {
            Ok(name) => {
                *class = name.into();
                Ok(())
            }
            Err(why) => {
                self.renamed = None;
                if matches!(self.role, FolderRole::Class(_)) {
                    self.role = FolderRole::Loose;
                }
                Err(why.to_string())
            }
        }
    }
}

/// A folder's role, and those of the folders in it where it holds removed images sorted by reason.
pub(super) fn roles(path: &Path, metadata: Option<&ClusterMetadata>) -> Result<Vec<(Folder, PathBuf)>, FoldersError> {
    let name = folder_text(path);
    if name == "_removed" {
        let mut all = vec![(removed_folder("removed"), path.to_owned())];
        for inner in subfolders(path)? {
            all.push((removed_folder(&name_of_folder(&folder_text(&inner))), inner));
        }
        return Ok(all);
    }
    let (number, rest) = split_name(&name);
    let role = match (metadata.map(|m| m.cluster), number, name.as_str()) {
        (Some(-1), ..) | (None, _, "noise") => FolderRole::Noise,
        (Some(cluster), ..) => FolderRole::Cluster(ClusterId(u32::try_from(cluster).unwrap_or(u32::MAX))),
        (None, Some(cluster), _) => FolderRole::Cluster(cluster),
        (None, None, _) => FolderRole::Class(name_of_folder(&name)),
    };
    let renamed = match (&role, number) {
        (FolderRole::Class(_) | FolderRole::Removed(_) | FolderRole::Loose, _) => None,
        (FolderRole::Noise, _) if name == "noise" => None,
        (FolderRole::Cluster(cluster), Some(number)) if *cluster == number => rest,
        _ => Some(name_of_folder(&name)),
    };
    Ok(vec![(Folder { name, role, renamed }, path.to_owned())])
}

fn removed_folder(reason: &str) -> Folder {
    Folder { name: "_removed".to_owned(), role: FolderRole::Removed(reason.to_owned()), renamed: None }
}

fn folder_text(path: &Path) -> String {
    path_text::to_text(path.file_name().unwrap_or_default())
}

/// `cluster_3_gravel` is cluster 3, called gravel.
fn split_name(name: &str) -> (Option<ClusterId>, Option<String>) {
    let Some(rest) = name.strip_prefix("cluster_") else { return (None, None) };
    let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let class = rest[digits..].trim_start_matches(['_', '-', ' ']).trim();
    (rest[..digits].parse().ok().map(ClusterId), (!class.is_empty()).then(|| name_of_folder(class)))
}

pub(super) fn read_metadata(folder: &Path) -> Option<ClusterMetadata> {
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

/// Links to folders are none: they may lead out of the run, and what lies there was never sorted here.
pub(super) fn subfolders(folder: &Path) -> Result<Vec<PathBuf>, FoldersError> {
    Ok(entries(folder)?.into_iter().filter(|path| path.is_dir() && !path.is_symlink()).collect())
}

/// Links to folders in `folder` and in those below it.
pub(super) fn linked_folders(folder: &Path) -> Result<Vec<PathBuf>, FoldersError> {
    let mut found: Vec<PathBuf> =
        entries(folder)?.into_iter().filter(|path| path.is_dir() && path.is_symlink()).collect();
    for inner in subfolders(folder)? {
        found.extend(linked_folders(&inner)?);
    }
    Ok(found)
}

pub(super) fn files(folder: &Path) -> Result<Vec<PathBuf>, FoldersError> {
    let other = |path: &PathBuf| !path.is_dir() && path.file_name().is_some_and(|name| name != METADATA_FILE);
    Ok(entries(folder)?.into_iter().filter(other).collect())
}

/// The files of a folder and of those in it: who sorts a cluster further still means that cluster. Each folder of
/// removed images stands for itself.
pub(super) fn files_below(folder: &Path) -> Result<Vec<PathBuf>, FoldersError> {
    let mut all = files(folder)?;
    let inside_removed = folder.ancestors().any(|part| part.file_name().is_some_and(|name| name == "_removed"));
    if !inside_removed {
        for inner in subfolders(folder)? {
            all.extend(files_below(&inner)?);
        }
    }
    Ok(all)
}
