//! A partition of the store, the folder of one key: parts that count, found by the commit, and one part in the making.

use std::collections::HashMap;
use std::fs::{self, File, TryLockError};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use ndarray::ArrayViewMut2;

use super::StoreError;
use super::commit::{self, Commit, PartEntry};
use super::part::{self, EmbeddingOutcome, StoredRow};
use crate::atomic_file;
use crate::data::ImageId;
use crate::progress::{Note, Observer, Warning};

/// Rows of a full part: what a killed process loses at most.
const PART_ROWS: usize = 1024;
/// A part is closed after a tenth of the run so far, within these bounds, even if it is not full: short runs lose
/// little to a kill, long runs do not leave thousands of parts.
const PART_AGE: [Duration; 2] = [Duration::from_secs(2), Duration::from_secs(20)];

/// An open folder, ours alone until it is dropped; one that we may only read is nobody's, and never changes.
pub(super) struct StorePartition {
    folder: PathBuf,
    commit: Commit,
    /// The outcome of every image so far, also of those in `waiting`.
    outcomes: HashMap<ImageId, EmbeddingOutcome>,
    waiting: Vec<StoredRow>,
    opened: Instant,
    last_part: Instant,
    /// Holds the lock; `None` where the folder can only be read.
    lock: Option<File>,
}

impl StorePartition {
    /// Opens or makes the folder, waits for another process to leave it, and sweeps away what does not count.
    pub(super) fn open(folder: PathBuf, empty: Commit, observer: &dyn Observer) -> Result<Self, StoreError> {
        fs::create_dir_all(&folder).map_err(|source| cannot_write(&folder, source))?;
        let lock = lock(&folder, observer)?;
        let found = Commit::load(&folder, empty.columns).unwrap_or_else(|reason| {
            observer.warn(&Warning::StoreFileDamaged { reason, file: commit::FILE.to_owned() });
            None
        });
        let mut commit = found.unwrap_or(empty);
        let mut outcomes = HashMap::new();
        let listed = commit.parts.len();
        let columns = commit.columns;
        commit.parts.retain_mut(|entry| match read_outcomes(&folder.join(&entry.file), entry, columns) {
            Ok(found) => {
                outcomes.extend(found);
                true
            }
            Err(why) => {
                observer.warn(&Warning::StoreFileDamaged { reason: why, file: entry.file.clone() });
                false
            }
        });
        if lock.is_some() {
            if commit.parts.len() < listed {
                commit.save(&folder).map_err(|source| cannot_write(&folder, source))?;
            }
            sweep(&folder, &commit).map_err(|source| cannot_write(&folder, source))?;
        }
        let now = Instant::now();
        Ok(Self { folder, commit, outcomes, waiting: Vec::new(), opened: now, last_part: now, lock })
    }

    /// `None` for an image never seen.
    pub(super) fn outcome(&self, id: ImageId) -> Option<&EmbeddingOutcome> {
        self.outcomes.get(&id)
    }

    /// Takes a row; writes a part when enough rows or enough time have come together.
    pub(super) fn push(&mut self, row: StoredRow) -> Result<(), StoreError> {
        if self.lock.is_none() {
            return Err(cannot_write(&self.folder, ErrorKind::ReadOnlyFilesystem.into()));
        }
        self.outcomes.insert(row.id, row.outcome());
        self.waiting.push(row);
        let age = (self.opened.elapsed() / 10).clamp(PART_AGE[0], PART_AGE[1]);
        if self.waiting.len() >= PART_ROWS || self.last_part.elapsed() >= age { self.flush() } else { Ok(()) }
    }

    /// Writes the rows that wait and commits them.
    pub(super) fn flush(&mut self) -> Result<(), StoreError> {
        self.last_part = Instant::now();
        if self.waiting.is_empty() {
            return Ok(());
        }
        let file = format!("part-{:05}.parquet", self.commit.next_part());
        let path = self.folder.join(&file);
        let bytes = part::encode(&self.waiting, self.commit.columns)
            .map_err(|error| cannot_write(&path, io::Error::other(error)))?;
        atomic_file::write(&path, &bytes).map_err(|source| cannot_write(&path, source))?;
        self.commit.parts.push(PartEntry::new(file, self.waiting.len(), &bytes));
        self.commit.save(&self.folder).map_err(|source| cannot_write(&self.folder, source))?;
        self.waiting.clear();
        Ok(())
    }

    /// Fills row `rows[id]` of `values`, of shape `[n, columns]`, with the features of `id`; everything must be
    /// flushed.
    pub(super) fn fill(
        &self,
        rows: &HashMap<ImageId, usize>,
        mut values: ArrayViewMut2<'_, f32>,
    ) -> Result<(), StoreError> {
        let mut filled = 0;
        for entry in &self.commit.parts {
            let path = self.folder.join(&entry.file);
            let copy = |id: ImageId, features: &[f32]| {
                if let Some(&row) = rows.get(&id) {
                    values.row_mut(row).iter_mut().zip(features).for_each(|(to, from)| *to = *from);
                    filled += 1;
                }
            };
            part::visit(&path, self.commit.columns, copy)
                .map_err(|error| StoreError::Corrupt { path, detail: error.to_string() })?;
        }
        if filled < rows.len() {
            let detail = format!("features of {} images are missing", rows.len() - filled);
            return Err(StoreError::Corrupt { path: self.folder.clone(), detail });
        }
        Ok(())
    }
}

fn cannot_write(path: &Path, source: io::Error) -> StoreError {
    StoreError::Write { path: path.to_path_buf(), source }
}

/// Reads who is in the part of `entry`, which is as it was written. One of an earlier version, without a hash, is
/// taken where its numbers are numbers, and has a hash from then on.
fn read_outcomes(
    file: &Path,
    entry: &mut PartEntry,
    columns: usize,
) -> Result<Vec<(ImageId, EmbeddingOutcome)>, String> {
    // Looked at first, so that what took the place of a part is not read into memory.
    let bytes = fs::metadata(file).map_err(|error| error.to_string())?.len();
    if bytes != entry.bytes {
        return Err(format!("{bytes} bytes instead of {}", entry.bytes));
    }
    let content = fs::read(file).map_err(|error| error.to_string())?;
    let found = PartEntry::new(entry.file.clone(), entry.rows, &content);
    if entry.blake3.is_some() && found != *entry {
        return Err("its content is not what was written".to_owned());
    }
    let outcomes = part::outcomes(file).map_err(|error| error.to_string())?;
    if outcomes.len() != entry.rows {
        return Err(format!("{} rows instead of {}", outcomes.len(), entry.rows));
    }
    if entry.blake3.is_none() {
        let mut finite = true;
        part::visit(file, columns, |_, features| finite &= features.iter().all(|value| value.is_finite()))
            .map_err(|error| error.to_string())?;
        if !finite {
            return Err("it holds numbers that are none".to_owned());
        }
        *entry = found;
    }
    Ok(outcomes)
}

/// Locks the folder; `None` where it can only be read.
fn lock(folder: &Path, observer: &dyn Observer) -> Result<Option<File>, StoreError> {
    let path = folder.join(".lock");
    let failed = |source| cannot_write(&path, source);
    let file = match File::options().create(true).truncate(false).write(true).open(&path) {
        Ok(file) => file,
        // What lies there still serves; only new images need a place to write to.
        Err(error) if matches!(error.kind(), ErrorKind::ReadOnlyFilesystem | ErrorKind::PermissionDenied) => {
            return Ok(None);
        }
        Err(source) => return Err(failed(source)),
    };
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            observer.note(&Note::WaitingForStore);
            file.lock().map_err(failed)?;
        }
        // Some network file systems know no locks; a lone user must still get through.
        Err(TryLockError::Error(source)) if source.kind() == ErrorKind::Unsupported => {}
        Err(TryLockError::Error(source)) => return Err(failed(source)),
    }
    Ok(Some(file))
}

/// The temporary name of the commit in earlier versions.
const OLD_TEMPORARY: &str = "_COMMIT.json.tmp";

/// Removes temporary files and parts that the commit does not list.
fn sweep(folder: &Path, commit: &Commit) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let is_part = name.starts_with("part-") && !commit.parts.iter().any(|part| part.file == name);
        if is_part || atomic_file::is_leftover(&name) || name == OLD_TEMPORARY {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}
