//! The newest checkpoint, which is meant where none is named.

use std::path::{Path, PathBuf};

use super::{BundleError, DESCRIPTION};
use crate::runs::order::{self, Made};

/// The checkpoint trained last under `folder`; see `runs::order` for what that means.
///
/// # Errors
/// [`BundleError::None`] where there is none.
pub fn newest_checkpoint(folder: &Path) -> Result<PathBuf, BundleError> {
    let now = jiff::Timestamp::now();
    let found = order::finished(folder, DESCRIPTION).into_iter();
    found
        .map(|path| (Made::read(&path, DESCRIPTION).order(&path, now), path))
        .max()
        .map(|(_, path)| path)
        .ok_or_else(|| BundleError::None(folder.to_owned()))
}

/// The number of the next checkpoint in `folder`.
#[must_use]
pub fn next_checkpoint(folder: &Path) -> u64 {
    order::next_sequence_of(folder, DESCRIPTION)
}
