//! Everything this process has in the making, so that it can be given up at any moment.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

/// Temporary files and folders of this process.
struct InTheMaking {
    paths: BTreeSet<PathBuf>,
    /// Nothing appears any more.
    abandoned: bool,
}

static IN_THE_MAKING: Mutex<InTheMaking> = Mutex::new(InTheMaking { paths: BTreeSet::new(), abandoned: false });

fn in_the_making() -> MutexGuard<'static, InTheMaking> {
    IN_THE_MAKING.lock().unwrap_or_else(PoisonError::into_inner)
}

impl InTheMaking {
    fn go_on(&self) -> io::Result<()> {
        if self.abandoned { Err(io::Error::other("the program was asked to stop")) } else { Ok(()) }
    }
}

/// A temporary file or folder, as long as it is one.
#[derive(Debug)]
pub(super) struct Staged(PathBuf);

impl Staged {
    /// Takes what `make` makes, and says where, into the list: whoever gives everything up comes before it is made, or finds
    /// it there.
    ///
    /// # Errors
    /// As `make`, and when everything was given up.
    pub(super) fn new<T>(make: impl FnOnce() -> io::Result<(T, PathBuf)>) -> io::Result<(T, Self)> {
        let mut all = in_the_making();
        all.go_on()?;
        let (made, path) = make()?;
        all.paths.insert(path.clone());
        Ok((made, Self(path)))
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }

    /// Makes the result appear by `rename`, unless everything was given up.
    ///
    /// # Errors
    /// As `rename`.
    pub(super) fn commit<T>(&self, rename: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
        Self::commit_all(std::slice::from_ref(self), rename)
    }

    /// Makes several results appear by `renames`, unless everything was given up; that does not happen between two of them.
    ///
    /// # Errors
    /// As `renames`.
    pub(super) fn commit_all<T>(staged: &[Self], renames: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
        let all = in_the_making();
        all.go_on()?;
        debug_assert!(staged.iter().all(|one| all.paths.contains(&one.0)), "what is staged is in the list");
        renames()
    }
}

impl Drop for Staged {
    fn drop(&mut self) {
        in_the_making().paths.remove(&self.0);
    }
}

/// Whether `path` lies in a folder that this process has in the making.
pub(super) fn holds(path: &Path) -> bool {
    let all = in_the_making();
    !all.paths.is_empty() && path.ancestors().skip(1).any(|folder| all.paths.contains(folder))
}

/// How often a folder that other threads still write into is swept again.
const TRIES: u32 = 50;

/// Gives up all that this process has in the making: temporary files and folders are removed, and nothing appears any
/// more. For a program that ends now, from any thread.
pub fn abandon() {
    let mut all = in_the_making();
    all.abandoned = true;
    for path in std::mem::take(&mut all.paths) {
        for _ in 0..TRIES {
            let removed = if path.is_dir() { fs::remove_dir_all(&path) } else { fs::remove_file(&path) };
            match removed {
                // Another thread made a file meanwhile.
                Err(error) if error.kind() == io::ErrorKind::DirectoryNotEmpty => {
                    thread::sleep(Duration::from_millis(10));
                }
                // What cannot be removed is swept by the next process that can.
                _ => break,
            }
        }
    }
}
