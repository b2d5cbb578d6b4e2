//! A real browser, driven as a person would: keys, clicks, drags. Nothing else on the machine is touched.
//!
//! Reference: W3C, `WebDriver`, the protocol that chromedriver speaks: JSON over HTTP on loopback.

use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use ureq::Agent;

/// How long the page may take to show what it must; a busy machine is no failure.
const PATIENCE: Duration = Duration::from_mins(1);

/// The key under which the protocol names an element.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// Keys as the protocol spells them.
pub const ENTER: &str = "\u{e007}";
pub const ESCAPE: &str = "\u{e00c}";
pub const RIGHT: &str = "\u{e014}";
pub const DOWN: &str = "\u{e015}";
pub const SHIFT: &str = "\u{e008}";
pub const CONTROL: &str = "\u{e009}";

/// Chromium without a window, and its driver.
pub struct Browser {
    session: Session,
    driver: Child,
    _profile: tempfile::TempDir,
}

/// A tab of the browser, by the driver's name for it.
pub struct Tab(String);

/// An HTTP client that knows the driver's address of the session.
struct Session {
    agent: Agent,
    address: String,
}

impl Session {
    /// Asks the driver at `driver` for a browser.
    fn begin(driver: &str, capabilities: &Value) -> Result<Self, String> {
        let agent: Agent = Agent::config_builder().http_status_as_error(false).proxy(None).build().into();
        let mut session = Self { agent, address: format!("{driver}/session") };
        let begun = session.post("", &json!({ "capabilities": { "alwaysMatch": capabilities } }))?;
        let id = begun["sessionId"].as_str().ok_or_else(|| format!("no session in {begun}"))?;
        session.address = format!("{}/{id}", session.address);
        Ok(session)
    }

    fn get(&self, command: &str) -> Result<Value, String> {
        value(self.agent.get(self.url(command)).call())
    }

    fn post(&self, command: &str, arguments: &Value) -> Result<Value, String> {
        let request = self.agent.post(self.url(command)).content_type("application/json");
        value(request.send(arguments.to_string()))
    }

    fn end(&self) -> Result<Value, String> {
        value(self.agent.delete(self.url("")).call())
    }

    fn url(&self, command: &str) -> String {
        format!("{}{command}", self.address)
    }
}

/// The driver's answer; its own errors are answers too.
fn value(answer: Result<ureq::http::Response<ureq::Body>, ureq::Error>) -> Result<Value, String> {
    let answer = answer.map_err(|error| error.to_string())?;
    let is_fine = answer.status().is_success();
    let mut said: Value =
        serde_json::from_reader(answer.into_body().into_reader()).map_err(|error| error.to_string())?;
    let value = said["value"].take();
    if is_fine { Ok(value) } else { Err(format!("{}: {}", value["error"], value["message"])) }
}

impl Browser {
    /// Starts one, 1280 × 800; `None`, said loudly, where the machine has none and need not have.
    pub fn start() -> Option<Self> {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let driver = Command::new("chromedriver")
            .arg(format!("--port={port}"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        let Ok(driver) = driver else {
            let needed = ["CI", "RAILS_REQUIRE_BROWSER"].iter().any(|name| std::env::var_os(name).is_some());
            assert!(!needed, "chromedriver is missing: install chromium and chromium-driver");
            eprintln!("\n*** SKIPPED: no chromedriver here, so the review page was not tried in a browser ***\n");
            return None;
        };
        let profile = tempfile::tempdir().unwrap();
        let data = format!("--user-data-dir={}", profile.path().display());
        let options = json!({ "args": [
            "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-background-networking",
            "--disable-component-update", "--disable-sync", "--no-first-run", "--disable-dev-shm-usage",
            "--window-size=1280,800", "--host-resolver-rules=MAP rebound.example 127.0.0.1", data,
        ]});
        let capabilities = json!({ "browserName": "chrome", "goog:chromeOptions": options });
        let address = format!("http://127.0.0.1:{port}");
        let start = Instant::now();
        let session = loop {
            match Session::begin(&address, &capabilities) {
                Ok(session) => break session,
                Err(error) if start.elapsed() > PATIENCE => panic!("{error}"),
                Err(_) => sleep(Duration::from_millis(100)),
            }
        };
        Some(Self { session, driver, _profile: profile })
    }

    /// Opens any page.
    pub fn visit(&self, url: &str) {
        self.session.post("/url", &json!({ "url": url })).unwrap();
    }

    /// Opens the review page and waits until it shows something.
    pub fn open(&self, url: &str) {
        self.visit(url);
        self.until("return document.body.dataset.ready === 'true'");
    }

    /// Runs `script` and gives the value that it returns.
    pub fn ask(&self, script: &str) -> Value {
        let arguments = json!({ "script": script, "args": [] });
        self.session.post("/execute/sync", &arguments).unwrap_or_else(|error| panic!("{error}: {script}"))
    }

    /// Waits until `script` returns something true.
    #[track_caller]
    pub fn until(&self, script: &str) {
        let start = Instant::now();
        while !matches!(self.ask(script), Value::Bool(true)) {
            let patient = start.elapsed() <= PATIENCE;
            assert!(patient, "the page never came to: {script}; it shows {}", self.screenshot());
            sleep(Duration::from_millis(30));
        }
    }

    /// Clicks what `selector` finds.
    #[track_caller]
    pub fn click(&self, selector: &str) {
        let start = Instant::now();
        let by = json!({ "using": "css selector", "value": selector });
        let found = loop {
            match self.session.post("/element", &by) {
                Ok(found) => break found,
                Err(error) if start.elapsed() > PATIENCE => panic!("{error}: {selector}"),
                Err(_) => sleep(Duration::from_millis(30)),
            }
        };
        let click = format!("/element/{}/click", found[ELEMENT].as_str().unwrap());
        self.session.post(&click, &json!({})).unwrap_or_else(|error| panic!("{error}: {selector}"));
    }

    /// Presses keys one after the other, wherever the focus is.
    pub fn keys(&self, keys: &str) {
        self.chord("", keys);
    }

    /// Presses keys one after the other while all of `held` are down.
    pub fn chord(&self, held: &str, keys: &str) {
        let key = |kind: &str, value: char| json!({ "type": kind, "value": value });
        let down = held.chars().map(|value| key("keyDown", value));
        let pressed = keys.chars().flat_map(|value| [key("keyDown", value), key("keyUp", value)]);
        let up = held.chars().rev().map(|value| key("keyUp", value));
        let actions: Vec<Value> = down.chain(pressed).chain(up).collect();
        self.act(&json!({ "type": "key", "id": "keyboard", "actions": actions }));
    }

    /// Presses the mouse at the first place, goes through the others and lets go; places in pixels of the window.
    pub fn drag(&self, places: &[(f64, f64)]) {
        let to = |&(x, y): &(f64, f64)| json!({ "type": "pointerMove", "duration": 20, "x": x.round() as i64, "y": y.round() as i64 });
        let mut actions = vec![to(&places[0]), json!({ "type": "pointerDown", "button": 0 })];
        actions.extend(places[1..].iter().map(to));
        actions.push(json!({ "type": "pointerUp", "button": 0 }));
        self.act(&json!({ "type": "pointer", "id": "mouse", "actions": actions }));
    }

    fn act(&self, device: &Value) {
        self.session.post("/actions", &json!({ "actions": [device] })).unwrap();
    }

    /// Left, top, width and height of what `selector` finds, in pixels of the window.
    pub fn place(&self, selector: &str) -> [f64; 4] {
        let script = format!(
            "const r = document.querySelector('{selector}').getBoundingClientRect(); return [r.x, r.y, r.width, r.height]"
        );
        let place = self.ask(&script);
        std::array::from_fn(|at| place[at].as_f64().unwrap())
    }

    /// Opens another tab on the page; the answer is the tab before.
    pub fn another_tab(&self, url: &str) -> Tab {
        let handle = |value: &Value| Tab(value.as_str().unwrap().to_owned());
        let before = handle(&self.session.get("/window").unwrap());
        let opened = self.session.post("/window/new", &json!({ "type": "tab" })).unwrap();
        self.turn_to(&handle(&opened["handle"]));
        self.open(url);
        before
    }

    /// Goes on in another tab.
    pub fn turn_to(&self, tab: &Tab) {
        self.session.post("/window", &json!({ "handle": tab.0 })).unwrap();
    }

    /// Makes the window this large.
    pub fn resize(&self, width: u32, height: u32) {
        self.session.post("/window/rect", &json!({ "width": width, "height": height })).unwrap();
    }

    /// Where a picture of the window now lies, or why there is none.
    fn screenshot(&self) -> String {
        let file = std::env::temp_dir().join("rails-browser.png");
        let shot = self.session.get("/screenshot").and_then(|shot| {
            let bytes = STANDARD.decode(shot.as_str().unwrap_or_default()).map_err(|error| error.to_string())?;
            std::fs::write(&file, bytes).map_err(|error| error.to_string())
        });
        shot.map_or_else(|error| format!("nothing that could be kept: {error}"), |()| file.display().to_string())
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // The browser ends with its session, the driver with the test.
        let _ = self.session.end();
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}
