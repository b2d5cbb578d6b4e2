//! The order of runs, and of checkpoints: which is the newest.
//!
//! Each carries a number that is one more than the highest in its folder when it was finished. So a clock that was wrong
//! once, or a name that says so, puts nothing on top for ever. Among equal numbers, as in what earlier versions left, the
//! time of making decides; times that have not come yet count as the oldest.

use std::fs;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::Deserialize;

use super::RunKind;

/// What of run.json and bundle.json orders them.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Made {
    pub command: Option<RunKind>,
    created: String,
    sequence: u64,
}

/// Sorts the newest last.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Order {
    sequence: u64,
    /// `None` where it has not come yet, or cannot be read.
    created: Option<Timestamp>,
    /// Behind equal times there may be numbered names: `a`, `a-2`, …, `a-10`.
    name: (usize, String),
}

impl Made {
    /// Reads `file` of `folder`; what cannot be read is the oldest.
    fn read(folder: &Path, file: &str) -> Self {
        let text = fs::read(folder.join(file)).unwrap_or_default();
        serde_json::from_slice(&text).unwrap_or_default()
    }

    fn order(&self, folder: &Path, now: Timestamp) -> Order {
        let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let created = self.created.parse().ok().filter(|created| *created <= now);
        Order { sequence: self.sequence, created, name: (name.len(), name) }
    }
}

/// The folders in `folder` that are finished and hold `file`.
fn finished(folder: &Path, file: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    entries.filter(|path| path.extension().is_none_or(|end| end != "partial") && path.join(file).is_file()).collect()
}

/// The newest of the folders in `folder` that hold `file`, of those that are meant.
pub(super) fn newest(folder: &Path, file: &str, is_meant: impl Fn(&Path, &Made) -> bool) -> Option<PathBuf> {
    let now = Timestamp::now();
    let found = finished(folder, file).into_iter().filter_map(|path| {
        let made = Made::read(&path, file);
        is_meant(&path, &made).then(|| (made.order(&path, now), path))
    });
    found.max().map(|(_, path)| path)
}

/// The number of the next run in `folder`.
#[must_use]
pub fn next_sequence(folder: &Path) -> u64 {
    next_sequence_of(folder, "run.json")
}

/// The number of the next folder in `folder` that is described by `file`.
pub(super) fn next_sequence_of(folder: &Path, file: &str) -> u64 {
    finished(folder, file)
        .iter()
        .map(|path| Made::read(path, file).sequence)
        .max()
        .map_or(1, |last| last.saturating_add(1))
}
