//! Disks that run full: a small one, a limit on the size of files, and a system call that finds no room.

use std::fs;
use std::process::Command;

use crate::disturbed::{Commands, Peaceful, nothing_is_left_over};
use crate::golden::ended_well;
use crate::random::Random;
use crate::trouble::Trouble;
use crate::workplace::{Ended, Workplace};
use crate::writers::Writer;

pub struct Disks {
    commands: Commands,
    /// Whether this process may mount one.
    can_mount: bool,
}

/// How room is short.
#[derive(Debug)]
enum Shortage {
    /// The working folder lies on a disk of this many KiB more than it takes.
    Disk(u64),
    /// No file may be larger than this many blocks of 512 bytes.
    Limit(u64),
    /// From the nth time on, a thread that does this system call is told that there is no room.
    Call(String, usize),
}

/// Calls for which a disk has no room, other than plain writing, which is also how the program speaks.
const CALLS: [&str; 16] = [
    "pwrite64",
    "ftruncate",
    "fallocate",
    "copy_file_range",
    "sendfile",
    "fsync",
    "fdatasync",
    "rename",
    "renameat",
    "renameat2",
    "link",
    "linkat",
    "symlink",
    "symlinkat",
    "mkdir",
    "mkdirat",
];

/// Runs the rest of its words in a copy of this folder on a disk of so many KiB that nobody else sees, and brings back
/// what is there then.
const ON_A_SMALL_DISK: &str = r#"
here=$PWD; disk=$here.disk
mkdir "$disk" && mount -t tmpfs -o size="$1k" rails "$disk" && cp -a "$here/." "$disk" || exit 99
shift; cd "$disk"; "$@"; code=$?
find "$here" -mindepth 1 -delete; cp -a "$disk/." "$here" || exit 99
cd /; umount "$disk"; rmdir "$disk"; exit $code"#;

impl Disks {
    pub fn new() -> Self {
        let mounted = Command::new("unshare").args(["-m", "mount", "-t", "tmpfs", "rails", "/mnt"]).output();
        Self { commands: Commands::default(), can_mount: mounted.is_ok_and(|output| output.status.success()) }
    }

    fn shortage(&self, peaceful: &Peaceful, random: &mut Random) -> Shortage {
        let calls: Vec<_> = peaceful.calls.iter().filter(|(name, _)| CALLS.contains(&name.as_str())).collect();
        match random.below(4) {
            0 | 1 if self.can_mount => Shortage::Disk(random.below(1 + (peaceful.all * 5 / 4 / 1024) as usize) as u64),
            2 if !calls.is_empty() => {
                let (name, count) = random.of_list(&calls);
                Shortage::Call(name.clone(), 1 + random.below(*count))
            }
            _ => Shortage::Limit(random.below(1 + (peaceful.largest / 512) as usize) as u64),
        }
    }

    fn give(writer: &Writer, place: &Workplace, shortage: &Shortage) -> Ended {
        Ended::of(match shortage {
            Shortage::Disk(more) => {
                let all = (more + taken(place)).to_string();
                writer.command(place, &["unshare", "-m", "sh", "-c", ON_A_SMALL_DISK, "sh", &all])
            }
            Shortage::Limit(blocks) => {
                writer.command(place, &["sh", "-c", &format!("ulimit -f {blocks}; exec \"$@\""), "sh"])
            }
            Shortage::Call(name, nth) => {
                let inject = format!("inject={name}:error=ENOSPC:when={nth}+");
                let trace = format!("trace={name}");
                writer.command(place, &["strace", "-f", "-qq", "-o", "/dev/null", "-e", &trace, "-e", &inject])
            }
        })
    }

    /// It did all, or said that there is no room and left nothing half; with room it needs no hand.
    fn judge(writer: &Writer, peaceful: &Peaceful, place: &Workplace, ended: &Ended) -> Result<(), String> {
        ended_well(ended)?;
        if peaceful.is_done(ended.code) {
            return peaceful.judge_done(place);
        }
        tells_of_room(ended)?;
        nothing_is_left_over(place)?;
        peaceful.judge(writer, place)
    }
}

/// KiB that the files of `place` take on a disk of pages.
fn taken(place: &Workplace) -> u64 {
    let sizes = crate::tree::files(&place.path("")).into_values().map(|file| (file.len() as u64).div_ceil(4096) * 4);
    sizes.sum()
}

/// The error names the disk, and blames nobody's file.
fn tells_of_room(ended: &Ended) -> Result<(), String> {
    let said = &ended.stderr;
    let full = ["No space left", "no storage space", "File too large", "file too large"];
    if ended.code != 1 || !full.iter().any(|word| said.contains(word)) {
        return Err(format!("it ends with {} and says nothing of a full disk: {said}", ended.code));
    }
    if !said.contains("free some space") {
        return Err(format!("no word of what to do: {said}"));
    }
    match ["corrupt", "damaged", "report this as a bug"].iter().find(|word| said.contains(**word)) {
        Some(word) => Err(format!("`{word}` where the disk is full: {said}")),
        None => Ok(()),
    }
}

impl Trouble for Disks {
    fn attempt(&self, case: u64) -> Result<(), String> {
        let mut random = Random::of(case);
        let (writer, peaceful) = self.commands.of_case(case);
        let place = writer.place("full");
        let shortage = self.shortage(&peaceful, &mut random);
        let ended = Self::give(writer, &place, &shortage);
        Self::judge(writer, &peaceful, &place, &ended)
            .map_err(|why| format!("{} with {shortage:?}: {why}", writer.name))?;
        let _ = fs::remove_dir_all(place.path(""));
        Ok(())
    }

    fn defects(&self) -> Vec<(&'static str, Result<(), String>)> {
        let (writer, peaceful) = self.commands.named("predict table");
        let outcome = |code: i32, said: &str, half: bool| {
            let place = writer.place("full");
            if half {
                writer.give(&place);
                let whole = fs::read(place.path("out.parquet")).unwrap();
                place.write("out.parquet", &whole[..whole.len() / 2]);
            }
            let ended = Ended { code, stdout: String::new(), stderr: said.to_owned() };
            Self::judge(writer, &peaceful, &place, &ended)
        };
        let full = "error: No space left on device: `out.parquet`\nhint: free some space";
        vec![
            ("done, it says, and nothing is there", outcome(0, "", false)),
            ("the source is blamed", outcome(1, "error: damaged image: `images/noise_0.pgm`", false)),
            ("a bug", outcome(101, "thread 'main' panicked at src/x.rs:1:1", false)),
            ("a half under its name", outcome(1, full, true)),
        ]
    }
}
