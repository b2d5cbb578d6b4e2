//! Whatever stops a command.

use std::io;
use std::path::Path;

use crate::atomic_file;
use crate::backbones::PullError;
use crate::recipes::RecipeError;
use crate::training::FoldsError;
use crate::workflow::WorkflowError;

/// Why a command could not do its work.
#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    /// A stage that several commands share failed.
    #[error(transparent)]
    Workflow(WorkflowError),
    #[error(transparent)]
    Recipe(#[from] RecipeError),
    #[error(transparent)]
    Pull(#[from] PullError),
    #[error(transparent)]
    CrossValidation(#[from] FoldsError),
}

/// Every error of a stage is one of the workflow.
impl<E: Into<WorkflowError>> From<E> for CommandError {
    fn from(error: E) -> Self {
        Self::Workflow(error.into())
    }
}

impl CommandError {
    /// A hint: what to do about it, where something can be done.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Workflow(error) => error.hint(),
            Self::Recipe(error) => error.hint(),
            Self::Pull(error) => error.hint(),
            Self::CrossValidation(error) => error.hint(),
        };
        hint.or_else(|| atomic_file::advice(self).map(str::to_owned))
    }

    /// Whether the command line or the recipe is at fault: exit code 2.
    #[must_use]
    pub fn is_usage(&self) -> bool {
        match self {
            Self::Workflow(error) => error.is_usage(),
            Self::Recipe(_) => true,
            Self::Pull(_) | Self::CrossValidation(_) => false,
        }
    }

    /// For `map_err`: the failure happened at `path`.
    pub fn at(path: &Path) -> impl FnOnce(io::Error) -> Self + '_ {
        |source| WorkflowError::at(path)(source).into()
    }

    /// The command line asks for something that does not fit together.
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        WorkflowError::Usage(message.into()).into()
    }

    /// A failure with something to do about it.
    pub(crate) fn failed(message: impl Into<String>, hint: impl Into<String>) -> Self {
        WorkflowError::failed(message, hint).into()
    }
}
