//! A folder that predictions put images into: new or empty, so that nothing mixes.

use std::io::{self, ErrorKind};
use std::path::Path;

use crate::atomic_file::StagedFolder;
use crate::commands::CommandError;
use crate::files::own_output;
use crate::runs::RunError;

/// Where images go.
pub(super) struct OutputFolder<'a> {
    pub path: &'a Path,
    /// What is done with them, such as `sort`.
    pub verb: &'static str,
    /// Who marks it as its own.
    pub command: &'static str,
    /// The folder that appears right after this one.
    pub next: Option<&'a Path>,
}

impl OutputFolder<'_> {
    /// Checks that images may go there.
    ///
    /// # Errors
    /// When something is there already.
    pub(super) fn check(&self) -> Result<(), CommandError> {
        if self.may_be_done() {
            Ok(())
        } else {
            StagedFolder::check(self.path).map_err(|error| self.cannot_make(error))
        }
    }

    /// Begins it, marked.
    ///
    /// # Errors
    /// When something is there already, or the disk refuses.
    pub(super) fn begin(&self) -> Result<StagedFolder, CommandError> {
        let create = if self.may_be_done() { StagedFolder::create_again } else { StagedFolder::create };
        let staged = create(self.path).map_err(|error| self.cannot_make(error))?;
        own_output::mark(staged.path(), self.command).map_err(RunError::at(self.path))?;
        Ok(staged)
    }

    /// Makes `staged` appear under its name.
    ///
    /// # Errors
    /// When something else appeared there meanwhile, or the disk refuses.
    pub(super) fn finish(&self, staged: StagedFolder) -> Result<(), CommandError> {
        staged.finish().map_err(|error| self.cannot_make(error))
    }

    /// Whether an earlier process may have been killed when this folder had appeared and the next had not.
    fn may_be_done(&self) -> bool {
        let Some(next) = self.next else { return false };
        StagedFolder::check(next).is_ok() && own_output::of_folder(self.path).is_some()
    }

    fn cannot_make(&self, error: io::Error) -> CommandError {
        match error.kind() {
            ErrorKind::AlreadyExists => CommandError::failed(
                format!("the folder to {} into is not empty: `{}`", self.verb, self.path.display()),
                "choose another one, or remove what is in it",
            ),
            _ => RunError::making(self.path)(error).into(),
        }
    }
}
