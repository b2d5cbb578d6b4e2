//! `_COMMIT.json`: the only word on which parts count. Replaced whole, by rename.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

use serde::{Deserialize, Serialize};

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
        replace(folder, FILE, &text)
    }

    /// The number of the next part.
    pub(super) fn next_part(&self) -> usize {
        let number = |entry: &PartEntry| entry.file.strip_prefix("part-")?.strip_suffix(".parquet")?.parse().ok();
        self.parts.iter().filter_map(number).max().map_or(0, |last: usize| last + 1)
    }
}

/// Writes a file that appears whole or not at all, also when the power goes.
pub(super) fn replace(folder: &Path, name: &str, content: &[u8]) -> io::Result<()> {
    let temporary = folder.join(format!("{name}.tmp"));
    let write = || {
        let mut file = File::create(&temporary)?;
        file.write_all(content)?;
        file.sync_all()?;
        fs::rename(&temporary, folder.join(name))?;
        sync_folder(folder)
    };
    write().inspect_err(|_| {
        // What stays behind is swept away when the folder is opened next.
        let _ = fs::remove_file(&temporary);
    })
}

#[cfg(unix)]
fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

#[cfg(not(unix))]
fn sync_folder(_: &Path) -> io::Result<()> {
    Ok(())
}
