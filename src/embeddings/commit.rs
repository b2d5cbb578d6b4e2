//! `_COMMIT.json`: the only word on which parts count. Replaced whole, by rename.

use std::fs;
use std::io;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::atomic_file;
use crate::images::DepthRange;

const FILE: &str = "_COMMIT.json";
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
}

impl Commit {
    pub(super) fn new(fingerprint: String, depth: DepthRange, columns: usize) -> Self {
        Self { format: FORMAT, fingerprint, depth, columns, parts: Vec::new() }
    }

    /// The commit of a folder; `None` where there is none that we understand.
    pub(super) fn load(folder: &Path) -> Option<Self> {
        let text = fs::read(folder.join(FILE)).ok()?;
        serde_json::from_slice(&text).ok().filter(|commit: &Self| commit.format == FORMAT)
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
