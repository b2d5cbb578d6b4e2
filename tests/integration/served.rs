//! A running `rails curate` or `rails explore`, and an HTTP client that can say anything: also what no browser or library would.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};

use crate::workplace::Workplace;

/// The server; killed without warning when it is dropped.
pub struct Served {
    child: Child,
    pub url: String,
    pub port: u16,
    pub token: String,
}

/// An answer.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    /// The lines between status and body, in lower case.
    pub headers: String,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// Fails the test, with what was said, unless the status is `status`.
    #[track_caller]
    pub fn with(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", self.text());
        self
    }
}

impl Served {
    /// Starts `rails curate RUN` here and waits for its URL.
    pub fn start(place: &Workplace, run: &str) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_rails"));
        command.args(["curate", run, "--json", "-q"]);
        Self::spawn(place, command)
    }

    /// Starts `rails explore` here and waits for its URL.
    pub fn explore(place: &Workplace, arguments: &[&str]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_rails"));
        command.arg("explore").args(arguments).args(["--json", "-q"]);
        Self::spawn(place, command)
    }

    /// Starts it through a shell, after `before`.
    pub fn start_after(place: &Workplace, run: &str, before: &str) -> Self {
        let mut command = Command::new("sh");
        command.args(["-c", &format!("{before}; exec \"$0\" curate \"$1\" --json")]);
        command.args([env!("CARGO_BIN_EXE_rails"), run]);
        Self::spawn(place, command)
    }

    fn spawn(place: &Workplace, mut command: Command) -> Self {
        let mut child = command
            .current_dir(place.path("."))
            .env("USER", "tester")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .unwrap();
        let mut said = String::new();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        while !said.ends_with("}\n") {
            said += &(lines.next().expect("the server ended before it said its URL").unwrap() + "\n");
        }
        let page: Value = serde_json::from_str(&said).unwrap();
        let url = page["url"].as_str().unwrap().to_owned();
        let token = url.split_once("token=").unwrap().1.to_owned();
        Self { child, port: page["port"].as_u64().unwrap() as u16, url, token }
    }

    /// As the operating system does it to a process that must go at once.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// The number of its process.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Asks it to stop as Ctrl-C does; the exit code.
    pub fn interrupt(mut self) -> Option<i32> {
        Command::new("kill").args(["-INT", &self.child.id().to_string()]).status().unwrap();
        self.child.wait().unwrap().code()
    }

    /// `GET path` as the page asks it.
    pub fn get(&self, path: &str) -> Answer {
        let (port, token) = (self.port, &self.token);
        self.raw(&format!("GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nX-Rails-Token: {token}\r\n"), b"")
    }

    /// `POST path` as the page asks it.
    pub fn post(&self, path: &str, body: &Value) -> Answer {
        let (port, token) = (self.port, &self.token);
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nOrigin: http://127.0.0.1:{port}\r\nX-Rails-Token: \
             {token}\r\nContent-Type: application/json\r\n"
        );
        self.raw(&head, body.to_string().as_bytes())
    }

    /// Sends decisions as of the version the server is at.
    pub fn decide(&self, decisions: &[Value]) -> Answer {
        let version = self.state()["version"].clone();
        self.post("/api/decide", &json!({ "by": "page", "decisions": decisions, "version": version }))
    }

    pub fn state(&self) -> Value {
        self.get("/api/state").with(200).json()
    }

    /// `head` holds whole lines, without those that end the request.
    pub fn raw(&self, head: &str, body: &[u8]) -> Answer {
        let mut stream = self.connect();
        let length = body.len();
        // The server may answer and hang up before it has read everything.
        let _ = stream.write_all(format!("{head}Content-Length: {length}\r\nConnection: close\r\n\r\n").as_bytes());
        let _ = stream.write_all(body);
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        let end = answer.windows(4).position(|four| four == b"\r\n\r\n").expect("an HTTP answer");
        let headers = String::from_utf8_lossy(&answer[..end]).to_lowercase();
        let status = headers.split(' ').nth(1).unwrap().parse().unwrap();
        Answer { status, headers, body: answer[end + 4..].to_vec() }
    }

    /// The data lines of the event stream.
    pub fn events(&self) -> impl Iterator<Item = Value> + use<> {
        let mut stream = self.connect();
        let (port, token) = (self.port, &self.token);
        let request = format!("GET /api/events?token={token} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n");
        stream.write_all(request.as_bytes()).unwrap();
        let lines = BufReader::new(stream).lines().map_while(Result::ok);
        lines.filter_map(|line| serde_json::from_str(line.strip_prefix("data: ")?).ok())
    }

    fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        stream.set_read_timeout(Some(Duration::from_mins(2))).unwrap();
        stream
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
