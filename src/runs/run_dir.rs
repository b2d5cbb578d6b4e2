//! A result folder that appears whole or not at all.

use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::RunKind;
use crate::atomic_file;
use crate::data::{LONGEST_NAME, shortened};

/// Where runs land, relative to the working folder.
#[must_use]
pub fn runs_folder() -> PathBuf {
    PathBuf::from("experiments/runs")
}

/// Why a run folder cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// A folder of this name is there already, or being made.
    #[error("the folder exists: `{}`", .0.display())]
    Exists(PathBuf),
    /// Not a run at all, or one of another kind.
    #[error("not a {kind} run (no {missing}): `{}`", .path.display())]
    NotARun { kind: &'static str, missing: &'static str, path: PathBuf },
    /// No run of this kind yet.
    #[error("no {kind} run yet under `{}`", .folder.display())]
    None { kind: &'static str, folder: PathBuf },
    /// Reading or writing failed.
    #[error("{source}: `{}`", .path.display())]
    Io { path: PathBuf, source: io::Error },
    /// A file of the run does not hold what it should.
    #[error("{message}: `{}`", .path.display())]
    Damaged { path: PathBuf, message: String },
}

impl RunError {
    /// A hint: what to do about it.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Exists(path) if path.extension().is_some_and(|extension| extension == "partial") => {
                Some("another process is writing it; if none is, one was interrupted: remove the folder".to_owned())
            }
            Self::Exists(_) => Some("choose another name, or remove the folder".to_owned()),
            Self::NotARun { kind, .. } => Some(format!("give a folder that `rails {kind}` made")),
            Self::None { kind, .. } => Some(format!("make one with `rails {kind}`")),
            Self::Io { source, .. } if source.kind() == io::ErrorKind::StorageFull => {
                Some("free some space and run again; nothing half-written was left".to_owned())
            }
            Self::Io { .. } | Self::Damaged { .. } => None,
        }
    }

    /// For `map_err`: the failure happened at `path`.
    pub fn at(path: &Path) -> impl FnOnce(io::Error) -> Self + '_ {
        |source| Self::Io { path: path.to_owned(), source }
    }
}

/// A run folder in the making; [`RunDir::finish`] makes it appear. Dropped before that, it leaves nothing behind.
#[derive(Debug)]
pub struct RunDir {
    partial: PathBuf,
    whole: PathBuf,
    finished: bool,
}

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
                Err(RunError::Exists(_)) => number += 1,
                made => return made,
            }
        }
    }

    /// Starts `<parent>/<name>`, as `<name>.partial` until it is finished.
    ///
    /// # Errors
    /// When a folder of that name exists or cannot be made.
    pub fn exactly(parent: &Path, name: impl AsRef<OsStr>) -> Result<Self, RunError> {
        let whole = parent.join(name.as_ref());
        let mut partial = name.as_ref().to_owned();
        partial.push(".partial");
        let partial = parent.join(partial);
        fs::create_dir_all(parent).map_err(RunError::at(parent))?;
        fs::create_dir(&partial).map_err(|source| match source.kind() {
            io::ErrorKind::AlreadyExists => RunError::Exists(partial.clone()),
            _ => RunError::Io { path: partial.clone(), source },
        })?;
        let made = Self { partial, whole, finished: false };
        // Looked at only now, so that a process that just finished is seen; dropping `made` sweeps up.
        if made.whole.exists() { Err(RunError::Exists(made.whole.clone())) } else { Ok(made) }
    }

    /// Where a file of the run is to be written now; folders above it are made.
    ///
    /// # Errors
    /// When the folders cannot be made.
    pub fn file(&self, relative: &str) -> Result<PathBuf, RunError> {
        let path = self.partial.join(relative);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).map_err(RunError::at(folder))?;
        }
        Ok(path)
    }

    /// The folder while it is being filled.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.partial
    }

    /// The folder as it will be called.
    #[must_use]
    pub fn whole(&self) -> PathBuf {
        self.whole.clone()
    }

    /// Writes `value` as indented JSON.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn write_json<T: Serialize>(&self, relative: &str, value: &T) -> Result<(), RunError> {
        let path = self.file(relative)?;
        write_json(&path, value)
    }

    /// Makes the folder appear under its name.
    ///
    /// # Errors
    /// When another run took the name meanwhile.
    pub fn finish(mut self) -> Result<PathBuf, RunError> {
        if self.whole.exists() {
            return Err(RunError::Exists(self.whole.clone()));
        }
        fs::rename(&self.partial, &self.whole).map_err(RunError::at(&self.whole))?;
        self.finished = true;
        Ok(self.whole.clone())
    }
}

impl Drop for RunDir {
    fn drop(&mut self) {
        if !self.finished {
            // Best effort: a leftover `.partial` is ignored by every reader.
            let _ = fs::remove_dir_all(&self.partial);
        }
    }
}

/// The newest run of these `kinds`, the most usual first, under `folder`; run names start with their time.
///
/// # Errors
/// [`RunError::None`] where there is none.
pub fn newest_run(folder: &Path, kinds: &[RunKind]) -> Result<PathBuf, RunError> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .filter(|entry| {
            let name = entry.file_name().to_string_lossy().into_owned();
            !name.ends_with(".partial")
                && name.split('-').nth(1).is_some_and(|part| kinds.iter().any(|kind| kind.name() == part))
                && entry.path().join("run.json").is_file()
        })
        .map(|entry| entry.path())
        .max()
        .ok_or_else(|| RunError::None { kind: RunKind::usual(kinds), folder: folder.to_owned() })
}

/// Writes `value` as indented JSON, whole or not at all.
pub(crate) fn write_json<T: Serialize>(path: &Path, value: &T) -> Result<(), RunError> {
    let mut text = serde_json::to_vec_pretty(value)
        .map_err(|error| RunError::Damaged { path: path.to_owned(), message: error.to_string() })?;
    text.push(b'\n');
    atomic_file::write(path, &text).map_err(RunError::at(path))
}

/// Reads JSON written by [`write_json`].
pub(crate) fn read_json<T: DeserializeOwned>(path: &Path) -> Result<T, RunError> {
    let text = fs::read(path).map_err(RunError::at(path))?;
    serde_json::from_slice(&text)
        .map_err(|error| RunError::Damaged { path: path.to_owned(), message: format!("not readable ({error})") })
}

#[cfg(test)]
mod tests {
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
    fn the_newest_run_of_a_kind_is_found() {
        let home = tempfile::tempdir().unwrap();
        for name in ["20260101_000000-cluster-a", "20260102_000000-cluster-b", "20260103_000000-train-c"] {
            fs::create_dir(home.path().join(name)).unwrap();
            fs::write(home.path().join(name).join("run.json"), "{}").unwrap();
        }
        fs::create_dir(home.path().join("20260104_000000-cluster-d.partial")).unwrap();
        let newest = newest_run(home.path(), &RunKind::CLUSTERED).unwrap();
        assert!(newest.ends_with("20260102_000000-cluster-b"));
        assert!(newest_run(home.path(), &[RunKind::Sweep]).is_err());
    }
}
