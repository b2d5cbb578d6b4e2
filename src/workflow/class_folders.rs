//! Folders of images whose names are classes.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::WorkflowError;
use crate::data::{ClassName, name_of_folder};
use crate::progress::{LabelWarning, Observer, Warning};

/// The classes of the folders beside each other, as they are come across.
#[derive(Debug, Default)]
pub(crate) struct ClassFolders(BTreeMap<ClassName, BTreeSet<String>>);

impl ClassFolders {
    /// The class that the folder called `name` in `parent` stands for.
    ///
    /// # Errors
    /// When it is no class name.
    pub fn class(&mut self, name: &str, parent: &Path) -> Result<ClassName, WorkflowError> {
        let class = ClassName::parse(&name_of_folder(name)).map_err(|error| {
            let hint = "rename the folder, or move it out of the way; nothing was taken over";
            WorkflowError::failed(format!("{error}: `{}`", parent.join(name).display()), hint)
        })?;
        self.0.entry(class.clone()).or_default().insert(name.to_owned());
        Ok(class)
    }

    /// Says where several folders are one class.
    pub fn tell(&self, observer: &dyn Observer) {
        for (class, folders) in self.0.iter().filter(|(_, folders)| folders.len() > 1) {
            let folders = folders.iter().cloned().collect();
            observer.warn(&Warning::Label(LabelWarning::FoldersOfOneClass { class: class.to_string(), folders }));
        }
    }
}

/// Says which of `classes` a reader takes for one.
pub(crate) fn tell_alike<S: AsRef<str>>(classes: impl IntoIterator<Item = S>, observer: &dyn Observer) {
    for classes in crate::data::alike(classes) {
        observer.warn(&Warning::Label(LabelWarning::ClassesAlike { classes }));
    }
}
