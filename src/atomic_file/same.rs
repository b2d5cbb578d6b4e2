//! Whether two folders hold the same.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs::{self, DirEntry, File};
use std::io;
use std::path::Path;

/// Whether the folders have the same files, links and folders under the same names, down to the bytes.
///
/// # Errors
/// When one cannot be read.
pub(super) fn is_same(one: &Path, other: &Path) -> io::Result<bool> {
    let (ours, theirs) = (entries(one)?, entries(other)?);
    if !ours.keys().eq(theirs.keys()) {
        return Ok(false);
    }
    for (ours, theirs) in ours.values().zip(theirs.values()) {
        let (kind, one, other) = (ours.file_type()?, ours.path(), theirs.path());
        let same = match kind == theirs.file_type()? {
            true if kind.is_dir() => is_same(&one, &other)?,
            true if kind.is_symlink() => fs::read_link(one)? == fs::read_link(other)?,
            true => ours.metadata()?.len() == theirs.metadata()?.len() && has_same_bytes(&one, &other)?,
            false => false,
        };
        if !same {
            return Ok(false);
        }
    }
    Ok(true)
}

fn entries(folder: &Path) -> io::Result<BTreeMap<OsString, DirEntry>> {
    fs::read_dir(folder)?.map(|entry| entry.map(|entry| (entry.file_name(), entry))).collect()
}

fn has_same_bytes(one: &Path, other: &Path) -> io::Result<bool> {
    let hash = |path| Ok::<_, io::Error>(blake3::Hasher::new().update_reader(File::open(path)?)?.finalize());
    Ok(hash(one)? == hash(other)?)
}
