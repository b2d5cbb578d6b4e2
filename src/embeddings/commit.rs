//! `_COMMIT.json`: the only word on which parts count. Replaced whole, by rename.

use std::fs;
use std::io;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::atomic_file;
use crate::images::DepthRange;

pub(super) const FILE: &str = "_COMMIT.json";
const FORMAT: u32 = 1;

/// The contents of a folder of parts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Commit {
    /// Of this file and of the parts.
    pub format: u32,
    /// Of the extractor that made the numbers; for people who look into the folder.
    pub fingerprint: String,
    /// The brightness scale the images were shown with; likewise.
    pub depth: DepthRange,
    /// Features per image.
    pub columns: usize,
    /// In the order they were written.
    pub parts: Vec<PartEntry>,
}

/// One part that counts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct PartEntry {
    pub file: String,
    pub rows: usize,
    pub bytes: u64,
    /// BLAKE3 of the file; parts of earlier versions have none until the commit is written again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub blake3: Option<String>,
}

impl PartEntry {
    /// Describes `content`, the bytes of a part of `rows` rows.
    pub(super) fn new(file: String, rows: usize, content: &[u8]) -> Self {
        let blake3 = Some(blake3::hash(content).to_hex().to_string());
        Self { file, rows, bytes: content.len() as u64, blake3 }
    }
}

impl Commit {
    pub(super) fn new(fingerprint: String, depth: DepthRange, columns: usize) -> Self {
        Self { format: FORMAT, fingerprint, depth, columns, parts: Vec::new() }
    }

    /// The commit of a folder whose parts have `columns` features per image; `None` where there is none.
    ///
    /// # Errors
    /// Why the one that is there is not understood.
    pub(super) fn load(folder: &Path, columns: usize) -> Result<Option<Self>, String> {
        let text = match fs::read(folder.join(FILE)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            read => read.map_err(|error| error.to_string())?,
        };
        let commit: Self = serde_json::from_slice(&text).map_err(|error| error.to_string())?;
        match (commit.format, commit.columns) {
            (FORMAT, found) if found == columns => Ok(Some(commit)),
            (FORMAT, found) => Err(format!("{found} columns instead of {columns}")),
            (found, _) => Err(format!("format {found}, this program knows {FORMAT}")),
        }
    }

    pub(super) fn save(&self, folder: &Path) -> io::Result<()> {
        let text = serde_json::to_vec_pretty(self)?;
        atomic_file::write(&folder.join(FILE), &text)
    }

    /// The number of the next part.
    pub(super) fn next_part(&self) -> usize {
        let number = |entry: &PartEntry| entry.file.strip_prefix("part-")?.strip_suffix(".parquet")?.parse().ok();
        self.parts.iter().filter_map(number).max().map_or(0, |last: usize| last + 1)
    }
}
