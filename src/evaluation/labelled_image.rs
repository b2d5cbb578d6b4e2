//! An image whose true class is known.

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::data::{ImageId, path_text};

/// An image whose true class is known.
#[derive(Debug, Clone, PartialEq)]
pub struct LabelledImage {
    /// Content hash.
    pub id: ImageId,
    /// Where it lies, also what tables show.
    pub file: PathBuf,
    /// Fields of the file name and their values.
    pub fields: BTreeMap<String, String>,
}

impl LabelledImage {
    /// The path as tables show it.
    #[must_use]
    pub fn path(&self) -> String {
        path_text::to_text(&self.file)
    }

    /// The file name.
    #[must_use]
    pub fn name(&self) -> String {
        path_text::to_text(self.file.file_name().unwrap_or_default())
    }
}
