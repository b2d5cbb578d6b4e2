//! The newest checkpoint, which is meant where none is named.

use std::fs;
use std::path::{Path, PathBuf};

use super::{BundleError, DESCRIPTION};

/// The checkpoint trained last under `folder`.
///
/// # Errors
/// [`BundleError::None`] where there is none.
pub fn newest_checkpoint(folder: &Path) -> Result<PathBuf, BundleError> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_none_or(|e| e != "partial") && path.join(DESCRIPTION).is_file())
        .max_by_key(|path| {
            // `<name>-<YYYYMMDD_HHMMSS>`, maybe with a number after it: the time decides, whatever the name.
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let mut parts = name.rsplit('-');
            let last = parts.next().unwrap_or_default();
            let number: usize = last.parse().unwrap_or(1);
            let time = if last.parse::<usize>().is_ok() { parts.next().unwrap_or_default() } else { last };
            (time.to_owned(), number, name)
        })
        .ok_or_else(|| BundleError::None(folder.to_owned()))
}
