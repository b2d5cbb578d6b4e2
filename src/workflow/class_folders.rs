//! Folders with one subfolder per class, as torch's `ImageFolder` has them; maybe below `train/`, `val/` and `test/`, which
//! are the parts of a split and no classes.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::WorkflowError;
use crate::data::{ClassName, Manifest, name_of_folder, path_text};
use crate::progress::{LabelWarning, Observer, Warning};
use crate::training::Part;

/// What the folders say of their images, by row of the manifest.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct ClassFolders {
    pub classes: BTreeMap<usize, ClassName>,
    /// The part of a split that an image lies in.
    pub parts: BTreeMap<usize, Part>,
    /// The folders that are parts.
    pub part_folders: Vec<String>,
    /// Images beside them.
    pub left_out: usize,
}

impl ClassFolders {
    /// Reads the folders of `manifest` and says where several are one class. Those that start with `_` hold no class.
    ///
    /// # Errors
    /// When a folder is called like no class, and when there are parts of a split without classes in them, or without a
    /// part to learn from.
    pub fn of(manifest: &Manifest, observer: &dyn Observer) -> Result<Self, WorkflowError> {
        let mut names = FolderClasses::default();
        let paths: Vec<Vec<&str>> = manifest.records.iter().map(|record| record.path.split('/').collect()).collect();
        let folders = |path: &&Vec<&str>| path.len() > 1 && !path[0].starts_with('_');
        let tops: BTreeSet<&str> = paths.iter().filter(folders).map(|path| path[0]).collect();
        let parts: BTreeMap<&str, Part> = tops.iter().filter_map(|top| Some((*top, Part::of_folder(top)?))).collect();
        let distinct: BTreeSet<Part> = parts.values().copied().collect();
        let is_split = distinct.len() > 1 || (distinct.len() == 1 && tops.len() == parts.len());
        let has_classes = paths.iter().any(|path| path.len() > 2 && parts.contains_key(path[0]));
        if !is_split || (tops.len() > parts.len() && !has_classes) || (distinct.len() == 1 && !has_classes) {
            let mut classes = BTreeMap::new();
            for (row, path) in paths.iter().enumerate().filter(|(_, path)| folders(path)) {
                classes.insert(row, names.class(path[0], &manifest.root)?);
            }
            names.tell(observer);
            return Ok(Self { classes, ..Self::default() });
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
                    found.classes.insert(row, names.class(class, &manifest.root.join(path_text::to_path(path[0])))?);
                    // A single part is a folder of classes like any other.
                    if distinct.len() > 1 {
                        found.parts.insert(row, *part);
                    }
                }
                _ => found.left_out += 1,
            }
        }
        names.tell(observer);
        Ok(found)
    }
}

/// The classes that folders stand for, by the names of these, as they are come across.
#[derive(Debug, Default)]
struct FolderClasses<'a>(BTreeMap<&'a str, ClassName>);

impl<'a> FolderClasses<'a> {
    /// The class that the folder called `name` in `parent` stands for.
    fn class(&mut self, name: &'a str, parent: &Path) -> Result<ClassName, WorkflowError> {
        if let Some(class) = self.0.get(name) {
            return Ok(class.clone());
        }
        let class = ClassName::parse(&name_of_folder(name)).map_err(|error| {
            let hint = "rename the folder, or move it out of the way; nothing was taken over";
            WorkflowError::failed(format!("{error}: `{}`", parent.join(name).display()), hint)
        })?;
        self.0.insert(name, class.clone());
        Ok(class)
    }

    /// Says where several folders are one class.
    fn tell(&self, observer: &dyn Observer) {
        let mut by_class: BTreeMap<&ClassName, Vec<String>> = BTreeMap::new();
        for (folder, class) in &self.0 {
            by_class.entry(class).or_default().push((*folder).to_owned());
        }
        for (class, folders) in by_class.into_iter().filter(|(_, folders)| folders.len() > 1) {
            observer.warn(&Warning::Labels(LabelWarning::FoldersOfOneClass { class: class.to_string(), folders }));
        }
    }
}

/// Says which of `classes` a reader takes for one.
pub(crate) fn tell_alike<S: AsRef<str>>(classes: impl IntoIterator<Item = S>, observer: &dyn Observer) {
    for classes in crate::data::alike(classes) {
        observer.warn(&Warning::Labels(LabelWarning::ClassesAlike { classes }));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{ImageId, ImageRecord};
    use crate::progress::Silent;

    fn read(paths: &[&str]) -> Result<ClassFolders, String> {
        let record = |path: &&str| ImageRecord::known(ImageId::of_bytes(path.as_bytes()), *path);
        let manifest = Manifest { records: paths.iter().map(record).collect(), ..Manifest::default() };
        ClassFolders::of(&manifest, &Silent).map_err(|error| error.to_string())
    }

    fn classes(found: &ClassFolders) -> Vec<&str> {
        found.classes.values().map(ClassName::as_str).collect()
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
