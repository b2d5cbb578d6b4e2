//! Hostile requests to the servers of both pages: none changes anything, learns the secret or a file, or stops it; and
//! requests with the secret whose body is nearly right, which are refused or do what they say.

mod words;

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::Value;

use crate::documents::Node;
use crate::golden::{named, workplace};
use crate::random::{Random, mutated};
use crate::served::Served;
use crate::trouble::Trouble;
use crate::workplace::Workplace;
use words::{EXPLORE, HEADERS, HOSTS, METHODS, Page, QUERIES, REVIEW};

pub struct HostileRequests {
    page: &'static Page,
    place: Workplace,
    /// Where the owner's page writes.
    own: String,
    served: Served,
    /// How things stood after the last request.
    before: RefCell<State>,
}

/// What a request may not change: the version of the log, and which files there are.
#[derive(Debug, Clone, PartialEq)]
struct State {
    version: Value,
    files: BTreeSet<String>,
}

/// A request as it is sent.
struct Hostile {
    bytes: Vec<u8>,
    /// Whether it might be what the owner's page may ask.
    may_change: bool,
    /// How long the answer may take.
    patience: Duration,
}

impl HostileRequests {
    /// To `rails curate`.
    pub fn review() -> Self {
        let place = workplace("hostile-requests");
        let run = named(&place, "experiments/runs", "cluster-plain");
        let served = Served::start(&place, &run);
        Self::of(&REVIEW, place, run, served)
    }

    /// To `rails explore`.
    pub fn explore() -> Self {
        let place = workplace("hostile-requests");
        let served = Served::explore(&place, &["images", "--set", "patches.slices=4"]);
        Self::of(&EXPLORE, place, "experiments".to_owned(), served)
    }

    fn of(page: &'static Page, place: Workplace, own: String, served: Served) -> Self {
        let before = RefCell::new(State { version: Value::Null, files: BTreeSet::new() });
        let made = Self { page, place, own, served, before };
        made.before.replace(made.state().unwrap());
        made
    }

    /// How things stand, as the owner is told.
    fn state(&self) -> Result<State, String> {
        let answer = self.served.get(self.page.owner);
        if answer.status != 200 {
            return Err(format!("the owner is answered {}: {}", answer.status, answer.text()));
        }
        Ok(State { version: answer.json()["version"].take(), files: files(&self.place, &self.own) })
    }

    fn request(&self, case: u64) -> Hostile {
        let mut random = Random::of(case);
        if random.one_in(3) {
            return self.nearly_right(&mut random);
        }
        let method = *random.of_list(&METHODS);
        let (path, query) = (*random.of_list(self.page.paths), *random.of_list(&QUERIES));
        let version = if random.one_in(8) { "HTTP/9.9" } else { "HTTP/1.1" };
        let mut head = vec![format!("{method} {path}{query} {version}")];
        if !random.one_in(6) {
            head.push(format!("Host: {}", random.of_list(&HOSTS)));
        }
        for _ in 0..random.below(6) {
            head.push((*random.of_list(&HEADERS)).to_owned());
        }
        if !random.one_in(8) {
            head.push("Connection: close".to_owned());
        }
        if random.one_in(12) {
            head.push(format!("X-Long: {}", "x".repeat(1 << random.below(20))));
        }
        let body = *random.of_list(self.page.bodies);
        if random.one_in(2) {
            head.push(format!("Content-Length: {}", body.len()));
        }
        let text = self.with_secrets(&format!("{}\r\n\r\n{body}", head.join("\r\n")));
        let is_mutated = random.one_in(3);
        let has_token = text.contains(&self.served.token);
        let may_change = has_token && (is_mutated || !text.contains("evil.example"));
        let bytes = if is_mutated { mutated(text.into_bytes(), &mut random) } else { text.into_bytes() };
        Hostile { bytes, may_change, patience: Duration::from_millis(200) }
    }

    /// What the page asks, with something about the body altered.
    fn nearly_right(&self, random: &mut Random) -> Hostile {
        let (path, body) = random.of_list(self.page.honest);
        let body = body.replace("VERSION", &self.before.borrow().version.to_string());
        let body = Node::from(&serde_json::from_str::<Value>(&body).unwrap()).altered(random).to_json();
        let head = self.with_secrets(&format!(
            "POST {path} HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\nOrigin: http://127.0.0.1:PORT\r\nX-Rails-Token: \
             TOKEN\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: {}\r\n\r\n",
            body.len()
        ));
        Hostile { bytes: (head + &body).into_bytes(), may_change: true, patience: Duration::from_secs(20) }
    }

    fn with_secrets(&self, text: &str) -> String {
        text.replace("PORT", &self.served.port.to_string()).replace("TOKEN", &self.served.token)
    }

    /// What the server says to `request`, at most a megabyte, until it hangs up or waits for more.
    fn answer(&self, request: &Hostile) -> Result<Vec<u8>, String> {
        let failed = |error: std::io::Error| format!("the server does not take connections: {error}");
        let mut stream = TcpStream::connect(("127.0.0.1", self.served.port)).map_err(failed)?;
        stream.set_read_timeout(Some(request.patience)).map_err(failed)?;
        stream.set_write_timeout(Some(Duration::from_secs(5))).map_err(failed)?;
        // It may hang up before it has read everything.
        let _ = stream.write_all(&request.bytes);
        let mut answer = Vec::new();
        let _ = stream.take(1 << 20).read_to_end(&mut answer);
        Ok(answer)
    }

    /// Nothing was learned or changed, and the owner is served.
    fn judge(&self, request: &Hostile, answer: &[u8], after: &State) -> Result<(), String> {
        let (asked, said) = (String::from_utf8_lossy(&request.bytes), String::from_utf8_lossy(answer));
        let status = said.split(' ').nth(1).unwrap_or_default().to_owned();
        let start = |text: &str| text.chars().take(200).collect::<String>();
        let (first, body) =
            (asked.lines().next().unwrap_or_default(), asked.rsplit("\r\n\r\n").next().unwrap_or_default());
        let (first, body) = (start(first), start(body));
        let wrong = |what: &str| Err(format!("{what} ({status}) to {first:?} with {body:?}"));
        if said.contains("root:") || said.contains("rails.run/") {
            return wrong("a file of the disk");
        }
        if !asked.contains(&self.served.token) && said.contains(&self.served.token) {
            return wrong("the secret");
        }
        if status.starts_with('5') && !["501", "505"].contains(&status.as_str()) {
            return wrong("a bug");
        }
        // What belongs to the run is for whoever has the token.
        if !asked.contains(&self.served.token) && said.contains(self.page.private) {
            return wrong("an answer without the token");
        }
        let before = self.before.replace(after.clone());
        if !request.may_change && before.version != after.version {
            return wrong("something was decided");
        }
        let is_own = |file: &&String| request.may_change && file.starts_with(&format!("{}/", self.own));
        if !after.files.is_superset(&before.files) || !after.files.difference(&before.files).all(|file| is_own(&file)) {
            return wrong("a file came or went in the run or beside it");
        }
        Ok(())
    }
}

/// What lies in the folder of the owner's page and beside it; the review page keeps its clustering and tables in curation/.
fn files(place: &Workplace, own: &str) -> BTreeSet<String> {
    let list = |folder: &str| {
        let entries = fs::read_dir(place.path(folder)).into_iter().flatten().flatten();
        let path = |entry: fs::DirEntry| format!("{folder}/{}", entry.file_name().to_string_lossy());
        entries.map(path).collect::<Vec<_>>()
    };
    let parent = place.path("").parent().unwrap().to_owned();
    [list("."), list("experiments"), list("experiments/runs"), list(own), list(parent.to_str().unwrap())]
        .concat()
        .into_iter()
        .collect()
}

impl Trouble for HostileRequests {
    fn attempt(&self, case: u64) -> Result<(), String> {
        let request = self.request(case);
        let answer = self.answer(&request)?;
        self.judge(&request, &answer, &self.state()?)
    }

    fn defects(&self) -> Vec<(&'static str, Result<(), String>)> {
        let get = || Hostile { bytes: b"GET / HTTP/1.1\r\n\r\n".to_vec(), may_change: false, patience: Duration::ZERO };
        let now = self.before.borrow().clone();
        let said = |answer: &str| self.judge(&get(), answer.as_bytes(), &now);
        let changed = State { version: 999.into(), ..now.clone() };
        let mut more = now.clone();
        more.files.insert("./escaped".to_owned());
        let defects = vec![
            ("the secret is told", said(&format!("HTTP/1.1 200 OK\r\n\r\n{}", self.served.token))),
            ("a file of the disk is told", said("HTTP/1.1 200 OK\r\n\r\nroot:x:0:0")),
            ("a stranger is answered", said(&format!("HTTP/1.1 200 OK\r\n\r\n{{{}:1}}", self.page.private))),
            ("a bug", said("HTTP/1.1 500 Internal Server Error\r\n\r\n")),
            ("a stranger decides", self.judge(&get(), b"HTTP/1.1 200 OK\r\n\r\n", &changed)),
            ("a file comes", self.judge(&get(), b"HTTP/1.1 200 OK\r\n\r\n", &more)),
        ];
        self.before.replace(now);
        defects
    }
}
