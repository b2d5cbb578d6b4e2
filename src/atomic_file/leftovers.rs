//! What killed processes left: temporary files and folders whose owner's lock is free.

use std::collections::BTreeSet;
use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use super::folder_of;

/// Names of everything in the making: `.rails-`, letters and digits, and what it is.
pub(super) const PREFIX: &str = ".rails-";
pub(super) const FILE: &str = ".tmp";
pub(super) const FOLDER: &str = ".partial";
/// Letters and digits in such a name.
pub(super) const LETTERS: usize = 16;
/// In a folder in the making: locked by its owner as long as it lives.
pub(super) const LOCK: &str = "lock";
/// In a folder in the making whose files belong into the folder around it.
pub(super) const INSIDE: &str = ".inside";
/// In such a folder once its files are on their way: their names, which nobody but the owner put there.
pub(super) const MOVING: &str = "moving.json";

/// Whether a file of this name is what a killed process left behind, or one that lives has in the making.
#[must_use]
pub fn is_leftover(name: &str) -> bool {
    name.starts_with(PREFIX)
}

/// `text` with every path of a file in the making as it will be called.
#[must_use]
pub fn final_paths(text: &str) -> String {
    let mut shown = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(PREFIX) {
        let end = at + PREFIX.len() + LETTERS + FOLDER.len();
        let name = rest.get(at..end).filter(|name| is_named(name, FOLDER));
        let Some(after) = name.and_then(|_| rest[end..].strip_prefix(std::path::is_separator)) else {
            shown += &rest[..at + PREFIX.len()];
            rest = &rest[at + PREFIX.len()..];
            continue;
        };
        shown += &rest[..at];
        let inside = after.strip_prefix(INSIDE).and_then(|after| after.strip_prefix(std::path::is_separator));
        rest = inside.unwrap_or(after);
    }
    shown + rest
}

fn is_named(name: &str, ending: &str) -> bool {
    let letters = name.strip_prefix(PREFIX).and_then(|name| name.strip_suffix(ending));
    letters.is_some_and(|letters| letters.len() == LETTERS && letters.bytes().all(|byte| byte.is_ascii_alphanumeric()))
}

/// Locks `file`, which was opened at `path`: `false` where another process has it, or removed it meanwhile.
///
/// # Errors
/// As locking. A file system without locks counts as locked: a lone user must get through.
pub(super) fn locked(file: &File, path: &Path) -> io::Result<bool> {
    match file.try_lock() {
        // A sweeper may have been faster, and its file is gone.
        Ok(()) => Ok(path.exists()),
        Err(TryLockError::WouldBlock) => Ok(false),
        Err(TryLockError::Error(error)) if error.kind() == io::ErrorKind::Unsupported => Ok(true),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

/// Whether the owner of the file at `path`, opened as `file`, is gone; then it is ours. A file system without locks never
/// says so.
pub(super) fn is_dead(file: &File, path: &Path) -> bool {
    file.try_lock().is_ok() && path.exists()
}

/// Removes what dead processes left in `folder`, once per process. Best effort: nothing of it is ever read.
pub(super) fn sweep_once(folder: &Path) {
    static SWEPT: Mutex<BTreeSet<PathBuf>> = Mutex::new(BTreeSet::new());
    if SWEPT.lock().unwrap_or_else(PoisonError::into_inner).insert(folder.to_owned()) {
        sweep(folder);
    }
}

/// The same, again.
pub(super) fn sweep(folder: &Path) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let Some(name) = name.to_str().filter(|name| is_leftover(name)) else { continue };
        let Ok(kind) = entry.file_type() else { continue };
        if kind.is_file() && is_named(name, FILE) {
            let Ok(file) = File::options().write(true).open(entry.path()) else { continue };
            if is_dead(&file, &entry.path()) {
                let _ = fs::remove_file(entry.path());
            }
        } else if kind.is_dir()
            && is_named(name, FOLDER)
            && let path = entry.path().join(LOCK)
            && let Ok(lock) = File::options().create(true).truncate(false).write(true).open(&path)
            && is_dead(&lock, &path)
        {
            let _ = empty(&entry.path()).and_then(|()| remove(&entry.path()));
        }
    }
}

/// Whether something lies at `path`, be it a link that leads nowhere. A process that was killed right after its result
/// appeared left its hidden folder beside it, and who is turned away by the result may be the last to look: it is swept.
#[must_use]
pub fn is_taken(path: &Path) -> bool {
    let taken = fs::symlink_metadata(path).is_ok();
    if taken {
        sweep_once(folder_of(path));
    }
    taken
}

/// Removes all but the lock from `partial`, whose lock is held; files that were on their way into the folder around it
/// too.
pub(super) fn empty(partial: &Path) -> io::Result<()> {
    let moving = partial.join(MOVING);
    if let (Ok(text), Some(around)) = (fs::read(&moving), partial.parent()) {
        let names: Vec<String> = serde_json::from_slice(&text).unwrap_or_default();
        for name in names.iter().filter(|name| Path::new(name).file_name().is_some_and(|own| own == name.as_str())) {
            // Not there: it is still where it was made.
            let _ = remove_any(&around.join(name));
        }
    }
    for entry in fs::read_dir(partial)? {
        let entry = entry?;
        let name = entry.file_name();
        // The list of names goes last: whoever is killed here leaves it to the next.
        if name != LOCK && name != MOVING {
            remove_any(&entry.path())?;
        }
    }
    if moving.exists() { fs::remove_file(moving) } else { Ok(()) }
}

/// Removes an emptied folder with its lock.
pub(super) fn remove(partial: &Path) -> io::Result<()> {
    fs::remove_file(partial.join(LOCK))?;
    fs::remove_dir(partial)
}

fn remove_any(path: &Path) -> io::Result<()> {
    if fs::symlink_metadata(path)?.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) }
}
