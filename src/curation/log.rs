//! `decisions.jsonl`: append-only, synced before anything counts as saved, readable after a kill in mid-line.
//!
//! What was read or written once stays in it: a log that lacks it is a log that was lost or replaced, and nothing is
//! written there until it is back.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use same_file::Handle;

use super::{Decision, LogEntry};

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
    /// Decisions that were read or written before are not in the file any more.
    #[error("decisions that were saved before are gone from the log: `{}`", .0.display())]
    Lost(PathBuf),
    /// The run is not where it was opened, or another one is.
    #[error("the run that was opened is not there any more: `{}`", .0.display())]
    RunGone(PathBuf),
}

impl LogError {
    /// A hint: what to do about it.
    #[must_use]
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Lost(_) => Some(
                "put the file back as it was and try again; or start `rails curate` anew to go on from what is there now",
            ),
            Self::RunGone(_) => Some(
                "put the run folder back under this name and try again; or start `rails curate` with the folder's new \
                 name",
            ),
            Self::Io { source, .. } => match source.kind() {
                io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
                    Some("make the run folder writable and try again")
                }
                _ => None,
            },
            Self::Damaged { .. } => Some("mend the line, or put back the file as it was, and try again"),
            Self::Changed(_) => None,
        }
    }

    /// Whether there was no room for the decision.
    #[must_use]
    pub fn is_full(&self) -> bool {
        use io::ErrorKind::{FileTooLarge, QuotaExceeded, StorageFull};
        matches!(self, Self::Io { source, .. } if matches!(source.kind(), StorageFull | QuotaExceeded | FileTooLarge))
    }
}

/// All decisions on a run so far.
#[derive(Debug)]
pub struct DecisionLog {
    path: PathBuf,
    entries: Vec<LogEntry>,
    /// Bytes of the file that hold whole lines; what follows was torn by a crash and never counted.
    whole: u64,
    /// The file as it was read or written last; `None` where there was none.
    seen: Option<Seen>,
}

/// What tells a file that somebody else wrote, or put there, from the one that was seen.
#[derive(Debug, PartialEq, Eq)]
struct Seen {
    bytes: u64,
    modified: Option<SystemTime>,
    file: Handle,
}

impl Seen {
    fn of(file: File) -> io::Result<Self> {
        let metadata = file.metadata()?;
        Ok(Self { bytes: metadata.len(), modified: metadata.modified().ok(), file: Handle::from_file(file)? })
    }
}

/// The file at `path`; `None` where there is none.
fn existing(path: &Path) -> io::Result<Option<File>> {
    match File::open(path) {
        Ok(file) => Ok(Some(file)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

impl DecisionLog {
    /// Opens the log, which need not exist yet. A torn last line was never reported as saved and is left out.
    ///
    /// # Errors
    /// When the file cannot be read or another line than the last is damaged.
    pub fn open(path: &Path) -> Result<Self, LogError> {
        let io_error = |source| LogError::Io { path: path.to_owned(), source };
        let mut text = Vec::new();
        let mut seen = None;
        if let Some(mut file) = existing(path).map_err(io_error)? {
            file.read_to_end(&mut text).map_err(io_error)?;
            // What comes after this was read makes the file another one.
            seen = Some(Seen { bytes: text.len() as u64, ..Seen::of(file).map_err(io_error)? });
        }
        let whole = text.iter().rposition(|&byte| byte == b'\n').map_or(0, |last| last + 1);
        let damaged = |line, message| LogError::Damaged { path: path.to_owned(), line, message };
        let lines = std::str::from_utf8(&text[..whole]).map_err(|error| damaged(0, error.to_string()))?;
        let entries = (1..)
            .zip(lines.lines())
            .filter(|(_, line)| !line.trim().is_empty())
            .map(|(number, line)| LogEntry::from_line(line).map_err(|message| damaged(number, message)))
            .collect::<Result<_, _>>()?;
        Ok(Self { path: path.to_owned(), entries, whole: whole as u64, seen })
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
    /// As [`DecisionLog::open`], and [`LogError::Lost`] where it lacks what was in it; what was known before is then
    /// kept.
    pub fn reload(&mut self) -> Result<bool, LogError> {
        let io_error = |source| LogError::Io { path: self.path.clone(), source };
        let now = existing(&self.path).and_then(|file| file.map(Seen::of).transpose()).map_err(io_error)?;
        if now == self.seen {
            return Ok(false);
        }
        let read = Self::open(&self.path)?;
        if !read.entries.starts_with(&self.entries) {
            return Err(LogError::Lost(self.path.clone()));
        }
        let known = self.entries.len();
        *self = read;
        Ok(self.entries.len() != known)
    }

    /// Appends decisions and returns once they are on the disk.
    ///
    /// # Errors
    /// When the disk refuses, or the log is not the one that was read; then none of them counts.
    pub fn append(&mut self, decisions: Vec<Decision>, at: &str, by: &str) -> Result<(), LogError> {
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
        let mut file = self.file_to_write()?;
        match file.lock() {
            Err(error) if error.kind() != io::ErrorKind::Unsupported => return Err(io_error(error)),
            _ => {}
        }
        let now = Seen::of(file.try_clone().map_err(io_error)?).map_err(io_error)?;
        if self.seen.as_ref().map_or(now.bytes != 0, |seen| *seen != now) {
            return Err(LogError::Changed(self.path.clone()));
        }
        let written = file
            .set_len(self.whole)
            .and_then(|()| file.write_all(text.as_bytes()))
            .and_then(|()| file.sync_all())
            .map_err(io_error)
            .and_then(|()| self.in_place(&now.file));
        match written {
            Ok(seen) => self.seen = Some(seen),
            Err(error) => {
                // Put back what was there; if even that fails, the next open drops the torn line.
                let _ = file.set_len(self.whole);
                return Err(error);
            }
        }
        self.whole += text.len() as u64;
        self.entries.extend(entries);
        Ok(())
    }

    /// The log's file, new only where there was none: neither a run folder nor a log that is gone is made anew.
    fn file_to_write(&self) -> Result<File, LogError> {
        let io_error = |source| LogError::Io { path: self.path.clone(), source };
        let is_new = self.seen.is_none();
        if let Some(folder) = self.path.parent().filter(|_| is_new) {
            match fs::create_dir(folder) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => {
                    return Err(LogError::RunGone(folder.parent().unwrap_or(folder).to_owned()));
                }
                Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(io_error(error)),
                _ => {}
            }
        }
        OpenOptions::new().create(is_new).append(true).open(&self.path).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound if !is_new => LogError::Lost(self.path.clone()),
            _ => io_error(error),
        })
    }

    /// Makes sure that the file that was `written` is the one that the log's path leads to, also when the power goes, and
    /// looks at it: a folder that was moved while we wrote took the file with it.
    fn in_place(&self, written: &Handle) -> Result<Seen, LogError> {
        let io_error = |source| LogError::Io { path: self.path.clone(), source };
        // Opened anew: what the file was written through holds its lock for as long as it is open.
        let there = existing(&self.path).and_then(|file| file.map(Seen::of).transpose()).map_err(io_error)?;
        let there = there.filter(|there| there.file == *written).ok_or_else(|| LogError::Lost(self.path.clone()))?;
        sync_folder(&self.path).map_err(io_error)?;
        Ok(there)
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
    fn what_was_saved_may_not_vanish_and_nothing_is_written_where_it_did() {
        let home = tempfile::tempdir().unwrap();
        let (run, moved) = (home.path().join("run"), home.path().join("moved"));
        let path = run.join("curation/decisions.jsonl");
        fs::create_dir(&run).unwrap();
        let mut log = DecisionLog::open(&path).unwrap();
        fs::rename(&run, &moved).unwrap();
        let decide = |log: &mut DecisionLog, of| log.append(vec![Decision::Undo { of }], "t", "me");
        assert!(matches!(decide(&mut log, 1), Err(LogError::RunGone(gone)) if gone == run));
        assert!(!run.exists(), "no ghost of the run");
        fs::rename(&moved, &run).unwrap();
        decide(&mut log, 1).unwrap();
        decide(&mut log, 2).unwrap();
        let text = fs::read_to_string(&path).unwrap();
        let first = text.lines().next().unwrap().to_owned() + "\n";
        let other = text.replace("\"of\":1", "\"of\":7");

        for (what, content) in [
            ("deleted", None),
            ("emptied", Some("")),
            ("cut", Some(first.as_str())),
            ("replaced", Some(other.as_str())),
        ] {
            fs::remove_file(&path).unwrap();
            content.map_or(Ok(()), |content| fs::write(&path, content)).unwrap();
            assert!(matches!(log.reload(), Err(LogError::Lost(_))), "{what}");
            let refused = decide(&mut log, 3).unwrap_err();
            assert!(matches!(refused, LogError::Lost(_) | LogError::Changed(_)), "{what}: {refused}");
            assert_eq!(fs::read_to_string(&path).ok().as_deref(), content, "{what}");
            fs::write(&path, &text).unwrap();
            assert!(!log.reload().unwrap(), "nothing new once it is back");
            assert_eq!(log.entries().len(), 2);
        }
        decide(&mut log, 3).unwrap();
        let entries = DecisionLog::open(&path).unwrap().entries;
        assert_eq!(entries.iter().map(|entry| entry.seq).collect::<Vec<_>>(), [1, 2, 3]);
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
