//! The servers of both pages, killed while they save: what they answered for is there, and nothing is half.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::{scope, sleep};
use std::time::Duration;

use crate::disturbed::nothing_is_left_over;
use crate::golden::{named, workplace};
use crate::random::Random;
use crate::served::Served;
use crate::trouble::Trouble;
use crate::workplace::Workplace;

pub struct KilledPages;

/// Decisions of one request, which count together.
const TOGETHER: usize = 3;

impl KilledPages {
    fn review(random: &mut Random) -> Result<(), String> {
        let place = workplace("killed-page");
        let run = named(&place, "experiments/runs", "cluster-plain");
        let served = Served::start(&place, &run);
        let answered = AtomicUsize::new(0);
        let (port, token) = (served.port, served.token.clone());
        let before = lines(&place, &run).len();
        let first = served.state()["version"].as_u64().unwrap();
        scope(|all| {
            all.spawn(|| {
                for at in 0.. {
                    let class = ["noise", "rings", "stripes"][at % 3];
                    let one = format!("{{\"decision\":\"move\",\"images\":[\"noise_0.pgm\"],\"class\":\"{class}\"}}");
                    let decisions = vec![one; TOGETHER].join(",");
                    let version = first + (at * TOGETHER) as u64;
                    let body = format!("{{\"decisions\":[{decisions}],\"version\":{version}}}");
                    match ask(port, &token, "/api/decide", &body) {
                        Some(200) => answered.fetch_add(1, Ordering::SeqCst),
                        _ => break,
                    };
                }
            });
            sleep(Duration::from_micros(random.below(300_000) as u64));
            served.kill();
        });
        Self::judge_log(&place, &run, before, answered.into_inner())?;
        let served = Served::start(&place, &run);
        let decision = serde_json::json!({ "decision": "move", "images": ["rings_0.pgm"], "class": "rings" });
        let after = served.decide(&[decision]);
        if after.status != 200 {
            return Err(format!("started again it answers {}: {}", after.status, after.text()));
        }
        if served.interrupt() != Some(0) {
            return Err("asked to end, it ends otherwise".to_owned());
        }
        nothing_is_left_over(&place)?;
        let _ = fs::remove_dir_all(place.path(""));
        Ok(())
    }

    /// The log holds what was `answered`, perhaps one request more, and each of them whole.
    fn judge_log(place: &Workplace, run: &str, before: usize, answered: usize) -> Result<(), String> {
        let now = lines(place, run);
        let more = now.len().checked_sub(before).ok_or("decisions of before are gone")?;
        if more % TOGETHER != 0 || more < answered * TOGETHER || more > (answered + 1) * TOGETHER {
            return Err(format!("{more} new lines after {answered} answers of {TOGETHER} decisions each"));
        }
        match now.iter().find(|line| serde_json::from_str::<serde::de::IgnoredAny>(line).is_err()) {
            Some(torn) => Err(format!("a line is torn: {torn:?}")),
            None => Ok(()),
        }
    }

    fn explore(random: &mut Random) -> Result<(), String> {
        let place = workplace("killed-page");
        let start = || Served::explore(&place, &["images", "--set", "patches.slices=4"]);
        let served = start();
        let (port, token) = (served.port, served.token.clone());
        let save = |name: usize| {
            let settings = r#"{"slices":4,"k":2,"statistics":["std"],"opacity":0.2}"#;
            format!("{{\"name\":\"mine{name}\",\"settings\":{settings}}}")
        };
        let answered = AtomicUsize::new(0);
        scope(|all| {
            all.spawn(|| {
                while let Some(200) = ask(port, &token, "/api/save", &save(answered.load(Ordering::SeqCst))) {
                    answered.fetch_add(1, Ordering::SeqCst);
                }
            });
            sleep(Duration::from_micros(random.below(100_000) as u64));
            served.kill();
        });
        let answered = answered.into_inner();
        Self::judge_recipes(&place, answered)?;
        let served = start();
        let was_there = place.path(format!("experiments/mine{answered}.toml")).exists();
        let again = ask(served.port, &served.token, "/api/save", &save(answered));
        if again != Some(if was_there { 422 } else { 200 }) {
            return Err(format!("started again it answers {again:?}, and the recipe was there: {was_there}"));
        }
        drop(served);
        nothing_is_left_over(&place)?;
        Self::judge_recipes(&place, answered + 1)?;
        let _ = fs::remove_dir_all(place.path(""));
        Ok(())
    }

    /// All recipes that were answered for are there, and each that is there is whole.
    fn judge_recipes(place: &Workplace, answered: usize) -> Result<(), String> {
        for name in (0..=answered).map(|at| format!("experiments/mine{at}.toml")) {
            match fs::read_to_string(place.path(&name)) {
                Ok(text) if text.parse::<toml::Table>().is_ok_and(|recipe| recipe.contains_key("patches")) => {}
                Err(_) if name == format!("experiments/mine{answered}.toml") => {}
                _ => return Err(format!("{name} is not whole, and {answered} were answered for")),
            }
        }
        Ok(())
    }
}

fn lines(place: &Workplace, run: &str) -> Vec<String> {
    place.read(format!("{run}/curation/decisions.jsonl")).lines().map(str::to_owned).collect()
}

/// The status of the answer; `None` where the server went meanwhile.
fn ask(port: u16, token: &str, path: &str, body: &str) -> Option<u16> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).ok()?;
    let length = body.len();
    let request = format!(
        "POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nOrigin: http://127.0.0.1:{port}\r\nX-Rails-Token: \
         {token}\r\nContent-Type: application/json\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
    );
    stream.write_all(request.as_bytes()).ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    answer.split(' ').nth(1)?.parse().ok()
}

impl Trouble for KilledPages {
    fn attempt(&self, case: u64) -> Result<(), String> {
        let mut random = Random::of(case);
        if case.is_multiple_of(2) { Self::review(&mut random) } else { Self::explore(&mut random) }
    }

    fn defects(&self) -> Vec<(&'static str, Result<(), String>)> {
        let place = workplace("killed-page");
        let run = named(&place, "experiments/runs", "cluster-plain");
        let log = format!("{run}/curation/decisions.jsonl");
        let (text, before) = (place.read(&log), lines(&place, &run).len());
        let judged = |more: &str, answered: usize| {
            place.write(&log, text.clone() + more);
            Self::judge_log(&place, &run, before, answered)
        };
        place.write("experiments/mine0.toml", "[patches]\nslices = ");
        vec![
            ("an answered decision is lost", judged("", 1)),
            ("a half of what was decided together", judged("{}\n{}\n", 1)),
            ("a torn line", judged("{}\n{}\n{\"seq\n", 1)),
            ("half a recipe", Self::judge_recipes(&place, 1)),
        ]
    }
}
