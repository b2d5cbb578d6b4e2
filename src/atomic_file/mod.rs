//! Whole or nothing: readers see the old content or the new one, never a half, also after a crash.
//!
//! A file's content goes to a temporary file in the same folder, is synced, and takes the place of the old file by a
//! rename, which is then synced too. A folder of results is filled in a hidden folder beside it and renamed
//! ([`StagedFolder`]); files in there are written plainly and synced together, once, before it appears.
//!
//! Whatever is in the making is locked by its process. What a killed one left is known by its name and its free lock, and
//! is swept by the next process that writes into the same folder; [`abandon`] sweeps what this process has begun.

mod advice;
mod folder;
mod leftovers;
mod same;
mod staged;

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

pub use advice::{advice, is_full};
pub use folder::StagedFolder;
pub use leftovers::{final_paths, is_leftover, is_taken};
pub use staged::abandon;

use staged::Staged;

/// Writes `content` to `path`, whole or not at all.
///
/// # Errors
/// When the disk refuses; then what was at `path` before is still there.
pub fn write(path: &Path, content: &[u8]) -> io::Result<()> {
    write_with(path, |file| file.write_all(content))
}

/// The same for content that is made while it is written.
///
/// # Errors
/// When `content` fails or the disk refuses; then what was at `path` before is still there.
pub fn write_with(path: &Path, content: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    if staged::holds(path) && fs::symlink_metadata(path).is_err() {
        return write_plainly(path, content);
    }
    appear(vec![Prepared::new(path, content)?])
}

/// A file whose content is on the disk, and which has yet to take its place ([`appear`]); dropped before that, it leaves
/// nothing behind.
pub struct Prepared {
    temporary: Temporary,
    path: PathBuf,
}

impl Prepared {
    /// Prepares what will lie at `path`.
    ///
    /// # Errors
    /// When `content` fails or the disk refuses.
    pub fn new(path: &Path, content: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<Self> {
        Ok(Self { temporary: filled(folder_of(path), content)?, path: path.to_owned() })
    }
}

/// Lets files that belong together take their places, in this order: a disk that is full was told before the first does,
/// and no signal comes between two of them. A process that is killed there leaves the first ones new, so the one that speaks
/// for the others goes last.
///
/// # Errors
/// When the disk refuses.
pub fn appear(files: Vec<Prepared>) -> io::Result<()> {
    let folders: BTreeSet<PathBuf> = files.iter().map(|file| folder_of(&file.path).to_owned()).collect();
    let parts = files.into_iter().map(|Prepared { temporary, path }| (temporary.staged, (temporary.file, path)));
    let (staged, places): (Vec<Staged>, Vec<_>) = parts.unzip();
    Staged::commit_all(&staged, || {
        places.into_iter().try_for_each(|(file, path)| file.persist(path).map(drop).map_err(|error| error.error))
    })?;
    folders.iter().try_for_each(|folder| sync_folder(folder))
}

/// Writes `content` to a new file `path`, whole or not at all; a file that is there is never overwritten.
///
/// # Errors
/// [`io::ErrorKind::AlreadyExists`] where there is a file, else when the disk refuses.
pub fn create(path: &Path, content: &[u8]) -> io::Result<()> {
    let folder = folder_of(path);
    let Temporary { file, staged } = filled(folder, |file| file.write_all(content))?;
    staged.commit(|| file.persist_noclobber(path).map_err(|error| error.error))?;
    sync_folder(folder)
}

/// A new file of a folder that is itself in the making: nobody sees it before the folder appears, synced.
fn write_plainly(path: &Path, content: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    let mut file = BufWriter::new(File::create_new(path)?);
    let written = content(&mut file).and_then(|()| file.flush());
    if written.is_err() {
        // Best effort: where a run goes on without this file, a half of it must not stay.
        let _ = fs::remove_file(path);
    }
    written
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."))
}

/// A temporary file, locked by this process and known to [`abandon`].
struct Temporary {
    file: tempfile::NamedTempFile,
    staged: Staged,
}

/// A temporary file in `folder` with the content, on the disk.
fn filled(folder: &Path, content: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<Temporary> {
    leftovers::sweep_once(folder);
    // Errors of the temporary file itself speak of its name, which means nothing to anybody: their kind says as much, and
    // the content goes to the plain file in it.
    let (temporary, staged) = Staged::new(|| {
        let temporary = temporary(folder).map_err(|error| io::Error::from(error.kind()))?;
        let path = temporary.path().to_owned();
        Ok((temporary, path))
    })?;
    let mut file = BufWriter::new(temporary.as_file());
    content(&mut file)?;
    file.flush()?;
    drop(file);
    temporary.as_file().sync_all()?;
    Ok(Temporary { file: temporary, staged })
}

fn temporary(folder: &Path) -> io::Result<tempfile::NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(leftovers::PREFIX).rand_bytes(leftovers::LETTERS).suffix(leftovers::FILE);
    // Temporary files are private by default; results are for everybody the folder is for, less the umask.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    loop {
        let temporary = builder.tempfile_in(folder)?;
        if leftovers::locked(temporary.as_file(), temporary.path())? {
            return Ok(temporary);
        }
        // Somebody swept in the moment between; this one is gone.
    }
}

/// Makes a rename in `folder` last when the power goes.
#[cfg(unix)]
fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

#[cfg(not(unix))]
fn sync_folder(_: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests;
