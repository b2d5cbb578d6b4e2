//! Why a checkpoint cannot be used, and what to do about it.

use std::io;
use std::path::PathBuf;

use super::FORMAT;
use crate::runs::RunError;
use crate::training::ClassifierError;

/// Why a checkpoint cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum BundleError {
    /// No checkpoint in this folder.
    #[error("not a checkpoint (no bundle.json): `{}`", .0.display())]
    NotABundle(PathBuf),
    /// Nothing was trained yet.
    #[error("no trained checkpoint yet under `{}`", .0.display())]
    None(PathBuf),
    /// Written by a program of another age.
    #[error("the checkpoint has format {found}, this program knows formats up to {FORMAT}: `{}`", .path.display())]
    Newer { found: u64, path: PathBuf },
    /// The description is not what it should be.
    #[error("the description of the checkpoint is damaged ({message}): `{}`", .path.display())]
    Damaged { message: String, path: PathBuf },
    /// A file that the description names is not there.
    #[error("the checkpoint lacks a file: `{}`", .0.display())]
    Missing(PathBuf),
    /// A file is not the one described: cut short, changed, or from another checkpoint.
    #[error("the file is not the one the checkpoint was made with ({bytes} bytes, hash {found} instead of {expected}): `{}`", .path.display())]
    OtherFile { bytes: usize, found: String, expected: String, path: PathBuf },
    /// The files are as described, but do not fit together.
    #[error("{what}: `{}`", .path.display())]
    Unfit { what: String, path: PathBuf },
    /// The file holds no classifier or no training images.
    #[error("{source}: `{}`", .path.display())]
    Head { source: ClassifierError, path: PathBuf },
    /// Reading failed.
    #[error("{source}: `{}`", .path.display())]
    Io { source: io::Error, path: PathBuf },
    /// Writing failed.
    #[error(transparent)]
    Run(#[from] RunError),
}

impl BundleError {
    /// A hint: what to do about it.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::NotABundle(_) => Some("give a folder under checkpoints/ that `rails train` made".to_owned()),
            Self::None(_) => Some("make one with `rails train`".to_owned()),
            Self::Newer { .. } => Some("update rails, or train again with this version".to_owned()),
            Self::Damaged { .. }
            | Self::Missing(_)
            | Self::OtherFile { .. }
            | Self::Unfit { .. }
            | Self::Head { .. } => {
                Some("copy the whole folder again from where it was trained, or train again".to_owned())
            }
            Self::Run(error) => error.hint(),
            Self::Io { .. } => None,
        }
    }
}
