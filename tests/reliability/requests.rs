//! Hostile requests to the review page's server: none changes anything, learns the secret or a file, or stops it.

use std::cell::RefCell;
use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::Value;

use crate::golden::{named, workplace};
use crate::random::{Random, mutated};
use crate::served::Served;
use crate::trouble::Trouble;
use crate::workplace::Workplace;

/// Words of a request; PORT and TOKEN stand for the server's own.
const METHODS: [&str; 12] =
    ["GET", "POST", "HEAD", "PUT", "DELETE", "OPTIONS", "TRACE", "CONNECT", "PATCH", "get", "GE T", "PRI"];
const PATHS: [&str; 30] = [
    "/",
    "/api/state",
    "/api/images",
    "/api/decide",
    "/api/undo",
    "/api/redo",
    "/api/export",
    "/api/split",
    "/api/similar",
    "/api/next?n=99999999999999999999",
    "/api/next?n=-1",
    "/api/image/0",
    "/api/image/18446744073709551615",
    "/api/image/../../run.json",
    "/thumb/00000000000000000000000000000000?size=128",
    "/thumb/..%2f..%2f..%2fetc%2fpasswd",
    "/image/%2e%2e%2f%2e%2e%2fetc%2fpasswd",
    "/image//etc/passwd",
    "/ui/../../../../etc/passwd",
    "/ui/..%5c..%5cetc%5cpasswd",
    "/ui/%00",
    "/ui/main.js%00.css",
    "/ui/token.js",
    "/ui",
    "/%ff%fe",
    "//",
    "/api//state",
    "/api/state/",
    "*",
    "http://evil.example/api/state",
];
const QUERIES: [&str; 8] = [
    "",
    "?token=",
    "?token=TOKENX",
    "?token=0123456789abcdef0123456789abcdef",
    "?xtoken=TOKEN",
    "?Token=TOKEN",
    "?token=%00&token=TOKEN",
    "?token=TOKEN",
];
const HOSTS: [&str; 12] = [
    "127.0.0.1:PORT",
    "localhost:PORT",
    "LOCALHOST",
    "[::1]:PORT",
    "evil.example",
    "127.0.0.1.evil.example:PORT",
    "127.0.0.1:PORT@evil.example",
    "127.0.0.1:99999",
    "0x7f.1",
    "2130706433",
    "",
    "127.0.0.1:PORT, evil.example",
];
const HEADERS: [&str; 22] = [
    "X-Rails-Token: TOKEN",
    "X-Rails-Token: wrong",
    "X-Rails-Token: \u{fe}\u{ff}",
    "Origin: http://127.0.0.1:PORT",
    "Origin: http://evil.example",
    "Origin: null",
    "Origin: https://127.0.0.1:PORT",
    "Host: evil.example",
    "Content-Type: application/json",
    "Content-Type: text/plain",
    "Content-Type: application/json-not",
    "Content-Length: 18446744073709551616",
    "Content-Length: -1",
    "Content-Length: 0",
    "Transfer-Encoding: chunked",
    "Transfer-Encoding: gzip, chunked",
    "Expect: 100-continue",
    "Upgrade: h2c",
    "X-Forwarded-Host: other.example",
    "Range: bytes=0-18446744073709551615",
    "Cookie: rails-token=TOKEN",
    " folded: line",
];
const BODIES: [&str; 12] = [
    "",
    "{}",
    "[]",
    "null",
    "{\"decisions\":[],\"version\":0}",
    "{\"decisions\":[{\"decision\":\"remove\",\"images\":[\"../../etc/passwd\"],\"reason\":\"x\"}],\"version\":0}",
    "{\"decisions\":[{\"decision\":\"undo\",\"of\":18446744073709551615}],\"version\":0}",
    "{\"decisions\":[{\"decision\":\"name_cluster\",\"cluster\":4294967295,\"class\":\"\\u0000\"}],\"version\":0}",
    "{\"cluster\":4294967295,\"parts\":18446744073709551615}",
    "{\"rows\":[18446744073709551615],\"n\":18446744073709551615}",
    "{\"format\":\"../../x\"}",
    "ffffffffffffffff\r\n{}\r\n0\r\n\r\n",
];

pub struct HostileRequests {
    place: Workplace,
    run: String,
    served: Served,
    /// How things stood after the last request.
    before: RefCell<State>,
}

/// What a request may not change: the version of the log, and which files there are.
#[derive(Debug, Clone, PartialEq)]
struct State {
    version: Value,
    files: Vec<String>,
}

/// A request as it is sent.
struct Hostile {
    bytes: Vec<u8>,
    /// Whether it might by chance be what the owner's page may ask.
    may_change: bool,
}

impl HostileRequests {
    pub fn start() -> Self {
        let place = workplace("hostile-requests");
        let run = named(&place, "experiments/runs", "cluster-plain");
        let served = Served::start(&place, &run);
        let before = RefCell::new(State { version: served.state()["version"].take(), files: files(&place, &run) });
        Self { place, run, served, before }
    }

    fn request(&self, case: u64) -> Hostile {
        let mut random = Random::of(case);
        let method = *random.of_list(&METHODS);
        let (path, query) = (*random.of_list(&PATHS), *random.of_list(&QUERIES));
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
        let body = *random.of_list(&BODIES);
        if random.one_in(2) {
            head.push(format!("Content-Length: {}", body.len()));
        }
        let text = format!("{}\r\n\r\n{body}", head.join("\r\n"));
        let text = text.replace("PORT", &self.served.port.to_string()).replace("TOKEN", &self.served.token);
        let is_mutated = random.one_in(3);
        let has_token = text.contains(&self.served.token);
        let may_change = has_token && (is_mutated || !text.contains("evil.example"));
        let bytes = if is_mutated { mutated(text.into_bytes(), &mut random) } else { text.into_bytes() };
        Hostile { bytes, may_change }
    }

    /// What the server says to `request`, at most a megabyte, until it hangs up or waits for more.
    fn answer(&self, request: &[u8]) -> Result<Vec<u8>, String> {
        let failed = |error: std::io::Error| format!("the server does not take connections: {error}");
        let mut stream = TcpStream::connect(("127.0.0.1", self.served.port)).map_err(failed)?;
        stream.set_read_timeout(Some(Duration::from_millis(200))).map_err(failed)?;
        stream.set_write_timeout(Some(Duration::from_secs(5))).map_err(failed)?;
        // It may hang up before it has read everything.
        let _ = stream.write_all(request);
        let mut answer = Vec::new();
        let _ = stream.take(1 << 20).read_to_end(&mut answer);
        Ok(answer)
    }

    /// Nothing was learned or changed, and the owner is served.
    fn judge(&self, request: &Hostile, answer: &[u8], after: &State) -> Result<(), String> {
        let (asked, said) = (String::from_utf8_lossy(&request.bytes), String::from_utf8_lossy(answer));
        let status = said.split(' ').nth(1).unwrap_or_default().to_owned();
        let first = asked.lines().next().unwrap_or_default().chars().take(100).collect::<String>();
        let wrong = |what: &str| Err(format!("{what} ({status}) to {first:?}"));
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
        if !asked.contains(&self.served.token) && said.contains("\"version\"") {
            return wrong("an answer without the token");
        }
        let before = self.before.replace(after.clone());
        if !request.may_change && before.version != after.version {
            return wrong("something was decided");
        }
        if before.files != after.files {
            return wrong("a file came or went in the run or beside it");
        }
        Ok(())
    }
}

/// What lies in the run folder and beside it; the page itself keeps its clustering and tables in curation/.
fn files(place: &Workplace, run: &str) -> Vec<String> {
    let list = |folder: &str| {
        let entries = fs::read_dir(place.path(folder)).into_iter().flatten().flatten();
        let mut names: Vec<String> =
            entries.map(|entry| format!("{folder}/{}", entry.file_name().to_string_lossy())).collect();
        names.sort();
        names
    };
    [list("."), list("experiments"), list("experiments/runs"), list(run)].concat()
}

impl Trouble for HostileRequests {
    fn attempt(&self, case: u64) -> Result<(), String> {
        let request = self.request(case);
        let answer = self.answer(&request.bytes)?;
        let state = self.served.get("/api/state");
        if state.status != 200 {
            return Err(format!("the owner is answered {}: {}", state.status, state.text()));
        }
        let after = State { version: state.json()["version"].take(), files: files(&self.place, &self.run) };
        self.judge(&request, &answer, &after)
    }

    fn attempt_with_a_defect(&self) -> Result<(), String> {
        let leak = format!("HTTP/1.1 200 OK\r\n\r\n{}", self.served.token);
        let request = Hostile { bytes: b"GET / HTTP/1.1\r\n\r\n".to_vec(), may_change: false };
        let now = self.before.borrow().clone();
        self.judge(&request, leak.as_bytes(), &now)
    }
}
