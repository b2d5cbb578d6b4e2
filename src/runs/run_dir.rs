//! A result folder that appears whole or not at all.

use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::RunKind;
use super::order::{self, Made};
use crate::atomic_file::{self, StagedFolder};
use crate::data::{LONGEST_NAME, shortened};
use crate::files::sealed_json;

/// Where runs land, relative to the working folder.
#[must_use]
pub fn runs_folder() -> PathBuf {
    PathBuf::from("experiments/runs")
}

/// Why a run folder cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// A folder of this name is there already.
    #[error("the folder exists: `{}`", .0.display())]
    Exists(PathBuf),
    /// A folder of this name is being made.
    #[error("another process is writing this folder: `{}`", .0.display())]
    Busy(PathBuf),
    /// Not a run at all, or one of another kind.
    #[error("not a {kind} run (no {missing}): `{}`", .path.display())]
    NotARun { kind: &'static str, missing: &'static str, path: PathBuf },
    /// No run of this kind yet.
    #[error("no {kind} run yet under `{}`", .folder.display())]
    None { kind: &'static str, folder: PathBuf },
    /// Reading or writing failed.
    #[error("{source}: `{}`", .path.display())]
    Io { path: PathBuf, source: io::Error },
    /// A file is not the one that the run wrote.
    #[error("the file is not the one the run wrote (hash {found} instead of {expected}): `{}`", .path.display())]
    OtherFile { path: PathBuf, found: String, expected: String },
    /// A file of the run does not hold what it should.
    #[error("{message}: `{}`", .path.display())]
    Damaged { path: PathBuf, message: String },
}

impl RunError {
    /// A hint: what to do about it.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Busy(_) => Some("wait for it, or choose another name".to_owned()),
            Self::Exists(_) => Some("choose another name, or remove the folder".to_owned()),
            Self::NotARun { kind, .. } => Some(format!("give a folder that `rails {kind}` made")),
            Self::None { kind, .. } => Some(format!("make one with `rails {kind}`")),
            Self::OtherFile { .. } => Some("copy the run again from where it was made, or make it again".to_owned()),
            Self::Io { .. } | Self::Damaged { .. } => None,
        }
    }

    /// For `map_err`: the failure happened at `path`.
    pub fn at(path: &Path) -> impl FnOnce(io::Error) -> Self + '_ {
        |source| Self::Io { path: path.to_owned(), source }
    }

    /// For `map_err`: the folder `path` could not be made to appear.
    pub fn making(path: &Path) -> impl FnOnce(io::Error) -> Self + '_ {
        |source| match source.kind() {
            io::ErrorKind::AlreadyExists => Self::Exists(path.to_owned()),
            io::ErrorKind::ResourceBusy => Self::Busy(path.to_owned()),
            _ => Self::Io { path: path.to_owned(), source },
        }
    }
}

/// A run folder in the making; [`RunDir::finish`] makes it appear. Dropped before that, it leaves nothing behind.
#[derive(Debug)]
pub struct RunDir(StagedFolder);

impl RunDir {
    /// Starts `<parent>/<name>`, or `<name>-2` and so on where that is taken: runs of one name may start in the same
    /// second, and none is worth losing. Separators in `name` become `_`.
    ///
    /// # Errors
    /// When the folder cannot be made.
    pub fn create(parent: &Path, name: &str) -> Result<Self, RunError> {
        let name = name.replace(std::path::is_separator, "_");
        let name = shortened(&name, LONGEST_NAME);
        let mut number = 1;
        loop {
            let numbered = if number == 1 { name.to_string() } else { format!("{name}-{number}") };
            match Self::exactly(parent, &numbered) {
                Err(RunError::Exists(_) | RunError::Busy(_)) => number += 1,
                made => return made,
            }
        }
    }

    /// Starts `<parent>/<name>`, which must be new.
    ///
    /// # Errors
    /// When a folder of that name exists, is being made, or cannot be made.
    pub fn exactly(parent: &Path, name: impl AsRef<OsStr>) -> Result<Self, RunError> {
        let whole = parent.join(name.as_ref());
        if atomic_file::is_taken(&whole) {
            return Err(RunError::Exists(whole));
        }
        StagedFolder::create(&whole).map(Self).map_err(RunError::making(&whole))
    }

    /// Where a file of the run is to be written now; folders above it are made.
    ///
    /// # Errors
    /// When the folders cannot be made.
    pub fn file(&self, relative: &str) -> Result<PathBuf, RunError> {
        let path = self.path().join(relative);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).map_err(RunError::at(folder))?;
        }
        Ok(path)
    }

    /// The folder while it is being filled.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.0.path()
    }

    /// The folder as it will be called.
    #[must_use]
    pub fn whole(&self) -> PathBuf {
        self.0.target().to_owned()
    }

    /// Writes `value` as indented JSON with its seal.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn write_json<T: Serialize>(&self, relative: &str, value: &T) -> Result<(), RunError> {
        let path = self.file(relative)?;
        let text = sealed_json::seal(&indented(&path, value)?);
        atomic_file::write(&path, text.as_bytes()).map_err(RunError::at(&path))
    }

    /// Makes the folder appear under its name.
    ///
    /// # Errors
    /// When another run took the name meanwhile.
    pub fn finish(self) -> Result<PathBuf, RunError> {
        let whole = self.whole();
        self.0.finish().map_err(RunError::making(&whole))?;
        Ok(whole)
    }
}

/// The newest run of these `kinds`, the most usual first, under `folder`; see `runs::order` for what that means.
///
/// # Errors
/// [`RunError::None`] where there is none.
pub fn newest_run(folder: &Path, kinds: &[RunKind]) -> Result<PathBuf, RunError> {
    let is_meant = |path: &Path, made: &Made| {
        // The command in run.json counts; where it cannot be read, the folder's name says it.
        let named = || {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            kinds.iter().any(|kind| name.split('-').nth(1) == Some(kind.name()))
        };
        made.command.map_or_else(named, |command| kinds.contains(&command))
    };
    order::newest(folder, "run.json", is_meant)
        .ok_or_else(|| RunError::None { kind: RunKind::usual(kinds), folder: folder.to_owned() })
}

/// Writes `value` as indented JSON, whole or not at all.
pub(crate) fn write_json<T: Serialize>(path: &Path, value: &T) -> Result<(), RunError> {
    atomic_file::write(path, indented(path, value)?.as_bytes()).map_err(RunError::at(path))
}

fn indented<T: Serialize>(path: &Path, value: &T) -> Result<String, RunError> {
    let text = serde_json::to_string_pretty(value)
        .map_err(|error| RunError::Damaged { path: path.to_owned(), message: error.to_string() })?;
    Ok(text + "\n")
}

/// Reads JSON written by [`write_json`].
pub(crate) fn read_json<T: DeserializeOwned>(path: &Path) -> Result<T, RunError> {
    let text = fs::read(path).map_err(RunError::at(path))?;
    serde_json::from_slice(&text)
        .map_err(|error| RunError::Damaged { path: path.to_owned(), message: format!("not readable ({error})") })
}

#[cfg(test)]
mod tests {
    use super::super::next_sequence;
    use super::*;

    #[test]
    fn a_run_appears_whole_or_not_at_all() {
        let home = tempfile::tempdir().unwrap();
        let run = RunDir::create(home.path(), "a").unwrap();
        run.write_json("deep/x.json", &1).unwrap();
        assert!(!home.path().join("a").exists());
        drop(run);
        assert_eq!(fs::read_dir(home.path()).unwrap().count(), 0);

        let run = RunDir::create(home.path(), "a").unwrap();
        run.write_json("x.json", &1).unwrap();
        assert_eq!(run.finish().unwrap(), home.path().join("a"));
        assert!(matches!(RunDir::exactly(home.path(), "a"), Err(RunError::Exists(_))));
    }

    #[test]
    fn equal_names_are_numbered_and_lead_nowhere_else() {
        let home = tempfile::tempdir().unwrap();
        let first = RunDir::create(home.path(), "a/b").unwrap();
        let second = RunDir::create(home.path(), "a/b").unwrap();
        assert_eq!(first.finish().unwrap(), home.path().join("a_b"));
        assert_eq!(second.finish().unwrap(), home.path().join("a_b-2"));
        assert_eq!(RunDir::create(home.path(), "a_b").unwrap().finish().unwrap(), home.path().join("a_b-3"));
    }

    #[test]
    fn the_newest_run_of_a_kind_is_found_whatever_clock_and_name_say() {
        let home = tempfile::tempdir().unwrap();
        let run = |name: &str, json: &str| {
            fs::create_dir(home.path().join(name)).unwrap();
            fs::write(home.path().join(name).join("run.json"), json).unwrap();
        };
        let newest = || newest_run(home.path(), &RunKind::CLUSTERED).unwrap().file_name().unwrap().to_owned();
        run("20260101_000000-cluster-a", "{}");
        run("20260102_000000-cluster-b", "{}");
        run("20260103_000000-train-c", r#"{"command":"train"}"#);
        fs::create_dir(home.path().join("20260104_000000-cluster-d.partial")).unwrap();
        assert_eq!(newest(), "20260102_000000-cluster-b");
        assert_eq!(next_sequence(home.path()), 1);
        let made = |command: &str, created: &str, sequence: u64| {
            format!(r#"{{"command":"{command}","created":"{created}","sequence":{sequence}}}"#)
        };
        run("20260105_000000-cluster-e", &made("cluster", "2026-01-05T00:00:00Z", 0));
        run("23260101_000000-cluster-f", &made("cluster", "2326-01-01T00:00:00Z", 0));
        assert_eq!(newest(), "20260105_000000-cluster-e", "a time that has not come is none");
        run("19670101_000000-cluster-g", &made("cluster", "1967-01-01T00:00:00Z", 1));
        assert_eq!(newest(), "19670101_000000-cluster-g");
        run("renamed", &made("separate", "1967-01-01T00:00:00Z", 2));
        run("19670101_000000-cluster-of-a-train-run", &made("train", "1967-01-01T00:00:00Z", 3));
        assert_eq!(newest(), "renamed");
        assert_eq!(next_sequence(home.path()), 4);
        assert!(newest_run(home.path(), &[RunKind::Sweep]).is_err());
    }
}
