//! The newest checkpoint, which is meant where none is named.

use std::path::{Path, PathBuf};

use super::{BundleError, DESCRIPTION};
use crate::runs::order;

/// The checkpoint trained last under `folder`; see `runs::order` for what that means.
///
/// # Errors
/// [`BundleError::None`] where there is none.
pub fn newest_checkpoint(folder: &Path) -> Result<PathBuf, BundleError> {
    order::newest(folder, DESCRIPTION, |_, _| true).ok_or_else(|| BundleError::None(folder.to_owned()))
}

/// The number of the next checkpoint in `folder`.
#[must_use]
pub fn next_checkpoint(folder: &Path) -> u64 {
    order::next_sequence_of(folder, DESCRIPTION)
}
