//! What lies in a folder, and whether it is whole, held to what a command leaves that nothing disturbs.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use crate::golden::below;

/// The files of a folder, by path.
pub type Files = BTreeMap<String, Vec<u8>>;

/// All files in `folder`.
pub fn files(folder: &Path) -> Files {
    // What comes and goes meanwhile is somebody's who still works.
    let read = |path: std::path::PathBuf| Some((path.to_str()?.to_owned(), fs::read(folder.join(&path)).ok()?));
    below(folder).into_iter().filter_map(read).collect()
}

/// Files and folders in the making, which nobody but their owner may see for long.
pub fn leftovers(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if is_leftover(&name) {
            found.push(name);
        } else if entry.path().is_dir() {
            found.extend(leftovers(&entry.path()).into_iter().map(|inner| format!("{name}/{inner}")));
        }
    }
    found
}

fn is_leftover(name: &str) -> bool {
    name.starts_with(".tmp") || [".tmp", ".partial"].iter().any(|end| name.ends_with(end))
}

/// What a command leaves that nothing disturbs, and how it is told from a half of it.
pub struct Undisturbed {
    before: Files,
    known: KnownNames,
    /// The contents of each file after two undisturbed runs, by path without its time: what differs between the two tells
    /// times or durations.
    after: BTreeMap<String, [Vec<u8>; 2]>,
    /// New folders with all their files: they appear whole.
    folders: BTreeMap<String, BTreeSet<String>>,
    /// Files of folders that were there, which belong together: where the last is new, all are.
    together: Vec<String>,
}

impl Undisturbed {
    /// From what was there before and what two runs left.
    pub fn new(before: Files, after: [Files; 2], together: &[&str]) -> Self {
        let known = KnownNames::of(&before);
        let timeless = |files: Files| -> Files {
            let kept = files.into_iter().filter(|(path, _)| !is_of_store(path));
            kept.map(|(path, file)| (known.timeless(&path), file)).collect()
        };
        let [first, mut second] = after.map(timeless);
        let mut folders: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for path in first.keys() {
            if let Some(folder) = new_folder(path, &before) {
                folders.entry(folder).or_default().insert(path.clone());
            }
        }
        let pair = |(path, file)| second.remove(&path).map(|other| (path, [file, other]));
        let after = first.into_iter().filter_map(pair).collect();
        Self { before, known, after, folders, together: together.iter().map(|path| (*path).to_owned()).collect() }
    }

    /// Whether everything in `now` that is not in the making is as before or whole.
    ///
    /// # Errors
    /// What is half, or nobody's.
    pub fn is_whole(&self, now: &Files) -> Result<(), String> {
        let shown = || now.iter().filter(|(path, _)| !path.split('/').any(is_leftover) && !is_of_store(path));
        for (path, file) in shown() {
            if self.before.get(path) == Some(file) {
                continue;
            }
            let Some([one, other]) = self.after.get(&self.known.timeless(path)) else {
                return Err(format!("{path} is a file that is written in no other case"));
            };
            if !is_like(file, one, other) {
                return Err(format!("{path} has {} bytes of {}, neither as before nor whole", file.len(), one.len()));
            }
        }
        if let Some(lost) = self.before.keys().find(|path| !now.contains_key(*path) && self.after.contains_key(*path)) {
            return Err(format!("{lost} was there before and is gone"));
        }
        self.folders_are_whole(now)?;
        let is_new = |path: &&String| now.get(*path).is_some_and(|file| self.before.get(*path) != Some(file));
        if self.together.last().is_some_and(|last| is_new(&last)) && !self.together.iter().all(|path| is_new(&path)) {
            return Err(format!("the last of {:?} is new, and another is not", self.together));
        }
        Ok(())
    }

    fn folders_are_whole(&self, now: &Files) -> Result<(), String> {
        let mut found: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
        for path in now.keys() {
            for (at, _) in path.match_indices('/') {
                if self.folders.contains_key(&self.known.timeless(&path[..at])) {
                    found.entry(&path[..at]).or_default().insert(self.known.timeless(path));
                }
            }
        }
        for (folder, files) in found {
            if let Some(lacks) = self.folders[&self.known.timeless(folder)].difference(&files).next() {
                return Err(format!("{folder} appeared without {lacks}"));
            }
        }
        Ok(())
    }

    /// Whether `now` is what the command leaves, and nothing is in the making.
    ///
    /// # Errors
    /// What is missing, half or left over.
    pub fn is_done(&self, now: &Files) -> Result<(), String> {
        self.is_whole(now)?;
        let there: BTreeSet<String> = now.keys().map(|path| self.known.timeless(path)).collect();
        match self.after.keys().find(|path| !there.contains(*path)) {
            Some(missing) => Err(format!("{missing} is missing")),
            None => self.is_current(now),
        }
    }

    /// Files of before that the command changes are changed.
    fn is_current(&self, now: &Files) -> Result<(), String> {
        let changed = self.after.iter().filter(|(path, [one, _])| self.before.get(*path).is_some_and(|was| was != one));
        for (path, _) in changed {
            if now.get(path) == self.before.get(path) {
                return Err(format!("{path} is as it was before"));
            }
        }
        Ok(())
    }
}

/// The uppermost folder of `path` that was not there before.
fn new_folder(path: &str, before: &Files) -> Option<String> {
    let folders = path.match_indices('/').map(|(at, _)| &path[..=at]);
    let mut new = folders.filter(|folder| !before.keys().any(|known| known.starts_with(folder)));
    // The folder of all runs is made for the first one, and stays open to others; that of a curation fills file by file.
    let mut found = new.next()?;
    while matches!(found, "experiments/" | "experiments/runs/" | "checkpoints/") || found.ends_with("/curation/") {
        found = new.next()?;
    }
    Some(found.trim_end_matches('/').to_owned())
}

/// The store grows part by part, and how many it takes depends on the clock.
fn is_of_store(path: &str) -> bool {
    path.starts_with(".rails/")
}

/// Names of files and folders that were there before.
struct KnownNames(BTreeSet<String>);

impl KnownNames {
    fn of(before: &Files) -> Self {
        Self(before.keys().flat_map(|path| path.split('/')).map(str::to_owned).collect())
    }

    /// `path` without the times of day in its new names, and without the number of a run that came in the same second.
    fn timeless(&self, path: &str) -> String {
        let part = |part: &str| {
            let Some(at) = time_in(part).filter(|_| !self.0.contains(part)) else { return part.to_owned() };
            let rest = &part[at + TIME.len()..];
            let rest = rest.strip_suffix("-2").or_else(|| rest.strip_suffix("-3")).unwrap_or(rest);
            format!("{}TIME{rest}", &part[..at])
        };
        path.split('/').map(part).collect::<Vec<_>>().join("/")
    }
}

const TIME: &str = "20260101_120000";

/// Where a time such as [`TIME`] stands in `name`.
fn time_in(name: &str) -> Option<usize> {
    let is_time = |window: &[u8]| {
        window.iter().enumerate().all(|(at, byte)| if at == 8 { *byte == b'_' } else { byte.is_ascii_digit() })
    };
    name.as_bytes().windows(TIME.len()).position(is_time)
}

/// Whether `file` is what `one` and `other` are: the same where these are equal, else of their length and ending.
fn is_like(file: &[u8], one: &[u8], other: &[u8]) -> bool {
    // A page tells how long it took, which may happen to be the same twice.
    if one == other && !file.starts_with(b"<!") {
        return file == one;
    }
    let lines = |bytes: &[u8]| bytes.split(|byte| *byte == b'\n').count();
    file.last() == one.last()
        && file.len().abs_diff(one.len()) <= one.len() / 20 + 64
        && lines(file).abs_diff(lines(one)) <= lines(one).abs_diff(lines(other))
        && (one.first() != Some(&b'{') || lines(one) < 2 || is_json(file))
}

/// A document, or one a line.
fn is_json(file: &[u8]) -> bool {
    let parses = |text: &[u8]| serde_json::from_slice::<serde::de::IgnoredAny>(text).is_ok();
    parses(file) || file.split(|byte| *byte == b'\n').all(|line| line.is_empty() || parses(line))
}
