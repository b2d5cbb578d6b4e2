//! `decisions.jsonl`: append-only, synced before anything counts as saved, readable after a kill in mid-line.
//!
//! Decisions that come together count together: a single line is appended, as a torn last line is known to be none;
//! several lines go into a copy of the log that takes its place. So that no writer holds a log that was replaced, they
//! lock `.lock` beside it.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use super::{Decision, LogEntry};
use crate::atomic_file;

/// Why the log cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// Reading or writing failed.
    #[error("{source}: `{}`", .path.display())]
    Io { path: PathBuf, source: io::Error },
    /// A line in the middle is not a decision; only the last one may be torn.
    #[error("line {line}: {message}: `{}`", .path.display())]
    Damaged { path: PathBuf, line: usize, message: String },
    /// Somebody else wrote into the log since it was read.
    #[error("another process added decisions meanwhile: run it again: `{}`", .0.display())]
    Changed(PathBuf),
}

impl LogError {
    /// Whether there was no room for the decision.
    #[must_use]
    pub fn is_full(&self) -> bool {
        matches!(self, Self::Io { source, .. } if atomic_file::is_full(source))
    }
}

/// All decisions on a run so far.
#[derive(Debug)]
pub struct DecisionLog {
    path: PathBuf,
    entries: Vec<LogEntry>,
    /// Bytes of the file that hold whole lines; what follows was torn by a crash and never counted.
    whole: u64,
    /// Bytes of the file as it was read or written last; other bytes mean another writer.
    seen: u64,
}

impl DecisionLog {
    /// Opens the log, which need not exist yet. A torn last line was never reported as saved and is left out.
    ///
    /// # Errors
    /// When the file cannot be read or another line than the last is damaged.
    pub fn open(path: &Path) -> Result<Self, LogError> {
        let text = match fs::read(path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
            Err(source) => return Err(LogError::Io { path: path.to_owned(), source }),
        };
        let whole = text.iter().rposition(|&byte| byte == b'\n').map_or(0, |last| last + 1);
        let damaged = |line, message| LogError::Damaged { path: path.to_owned(), line, message };
        let lines = std::str::from_utf8(&text[..whole]).map_err(|error| damaged(0, error.to_string()))?;
        let entries = (1..)
            .zip(lines.lines())
            .filter(|(_, line)| !line.trim().is_empty())
            .map(|(number, line)| LogEntry::from_line(line).map_err(|message| damaged(number, message)))
            .collect::<Result<_, _>>()?;
        Ok(Self { path: path.to_owned(), entries, whole: whole as u64, seen: text.len() as u64 })
    }

    /// In the order they were taken.
    #[must_use]
    pub fn entries(&self) -> &[LogEntry] {
        &self.entries
    }

    /// The number the next decision gets.
    #[must_use]
    pub fn next_seq(&self) -> u64 {
        self.entries.last().map_or(1, |entry| entry.seq + 1)
    }

    /// Reads the log again where another process has written into it, and says whether it did.
    ///
    /// # Errors
    /// As [`DecisionLog::open`]; what was known before is then kept.
    pub fn reload(&mut self) -> Result<bool, LogError> {
        let now = length(&self.path).map_err(|source| LogError::Io { path: self.path.clone(), source })?;
        if now == self.seen {
            return Ok(false);
        }
        let known = self.next_seq();
        *self = Self::open(&self.path)?;
        Ok(self.next_seq() != known)
    }

    /// Waits until no other process writes into the log, and keeps them out as long as the answer lives; what they wrote
    /// is read.
    ///
    /// # Errors
    /// When the log cannot be written, and as [`DecisionLog::open`].
    pub fn lock(&mut self) -> Result<LogLock, LogError> {
        let lock = LogLock::take(&self.path)?;
        self.reload()?;
        Ok(lock)
    }

    /// Appends decisions and returns once they are on the disk, all of them or none.
    ///
    /// # Errors
    /// When the disk refuses, or another process wrote meanwhile; then none of them counts.
    pub fn append(&mut self, decisions: Vec<Decision>, at: &str, by: &str) -> Result<(), LogError> {
        let lock = LogLock::take(&self.path)?;
        self.append_locked(&lock, decisions, at, by)
    }

    /// The same for who has the lock already.
    ///
    /// # Errors
    /// As [`DecisionLog::append`].
    pub fn append_locked(&mut self, _: &LogLock, decisions: Vec<Decision>, at: &str, by: &str) -> Result<(), LogError> {
        let io_error = |source| LogError::Io { path: self.path.clone(), source };
        let entries: Vec<LogEntry> = (self.next_seq()..)
            .zip(decisions)
            .map(|(seq, decision)| LogEntry { seq, at: at.to_owned(), by: by.to_owned(), decision })
            .collect();
        let mut text = String::new();
        for entry in &entries {
            text += &entry.to_line().map_err(|error| io_error(io::Error::other(error)))?;
            text.push('\n');
        }
        if length(&self.path).map_err(io_error)? != self.seen {
            return Err(LogError::Changed(self.path.clone()));
        }
        if entries.len() > 1 { self.replace(&text) } else { self.append_line(&text) }.map_err(io_error)?;
        self.whole += text.len() as u64;
        self.seen = self.whole;
        self.entries.extend(entries);
        Ok(())
    }

    fn append_line(&self, line: &str) -> io::Result<()> {
        let mut file = OpenOptions::new().create(true).append(true).open(&self.path)?;
        let written =
            file.set_len(self.whole).and_then(|()| file.write_all(line.as_bytes())).and_then(|()| file.sync_all());
        written.and_then(|()| sync_folder(&self.path)).inspect_err(|_| {
            // Put back what was there; if even that fails, the next open drops the torn line.
            let _ = file.set_len(self.whole);
        })
    }

    fn replace(&self, lines: &str) -> io::Result<()> {
        atomic_file::write_with(&self.path, |copy| {
            if self.whole > 0 {
                io::copy(&mut File::open(&self.path)?.take(self.whole), copy)?;
            }
            copy.write_all(lines.as_bytes())
        })
    }
}

/// Keeps other writers out of a log as long as it lives.
#[derive(Debug)]
pub struct LogLock {
    /// Holds the lock.
    _file: File,
}

impl LogLock {
    fn take(log: &Path) -> Result<Self, LogError> {
        let path = log.with_file_name(LOCK);
        let io_error = |source| LogError::Io { path: log.to_owned(), source };
        if let Some(folder) = log.parent() {
            fs::create_dir_all(folder).map_err(io_error)?;
        }
        let file = OpenOptions::new().create(true).truncate(false).write(true).open(&path).map_err(io_error)?;
        match file.lock() {
            // Some network file systems know no locks; a lone user must still get through.
            Err(error) if error.kind() != io::ErrorKind::Unsupported => Err(io_error(error)),
            _ => Ok(Self { _file: file }),
        }
    }
}

/// Beside the log.
const LOCK: &str = ".lock";

/// Bytes of the file at `path`, 0 where there is none.
fn length(path: &Path) -> io::Result<u64> {
    match fs::metadata(path) {
        Ok(metadata) => Ok(metadata.len()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(0),
        Err(error) => Err(error),
    }
}

/// A new file's name is on the disk only once its folder is.
fn sync_folder(path: &Path) -> io::Result<()> {
    match path.parent() {
        Some(folder) if cfg!(unix) => File::open(folder)?.sync_all(),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_torn_last_line_is_dropped_and_overwritten() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("decisions.jsonl");
        let mut log = DecisionLog::open(&path).unwrap();
        log.append(vec![Decision::Undo { of: 9 }], "t", "me").unwrap();
        let mut file = OpenOptions::new().append(true).open(&path).unwrap();
        file.write_all(b"{\"seq\":2,\"at\":\"t\",\"b").unwrap();

        let mut log = DecisionLog::open(&path).unwrap();
        assert_eq!((log.entries().len(), log.next_seq()), (1, 2));
        log.append(vec![Decision::Redo { of: 9 }], "t", "me").unwrap();
        assert_eq!(DecisionLog::open(&path).unwrap().entries().len(), 2);
    }

    #[test]
    fn two_writers_do_not_overwrite_each_other() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("decisions.jsonl");
        let mut first = DecisionLog::open(&path).unwrap();
        let mut second = DecisionLog::open(&path).unwrap();
        first.append(vec![Decision::Undo { of: 1 }], "t", "first").unwrap();
        let refused = second.append(vec![Decision::Undo { of: 2 }], "t", "second").unwrap_err();
        assert!(matches!(refused, LogError::Changed(_)), "{refused}");
        assert_eq!(DecisionLog::open(&path).unwrap().entries().len(), 1);
        assert!(second.reload().unwrap() && !second.reload().unwrap());
        second.append(vec![Decision::Undo { of: 2 }], "t", "second").unwrap();
        assert!(first.reload().unwrap());
        assert_eq!(first.entries(), second.entries());
    }

    #[test]
    fn several_decisions_count_together_or_not_at_all() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("curation/decisions.jsonl");
        let batch = |first: u64| (first..first + 50).map(|of| Decision::Undo { of }).collect::<Vec<_>>();
        let mut log = DecisionLog::open(&path).unwrap();
        log.append(batch(1), "t", "me").unwrap();
        // A torn line goes, and what is read while the batch is written is the log before it.
        OpenOptions::new().append(true).open(&path).unwrap().write_all(b"{\"seq").unwrap();
        let mut log = DecisionLog::open(&path).unwrap();
        let reader = File::open(&path).unwrap();
        log.append(batch(100), "t", "me").unwrap();
        assert_eq!(io::read_to_string(reader).unwrap().lines().count(), 51);
        assert_eq!(DecisionLog::open(&path).unwrap().entries(), log.entries());
        assert_eq!(log.next_seq(), 101);
    }

    #[test]
    fn who_has_the_lock_reads_what_others_wrote_and_writes_after_them() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("decisions.jsonl");
        let mut first = DecisionLog::open(&path).unwrap();
        let mut second = DecisionLog::open(&path).unwrap();
        first.append(vec![Decision::Undo { of: 1 }], "t", "first").unwrap();
        let lock = second.lock().unwrap();
        assert_eq!(second.entries(), first.entries());
        let waiting = std::thread::spawn(move || first.append(vec![Decision::Undo { of: 3 }], "t", "first"));
        second.append_locked(&lock, vec![Decision::Undo { of: 2 }], "t", "second").unwrap();
        drop(lock);
        assert!(matches!(waiting.join().unwrap(), Err(LogError::Changed(_))));
        assert_eq!(DecisionLog::open(&path).unwrap().entries(), second.entries());
    }

    #[test]
    fn a_damaged_line_in_the_middle_is_an_error() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("decisions.jsonl");
        fs::write(&path, "{\"seq\":1,\n{}\n").unwrap();
        let error = DecisionLog::open(&path).unwrap_err().to_string();
        assert!(error.starts_with("line 1: "), "{error}");
    }
}
