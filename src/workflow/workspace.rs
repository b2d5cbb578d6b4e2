//! Where things lie, relative to the working folder.

use std::path::{Path, PathBuf};

use crate::runs::{RunError, RunKind, newest_run, runs_folder};

/// The folders a command works in.
#[derive(Debug, Clone)]
pub struct Workspace {
    /// Finished runs.
    pub runs: PathBuf,
    /// Weights and trained classifiers.
    pub checkpoints: PathBuf,
    /// Data sets that are found without being named.
    pub datasets: PathBuf,
    /// The embedding store.
    pub cache: PathBuf,
    /// Where the images of a run lie, where that is not where the run says.
    pub images: Option<PathBuf>,
}

impl Default for Workspace {
    fn default() -> Self {
        Self {
            runs: runs_folder(),
            checkpoints: "checkpoints".into(),
            datasets: "datasets".into(),
            cache: ".rails".into(),
            images: None,
        }
    }
}

impl Workspace {
    /// The run folder meant by `run`: a path, a name under the runs folder, or without either the newest of `kinds`.
    ///
    /// # Errors
    /// When there is none.
    pub fn run(&self, run: Option<&Path>, kinds: &[RunKind]) -> Result<PathBuf, RunError> {
        let Some(run) = run else { return newest_run(&self.runs, kinds) };
        [run.to_owned(), self.runs.join(run)].into_iter().find(|path| path.join("run.json").is_file()).ok_or_else(
            || RunError::NotARun {
                kind: kinds.first().map_or("", |kind| kind.name()),
                missing: "run.json",
                path: run.to_owned(),
            },
        )
    }
}
