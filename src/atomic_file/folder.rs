//! A folder that appears whole or not at all.

use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use rayon::prelude::*;

use super::leftovers::{self, FOLDER, INSIDE, LETTERS, LOCK, MOVING, PREFIX};
use super::same::is_same;
use super::staged::Staged;
use super::{folder_of, sync_folder};

/// A folder in the making; [`StagedFolder::finish`] makes it appear. Dropped before that, it leaves nothing behind.
///
/// Beside a target that is new, it is filled in `.rails-<letters>.partial/<name>` and renamed. An empty folder that exists
/// stays the folder it is (somebody may stand in it, or it is a disk of its own): it is filled in
/// `<target>/.rails-<letters>.partial/inside`, whose files are then moved up, or taken back after a kill in between.
#[derive(Debug)]
pub struct StagedFolder {
    target: PathBuf,
    partial: Staged,
    content: PathBuf,
    /// Whether `partial` lies in the target.
    inside: bool,
    /// Whether just what is made may be there already.
    again: bool,
    /// Holds the lock.
    _lock: File,
}

impl StagedFolder {
    /// Checks that `target` is new or empty, before there is anything to put in it.
    ///
    /// # Errors
    /// As [`StagedFolder::create`].
    pub fn check(target: &Path) -> io::Result<()> {
        is_empty_folder(target).map(drop)
    }

    /// Begins `target`, which must be new or empty; folders above it are made.
    ///
    /// # Errors
    /// [`ErrorKind::AlreadyExists`] where there is something, [`ErrorKind::ResourceBusy`] where another process is making
    /// it, else when the disk refuses.
    pub fn create(target: &Path) -> io::Result<Self> {
        Self::begin(target, || is_empty_folder(target), false)
    }

    /// The same where `target` may hold what it is to hold already, by a process that was killed before it had done all
    /// that was asked: it is made once more, and [`StagedFolder::finish`] compares the two.
    ///
    /// # Errors
    /// As [`StagedFolder::create`], but for what is there.
    pub fn create_again(target: &Path) -> io::Result<Self> {
        Self::begin(target, || Ok(false), true)
    }

    /// `is_inside` says whether there is an empty folder to fill, or fails where something is in the way.
    fn begin(target: &Path, is_inside: impl Fn() -> io::Result<bool>, again: bool) -> io::Result<Self> {
        let name = target.file_name().ok_or(ErrorKind::InvalidInput)?;
        let letters = &blake3::hash(name.as_encoded_bytes()).to_hex()[..LETTERS];
        let partial = format!("{PREFIX}{letters}{FOLDER}");
        let beside = folder_of(target);
        fs::create_dir_all(beside)?;
        let inside = is_inside()?;
        let (around, content) = if inside { (target, INSIDE.as_ref()) } else { (beside, name) };
        leftovers::sweep_once(around);
        let partial = around.join(partial);
        let (lock, partial) = Staged::new(|| Ok((claim(&partial)?, partial)))?;
        let content = partial.path().join(content);
        let made = Self { target: target.to_owned(), partial, content, inside, again, _lock: lock };
        fs::create_dir(&made.content)?;
        // Looked at again only now, so that a process that just finished is seen; dropping `made` sweeps up.
        if is_inside()? == inside { Ok(made) } else { Err(ErrorKind::AlreadyExists.into()) }
    }

    /// The folder while it is being filled.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.content
    }

    /// The folder as it will be called.
    #[must_use]
    pub fn target(&self) -> &Path {
        &self.target
    }

    /// Makes the folder appear under its name, once all of it is on the disk.
    ///
    /// # Errors
    /// [`ErrorKind::AlreadyExists`] when something took the name meanwhile, else when the disk refuses.
    pub fn finish(self) -> io::Result<()> {
        sync(&self.content)?;
        if !self.inside && fs::symlink_metadata(&self.target).is_ok() {
            if self.again && is_same(&self.content, &self.target)? {
                return Ok(());
            }
            return Err(ErrorKind::AlreadyExists.into());
        }
        self.partial.commit(|| if self.inside { self.move_up() } else { fs::rename(&self.content, &self.target) })?;
        sync_folder(if self.inside { &self.target } else { folder_of(&self.target) })
    }

    fn move_up(&self) -> io::Result<()> {
        let entries = fs::read_dir(&self.content)?.collect::<io::Result<Vec<_>>>()?;
        let names: Vec<String> = entries.iter().map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
        if names.iter().any(|name| self.target.join(name).exists()) {
            return Err(ErrorKind::AlreadyExists.into());
        }
        let moving = self.partial.path().join(MOVING);
        fs::write(&moving, serde_json::to_vec(&names)?)?;
        File::open(&moving)?.sync_all()?;
        for entry in entries {
            fs::rename(entry.path(), self.target.join(entry.file_name()))?;
        }
        // From here on what was moved stays.
        fs::remove_file(moving)
    }
}

impl Drop for StagedFolder {
    fn drop(&mut self) {
        // Best effort: what stays is hidden, and is swept by the next process.
        let partial = self.partial.path();
        let _ = leftovers::empty(partial).and_then(|()| leftovers::remove(partial));
    }
}

/// `false` where there is nothing; what killed processes left does not count.
fn is_empty_folder(target: &Path) -> io::Result<bool> {
    let Ok(metadata) = fs::symlink_metadata(target) else { return Ok(false) };
    if !metadata.is_dir() && !target.is_dir() {
        return Err(ErrorKind::AlreadyExists.into());
    }
    // Who was killed right after it appeared left its hidden folder beside it, and this may be the last look at that.
    leftovers::sweep_once(folder_of(target));
    leftovers::sweep_once(target);
    for entry in fs::read_dir(target)? {
        if !leftovers::is_leftover(&entry?.file_name().to_string_lossy()) {
            return Err(ErrorKind::AlreadyExists.into());
        }
    }
    Ok(true)
}

/// Tries to take over a folder that is being swept; sweeping is short.
const TRIES: u32 = 20;

/// Makes the folder `partial` ours alone, and empty but for its lock.
fn claim(partial: &Path) -> io::Result<File> {
    let path = partial.join(LOCK);
    for _ in 0..TRIES {
        let new = match fs::create_dir(partial) {
            Ok(()) => true,
            Err(error) if error.kind() == ErrorKind::AlreadyExists => false,
            Err(error) => return Err(error),
        };
        match File::options().create(true).truncate(false).write(true).open(&path) {
            // Without locks the dead are not told from the living, and only what is new can be ours.
            Ok(lock) if if new { leftovers::locked(&lock, &path)? } else { leftovers::is_dead(&lock, &path) } => {
                leftovers::empty(partial)?;
                return Ok(lock);
            }
            // Swept between the two.
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
            _ => thread::sleep(Duration::from_millis(5)),
        }
    }
    Err(ErrorKind::ResourceBusy.into())
}

/// Brings all files and folders of `folder` onto the disk. Hard links are somebody's images and there already.
fn sync(folder: &Path) -> io::Result<()> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    let mut next = 0;
    while let Some(folder) = folders.get(next).cloned() {
        next += 1;
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            let kind = entry.file_type()?;
            if kind.is_dir() {
                folders.push(entry.path());
            } else if kind.is_file() && !is_linked(&entry.metadata()?) {
                files.push(entry.path());
            }
        }
    }
    // Windows syncs only what may be written.
    let open = |file: &PathBuf| File::options().read(true).write(cfg!(windows)).open(file);
    files.par_iter().try_for_each(|file| open(file)?.sync_all())?;
    folders.par_iter().try_for_each(|folder| sync_folder(folder))
}

#[cfg(unix)]
fn is_linked(metadata: &fs::Metadata) -> bool {
    std::os::unix::fs::MetadataExt::nlink(metadata) > 1
}

#[cfg(not(unix))]
fn is_linked(_: &fs::Metadata) -> bool {
    false
}
