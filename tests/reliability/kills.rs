//! Commands that are killed: at random moments and at system calls, by SIGKILL, and by signals that ask.

use std::fs;
use std::process::Command;
use std::thread::sleep;

use crate::disturbed::{Commands, Peaceful, nothing_is_left_over};
use crate::random::Random;
use crate::tree::{Files, Undisturbed};
use crate::trouble::Trouble;
use crate::workplace::{Ended, Workplace};
use crate::writers::Writer;

#[derive(Default)]
pub struct Kills {
    commands: Commands,
}

/// How a command is ended.
#[derive(Debug)]
enum End {
    /// By SIGKILL when a thread does this system call for the nth time.
    AtCall(String, usize),
    /// By a signal, after this share of the time it takes.
    After(&'static str, f64),
}

impl End {
    fn of(peaceful: &Peaceful, random: &mut Random) -> Self {
        if !peaceful.calls.is_empty() && random.one_in(2) {
            let (name, count) = random.of_list(&peaceful.calls).clone();
            return Self::AtCall(name, 1 + random.below(count));
        }
        let signals: [&'static str; 4] = ["KILL", "KILL", "TERM", "INT"];
        Self::After(signals[random.below(signals.len())], random.below(1000) as f64 / 950.0)
    }

    /// Whether the program has a chance to clean up.
    fn asks(&self) -> bool {
        !matches!(self, Self::AtCall(..) | Self::After("KILL", _))
    }

    /// Gives the command and ends it.
    fn give(&self, writer: &Writer, place: &Workplace, peaceful: &Peaceful) -> Ended {
        match self {
            Self::AtCall(name, nth) => {
                let inject = format!("inject={name}:signal=KILL:when={nth}");
                let trace = format!("trace={name}");
                Ended::of(
                    writer.command(place, &["strace", "-f", "-qq", "-o", "/dev/null", "-e", &trace, "-e", &inject]),
                )
            }
            Self::After(signal, share) => {
                let child = Ended::begin(writer.command(place, &[]));
                sleep(peaceful.took.mul_f64(*share));
                // It may have ended already.
                let _ = Command::new("kill").args([&format!("-{signal}"), &child.id().to_string()]).output();
                Ended::wait(child)
            }
        }
    }
}

impl Kills {
    /// Nothing half passes for whole, and the same command needs no hand.
    fn judge(writer: &Writer, peaceful: &Peaceful, place: &Workplace, end: &End, ended: &Ended) -> Result<(), String> {
        let what = |why: String| format!("{} ended by {end:?}: {why}", writer.name);
        if ended.stderr.contains("panicked") {
            return Err(what(ended.stderr.clone()));
        }
        let by_itself = peaceful.is_done(ended.code);
        if end.asks() && !by_itself {
            let asked = matches!((end, ended.code), (End::After("TERM", _), 143) | (End::After("INT", _), 130));
            // Before it listens, a signal ends it at once.
            if !asked && ended.code != -1 {
                return Err(what(format!("it ends with {}: {}", ended.code, ended.stderr)));
            }
            nothing_is_left_over(place).map_err(what)?;
        }
        if by_itself {
            return peaceful.judge_done(place).map_err(what);
        }
        peaceful.judge(writer, place).map_err(what)
    }
}

impl Trouble for Kills {
    fn attempt(&self, case: u64) -> Result<(), String> {
        let mut random = Random::of(case);
        let (writer, peaceful) = self.commands.of_case(case);
        let place = writer.place("killed");
        let end = End::of(&peaceful, &mut random);
        let ended = end.give(writer, &place, &peaceful);
        Self::judge(writer, &peaceful, &place, &end, &ended)?;
        let _ = fs::remove_dir_all(place.path(""));
        Ok(())
    }

    fn defects(&self) -> Vec<(&'static str, Result<(), String>)> {
        let files = |pairs: &[(&str, &str)]| -> Files {
            pairs.iter().map(|(path, text)| ((*path).to_owned(), text.as_bytes().to_vec())).collect()
        };
        let before = files(&[("log.jsonl", "{\"seq\":1}\n"), ("page.html", "old"), ("chart.png", "old")]);
        // Times differ from run to run.
        let after = |time: &str| {
            let log = format!("{{\"seq\":1}}\n{{\"at\":\"{time}\"}}\n{{\"at\":\"{time}\"}}\n");
            let run = format!("experiments/runs/{time}-cluster-w");
            let (one, other) = (format!("{run}/run.json"), format!("{run}/images.csv"));
            files(&[
                ("log.jsonl", &log),
                ("page.html", "new"),
                ("chart.png", "new"),
                (&one, "{}"),
                (&other, "path\na\n"),
            ])
        };
        let (now, other) = (after("20260101_120000"), after("20260101_120001"));
        let leaves = Undisturbed::new(before.clone(), [now.clone(), other], &["chart.png", "page.html"]);
        let judged = |path: &str, text: Option<&str>| {
            let mut spoiled = now.clone();
            spoiled.remove(path);
            spoiled.extend(text.map(|text| (path.to_owned(), text.as_bytes().to_vec())));
            leaves.is_done(&spoiled)
        };
        let place = Workplace::new("killed");
        place.write("experiments/runs/.rails-0123456789abcdef.partial/run.json", "{");
        assert_eq!((leaves.is_whole(&before), leaves.is_done(&now)), (Ok(()), Ok(())), "nothing is wrong with these");
        vec![
            ("a run without one of its files", judged("experiments/runs/20260101_120000-cluster-w/run.json", None)),
            (
                "a table cut in the middle",
                judged("experiments/runs/20260101_120000-cluster-w/images.csv", Some("path\na")),
            ),
            ("half a batch", judged("log.jsonl", Some("{\"seq\":1}\n{\"at\":\"20260101_120000\"}\n"))),
            ("a batch twice", judged("log.jsonl", Some(&String::from_utf8_lossy(&now["log.jsonl"]).repeat(2)))),
            ("a torn line", judged("log.jsonl", Some("{\"seq\":1}\n{\"at\":\"20260101_120000\"}\n{\"at\":\n"))),
            ("a page without its chart", judged("chart.png", Some("old"))),
            ("something that is lost", judged("page.html", None)),
            ("something that nobody sweeps", nothing_is_left_over(&place)),
        ]
    }
}
