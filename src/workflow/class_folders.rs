//! Folders with one subfolder per class, as torch's `ImageFolder` has them; maybe below `train/`, `val/` and `test/`, which
//! are the parts of a split and no classes.

use std::collections::{BTreeMap, BTreeSet};

use super::WorkflowError;
use crate::data::Manifest;
use crate::training::Part;

/// What the folders say of their images, by row of the manifest.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct ClassFolders {
    pub classes: BTreeMap<usize, String>,
    /// The part of a split that an image lies in.
    pub parts: BTreeMap<usize, Part>,
    /// The folders that are parts.
    pub part_folders: Vec<String>,
    /// Images beside them.
    pub left_out: usize,
}

impl ClassFolders {
    /// Reads the folders of `manifest`. Those that start with `_` hold no class.
    ///
    /// # Errors
    /// When there are parts of a split without classes in them, or without a part to learn from.
    pub fn of(manifest: &Manifest) -> Result<Self, WorkflowError> {
        let paths: Vec<Vec<&str>> = manifest.records.iter().map(|record| record.path.split('/').collect()).collect();
        let folders = |path: &&Vec<&str>| path.len() > 1 && !path[0].starts_with('_');
        let tops: BTreeSet<&str> = paths.iter().filter(folders).map(|path| path[0]).collect();
        let parts: BTreeMap<&str, Part> = tops.iter().filter_map(|top| Some((*top, Part::of_folder(top)?))).collect();
        let distinct: BTreeSet<Part> = parts.values().copied().collect();
        let is_split = distinct.len() > 1 || (distinct.len() == 1 && tops.len() == parts.len());
        let has_classes = paths.iter().any(|path| path.len() > 2 && parts.contains_key(path[0]));
        if !is_split || (tops.len() > parts.len() && !has_classes) || (distinct.len() == 1 && !has_classes) {
            let class = |(row, path): (usize, &Vec<&str>)| folders(&path).then(|| (row, path[0].to_owned()));
            return Ok(Self { classes: paths.iter().enumerate().filter_map(class).collect(), ..Self::default() });
        }
        let named: Vec<String> = parts.keys().map(|part| format!("`{part}`")).collect();
        let named = named.join(", ");
        if !has_classes {
            return Err(WorkflowError::failed(
                format!(
                    "{named} are parts of a split, but no class folders lie in them: `{}`",
                    manifest.root.display()
                ),
                "put one subfolder per class into each, or rename them if they are classes",
            ));
        }
        if distinct.len() > 1 && !distinct.contains(&Part::Train) {
            return Err(WorkflowError::failed(
                format!("{named} are parts of a split, but there is none to learn from: `{}`", manifest.root.display()),
                "put the images to learn from into `train`, or rename the folders if they are classes",
            ));
        }
        let mut found = Self { part_folders: parts.keys().map(|&part| part.to_owned()).collect(), ..Self::default() };
        for (row, path) in paths.iter().enumerate() {
            match (path.as_slice(), path.first().and_then(|top| parts.get(top))) {
                ([_, class, _, ..], Some(part)) if !class.starts_with('_') => {
                    found.classes.insert(row, (*class).to_owned());
                    // A single part is a folder of classes like any other.
                    if distinct.len() > 1 {
                        found.parts.insert(row, *part);
                    }
                }
                _ => found.left_out += 1,
            }
        }
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{ImageId, ImageRecord};

    fn read(paths: &[&str]) -> Result<ClassFolders, String> {
        let record = |path: &&str| ImageRecord {
            id: ImageId::of_bytes(path.as_bytes()),
            path: (*path).to_owned(),
            width: 1,
            height: 1,
            bit_depth: 8,
            fields: BTreeMap::new(),
            tile: None,
            content: None,
        };
        let manifest = Manifest { records: paths.iter().map(record).collect(), ..Manifest::default() };
        ClassFolders::of(&manifest).map_err(|error| error.to_string())
    }

    fn classes(found: &ClassFolders) -> Vec<&str> {
        found.classes.values().map(String::as_str).collect()
    }

    #[test]
    fn parts_of_a_split_are_no_classes() {
        let found =
            read(&["Train/grass/a.png", "Train/stone/b.png", "val/grass/c.png", "extra/d.png", "e.png"]).unwrap();
        assert_eq!(classes(&found), ["grass", "stone", "grass"]);
        assert_eq!(found.parts.values().copied().collect::<Vec<_>>(), [Part::Train, Part::Train, Part::Validation]);
        assert_eq!((found.part_folders.len(), found.left_out), (2, 2));
        let alone = read(&["train/grass/a.png", "train/stone/b.png"]).unwrap();
        assert_eq!((classes(&alone), alone.parts.len()), (vec!["grass", "stone"], 0));
    }

    #[test]
    fn a_class_may_be_called_like_a_part() {
        let found = read(&["train/a.png", "track/b.png", "_removed/c.png"]).unwrap();
        assert_eq!((classes(&found), found.parts.len()), (vec!["train", "track"], 0));
        let found = read(&["train/2020/a.png", "track/b.png"]).unwrap();
        assert_eq!(classes(&found), ["train", "track"]);
    }

    #[test]
    fn a_split_that_cannot_be_used_is_refused() {
        assert!(read(&["train/a.png", "val/b.png"]).unwrap_err().contains("no class folders"));
        assert!(read(&["val/x/a.png", "test/x/b.png"]).unwrap_err().contains("none to learn from"));
    }
}
