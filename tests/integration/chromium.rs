//! A real browser, driven as a person would: keys, clicks, drags. Nothing else on the machine is touched.

use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use fantoccini::actions::{InputSource, KeyAction, KeyActions, MOUSE_BUTTON_LEFT, MouseActions, PointerAction};
use fantoccini::wd::WindowHandle;
use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use tokio::runtime::{Builder, Runtime};

/// How long the page may take to show what it must; a busy machine is no failure.
const PATIENCE: Duration = Duration::from_mins(1);

/// Keys as the protocol spells them.
pub const ENTER: &str = "\u{e007}";
pub const ESCAPE: &str = "\u{e00c}";
pub const RIGHT: &str = "\u{e014}";
pub const DOWN: &str = "\u{e015}";
pub const SHIFT: &str = "\u{e008}";
pub const CONTROL: &str = "\u{e009}";

/// Chromium without a window, and its driver.
pub struct Browser {
    runtime: Runtime,
    client: Client,
    driver: Child,
    _profile: tempfile::TempDir,
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
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        let data = format!("--user-data-dir={}", profile.path().display());
        let options = json!({ "args": [
            "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-background-networking",
            "--disable-component-update", "--disable-sync", "--no-first-run", "--disable-dev-shm-usage",
            "--window-size=1280,800", "--host-resolver-rules=MAP rebound.example 127.0.0.1", data,
        ]});
        let mut builder = ClientBuilder::new(HttpConnector::new());
        let capabilities = json!({ "browserName": "chrome", "goog:chromeOptions": options });
        builder.capabilities(capabilities.as_object().unwrap().clone());
        let address = format!("http://127.0.0.1:{port}");
        let start = Instant::now();
        let client = loop {
            match runtime.block_on(builder.connect(&address)) {
                Ok(client) => break client,
                Err(error) if start.elapsed() > PATIENCE => panic!("{error}"),
                Err(_) => sleep(Duration::from_millis(100)),
            }
        };
        Some(Self { runtime, client, driver, _profile: profile })
    }

    /// Opens any page.
    pub fn visit(&self, url: &str) {
        self.runtime.block_on(self.client.goto(url)).unwrap();
    }

    /// Opens the review page and waits until it shows something.
    pub fn open(&self, url: &str) {
        self.runtime.block_on(self.client.goto(url)).unwrap();
        self.until("return document.body.dataset.ready === 'true'");
    }

    /// What `script` returns.
    pub fn ask(&self, script: &str) -> Value {
        self.runtime.block_on(self.client.execute(script, Vec::new())).unwrap_or_else(|e| panic!("{e}: {script}"))
    }

    /// Waits until `script` returns something true.
    #[track_caller]
    pub fn until(&self, script: &str) {
        let start = Instant::now();
        while !matches!(self.ask(script), Value::Bool(true)) {
            if start.elapsed() > PATIENCE {
                let picture = std::env::temp_dir().join("rails-browser.png");
                let _ = std::fs::write(&picture, self.screenshot());
                panic!("the page never came to: {script}; it shows {}", picture.display());
            }
            sleep(Duration::from_millis(30));
        }
    }

    /// Clicks what `selector` finds.
    #[track_caller]
    pub fn click(&self, selector: &str) {
        let found = self.runtime.block_on(self.client.wait().at_most(PATIENCE).for_element(Locator::Css(selector)));
        let element = found.unwrap_or_else(|error| panic!("{error}: {selector}"));
        self.runtime.block_on(element.click()).unwrap_or_else(|error| panic!("{error}: {selector}"));
    }

    /// Presses keys one after the other, wherever the focus is.
    pub fn keys(&self, keys: &str) {
        self.chord("", keys);
    }

    /// Presses keys one after the other while all of `held` are down.
    pub fn chord(&self, held: &str, keys: &str) {
        let mut actions = KeyActions::new("keyboard".to_owned());
        let down = held.chars().map(|value| KeyAction::Down { value });
        let pressed = keys.chars().flat_map(|value| [KeyAction::Down { value }, KeyAction::Up { value }]);
        let up = held.chars().rev().map(|value| KeyAction::Up { value });
        for action in down.chain(pressed).chain(up) {
            actions = actions.then(action);
        }
        self.runtime.block_on(self.client.perform_actions(actions)).unwrap();
    }

    /// Presses the mouse at the first place, goes through the others and lets go; places in pixels of the window.
    pub fn drag(&self, places: &[(f64, f64)]) {
        let to = |&(x, y): &(f64, f64)| PointerAction::MoveTo {
            duration: Some(Duration::from_millis(20)),
            x: x.round(),
            y: y.round(),
        };
        let mut actions = MouseActions::new("mouse".to_owned()).then(to(&places[0]));
        actions = actions.then(PointerAction::Down { button: MOUSE_BUTTON_LEFT });
        for place in &places[1..] {
            actions = actions.then(to(place));
        }
        actions = actions.then(PointerAction::Up { button: MOUSE_BUTTON_LEFT });
        self.runtime.block_on(self.client.perform_actions(actions)).unwrap();
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
    pub fn another_tab(&self, url: &str) -> WindowHandle {
        let before = self.runtime.block_on(self.client.window()).unwrap();
        let tab = self.runtime.block_on(self.client.new_window(true)).unwrap();
        self.turn_to(tab.handle);
        self.open(url);
        before
    }

    /// Goes on in another tab.
    pub fn turn_to(&self, tab: WindowHandle) {
        self.runtime.block_on(self.client.switch_to_window(tab)).unwrap();
    }

    /// The window as the bytes of a PNG file.
    pub fn screenshot(&self) -> Vec<u8> {
        self.runtime.block_on(self.client.screenshot()).unwrap_or_default()
    }

    /// Makes the window this large.
    pub fn resize(&self, width: u32, height: u32) {
        self.runtime.block_on(self.client.set_window_size(width, height)).unwrap();
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // The browser ends with its session, the driver with the test.
        let _ = self.runtime.block_on(self.client.clone().close());
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}
