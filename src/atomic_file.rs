//! Atomic file writes: readers see the old content or the new one, never a half, also after a crash.
//!
//! The content goes to a temporary file in the same folder, is synced, and takes the place of the old file by a rename,
//! which is then synced too.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

/// Beginning of every temporary file's name, so that leftovers of a killed process are known.
const PREFIX: &str = ".rails-";

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
    let folder = folder_of(path);
    filled(folder, content)?.persist(path).map_err(|error| error.error)?;
    sync_folder(folder)
}

/// Writes `content` to a new file `path`, whole or not at all; a file that is there is never overwritten.
///
/// # Errors
/// [`io::ErrorKind::AlreadyExists`] where there is a file, else when the disk refuses.
pub fn create(path: &Path, content: &[u8]) -> io::Result<()> {
    let folder = folder_of(path);
    filled(folder, |file| file.write_all(content))?.persist_noclobber(path).map_err(|error| error.error)?;
    sync_folder(folder)
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."))
}

/// A temporary file in `folder` with the content, on the disk.
fn filled(
    folder: &Path,
    content: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> io::Result<tempfile::NamedTempFile> {
    // Errors of the temporary file itself speak of its name, which means nothing to anybody: their kind says as much, and
    // the content goes to the plain file in it.
    let temporary = temporary(folder).map_err(|error| io::Error::from(error.kind()))?;
    let mut file = BufWriter::new(temporary.as_file());
    content(&mut file)?;
    file.flush()?;
    drop(file);
    temporary.as_file().sync_all()?;
    Ok(temporary)
}

/// Whether a file of this name is what a killed process left behind.
#[must_use]
pub fn is_leftover(name: &str) -> bool {
    name.starts_with(PREFIX)
}

fn temporary(folder: &Path) -> io::Result<tempfile::NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(PREFIX);
    // Temporary files are private by default; results are for everybody the folder is for, less the umask.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    builder.tempfile_in(folder)
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
mod tests {
    use super::*;

    #[test]
    fn what_fails_leaves_the_old_content_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.txt");
        write(&path, b"old").unwrap();
        let failed = write_with(&path, |file| {
            file.write_all(b"half")?;
            Err(io::ErrorKind::StorageFull.into())
        });
        assert_eq!(failed.unwrap_err().kind(), io::ErrorKind::StorageFull);
        assert_eq!(std::fs::read(&path).unwrap(), b"old");
        write(&path, b"new").unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"new");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "nothing temporary stays");
        assert!(write(&folder.path().join("no/such/folder"), b"").is_err());
    }

    #[test]
    fn what_is_created_overwrites_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.txt");
        create(&path, b"first").unwrap();
        assert_eq!(create(&path, b"second").unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(std::fs::read(&path).unwrap(), b"first");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "nothing temporary stays");
    }

    #[cfg(unix)]
    #[test]
    fn others_may_read_what_the_umask_allows() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let plain = folder.path().join("plain");
        let path = folder.path().join("atomic");
        std::fs::write(&plain, b"").unwrap();
        write(&path, b"").unwrap();
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode();
        assert_eq!(mode(&path), mode(&plain));
    }
}
