//! What each command that writes leaves undisturbed, found out once, and how that is used to judge a disturbed one.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::rc::Rc;
use std::time::{Duration, Instant};

use crate::golden::ended_well;
use crate::tree::{Undisturbed, files, leftovers};
use crate::workplace::{Ended, Workplace};
use crate::writers::{WRITERS, Writer};

/// A command given twice in peace.
pub struct Peaceful {
    pub leaves: Undisturbed,
    pub took: Duration,
    /// Its exit code: 0, or 3 where a file is skipped.
    code: i32,
    /// System calls that change something, and how many of each one thread does at most; empty where nobody counts them.
    pub calls: Vec<(String, usize)>,
    /// Bytes of its largest new file, and of all.
    pub largest: u64,
    pub all: u64,
}

/// The commands, each looked at before it is disturbed for the first time.
#[derive(Default)]
pub struct Commands(RefCell<BTreeMap<&'static str, Rc<Peaceful>>>);

impl Commands {
    /// The command of case `case`, and how it goes in peace.
    pub fn of_case(&self, case: u64) -> (&'static Writer, Rc<Peaceful>) {
        self.of(&WRITERS[(case % WRITERS.len() as u64) as usize])
    }

    /// The command called `name`.
    pub fn named(&self, name: &str) -> (&'static Writer, Rc<Peaceful>) {
        self.of(WRITERS.iter().find(|writer| writer.name == name).unwrap())
    }

    fn of(&self, writer: &'static Writer) -> (&'static Writer, Rc<Peaceful>) {
        let known = self.0.borrow().get(writer.name).cloned();
        let peaceful = known.unwrap_or_else(|| {
            let made = Rc::new(Peaceful::of(writer));
            self.0.borrow_mut().insert(writer.name, Rc::clone(&made));
            made
        });
        (writer, peaceful)
    }
}

impl Peaceful {
    fn of(writer: &Writer) -> Self {
        let places = ["counted", "timed"].map(|kind| writer.place(kind));
        let before = files(&places[0].path(""));
        let log = places[0].path("").with_extension("calls");
        let counts = Calls::can_be_traced();
        let traced = ["strace", "-f", "-qq", "-o", &log.display().to_string(), "-e", &format!("trace={CALLS}")];
        let first = Ended::of(writer.command(&places[0], if counts { &traced } else { &[] }));
        let start = Instant::now();
        let second = Ended::of(writer.command(&places[1], &[]));
        let took = start.elapsed();
        for ended in [&first, &second] {
            assert!(matches!(ended.code, 0 | 3), "{}: {}", writer.name, ended.stderr);
        }
        let after = [0, 1].map(|at| files(&places[at].path("")));
        let grown = after[0].iter().filter(|(path, file)| before.get(*path) != Some(file));
        let sizes: Vec<u64> = grown.map(|(_, file)| file.len() as u64).collect();
        let calls = if counts { Calls::read(&log) } else { Vec::new() };
        for place in &places {
            let _ = fs::remove_dir_all(place.path(""));
        }
        Self {
            leaves: Undisturbed::new(before, after, writer.together),
            took,
            code: second.code,
            calls,
            largest: sizes.iter().copied().max().unwrap_or(0),
            // A file takes whole pages.
            all: sizes.iter().map(|size| size.next_multiple_of(4096)).sum(),
        }
    }

    /// After whatever disturbed the command: what lies in `place` is whole, and the same command needs no hand to leave all
    /// that it should, and nothing else.
    ///
    /// # Errors
    /// What is wrong about it.
    pub fn judge(&self, writer: &Writer, place: &Workplace) -> Result<(), String> {
        let now = files(&place.path(""));
        self.leaves.is_whole(&now)?;
        let was_done = self.leaves.is_done(&now).is_ok();
        let again = Ended::of(writer.command(place, &[]));
        ended_well(&again)?;
        // A folder that must be new is there already, whole.
        if again.code != self.code && !(was_done && again.code == 1) {
            return Err(format!("given again it ends with {}: {}", again.code, again.stderr));
        }
        self.judge_done(place).map_err(|why| format!("given again: {why}"))
    }

    /// All is there that should be, and nothing else.
    ///
    /// # Errors
    /// What is missing or left over.
    pub fn judge_done(&self, place: &Workplace) -> Result<(), String> {
        nothing_is_left_over(place)?;
        self.leaves.is_done(&files(&place.path("")))?;
        store_is_swept(place)
    }

    /// Whether a command that ended by itself with this code did what it should.
    pub fn is_done(&self, code: i32) -> bool {
        code == self.code
    }
}

/// # Errors
/// What is.
pub fn nothing_is_left_over(place: &Workplace) -> Result<(), String> {
    match leftovers(&place.path("")).first() {
        Some(name) => Err(format!("{name} is left over")),
        None => Ok(()),
    }
}

/// All parts of the store count.
fn store_is_swept(place: &Workplace) -> Result<(), String> {
    for (path, _) in files(&place.path("")).iter().filter(|(path, _)| path.ends_with(".parquet")) {
        let Some((partition, part)) = path.rsplit_once('/').filter(|(folder, _)| folder.starts_with(".rails/")) else {
            continue;
        };
        if !place.read(format!("{partition}/_COMMIT.json")).contains(part) {
            return Err(format!("{path} is in no commit"));
        }
    }
    Ok(())
}

/// System calls that change what is on a disk.
const CALLS: &str = "write,pwrite64,writev,ftruncate,fallocate,copy_file_range,sendfile,fsync,fdatasync,rename,renameat,\
                     renameat2,link,linkat,symlink,symlinkat,unlink,unlinkat,mkdir,mkdirat,rmdir,chmod,fchmod,flock";

/// System calls as strace lists them.
struct Calls;

impl Calls {
    /// Whether strace is there and may trace.
    fn can_be_traced() -> bool {
        let tried = Command::new("strace").args(["-f", "-qq", "-o", "/dev/null", "true"]).output();
        tried.is_ok_and(|output| output.status.success())
    }

    /// How many of each call the busiest thread does, from lines such as `1234 fsync(3) = 0`.
    fn read(log: &PathBuf) -> Vec<(String, usize)> {
        let text = String::from_utf8_lossy(&fs::read(log).unwrap_or_default()).into_owned();
        let mut counts: BTreeMap<(&str, &str), usize> = BTreeMap::new();
        for line in text.lines() {
            let Some((thread, call)) = line.split_once(' ') else { continue };
            if let Some((name, _)) = call.trim_start().split_once('(') {
                *counts.entry((name, thread)).or_default() += 1;
            }
        }
        let mut most: BTreeMap<String, usize> = BTreeMap::new();
        for ((name, _), count) in counts {
            let known = most.entry(name.to_owned()).or_default();
            *known = count.max(*known);
        }
        let _ = fs::remove_file(log);
        most.into_iter().collect()
    }
}
