//! A run that goes while its page is open: told on the page, with what to do; nothing is lost, and no ghost of it made.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::chromium::Browser;
use crate::review::fresh;
use crate::served::{Answer, Served};
use crate::workplace::{Workplace, copy_folder, names};

/// A run whose page is open, with one decision in the log.
struct Open {
    place: Workplace,
    run: String,
    served: Served,
    images: Vec<Value>,
}

impl Open {
    fn new() -> Self {
        let (place, run) = fresh("vanished");
        Self::of(place, run, Served::start)
    }

    fn of(place: Workplace, run: String, start: impl FnOnce(&Workplace, &str) -> Served) -> Self {
        let served = start(&place, &run);
        let images = served.get("/api/images").with(200).json();
        let images = images["images"]["id"].as_array().unwrap().clone();
        let open = Self { place, run, served, images };
        open.remove(0).with(200);
        // The tables follow by themselves; they are not to come in between.
        while !open.folder().join("curation/removed.csv").exists() {
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
        open
    }

    fn remove(&self, image: usize) -> Answer {
        let version = self.served.get("/api/state");
        let version = if version.status == 200 { version.json()["version"].clone() } else { json!(image) };
        let removed = json!({ "decision": "remove", "images": [self.images[image]], "reason": "blurred" });
        self.served.post("/api/decide", &json!({ "by": "page", "decisions": [removed], "version": version }))
    }

    fn folder(&self) -> std::path::PathBuf {
        self.place.path(&self.run)
    }

    fn log(&self) -> std::path::PathBuf {
        self.folder().join("curation/decisions.jsonl")
    }

    /// Nothing can be saved, and the answers say `word` and what to do.
    #[track_caller]
    fn is_refused(&self, what: &str, word: &str) {
        for answer in [
            self.remove(1),
            self.served.post("/api/undo", &json!({})),
            self.served.get("/api/state"),
            self.served.post("/api/export", &json!({ "format": "csv" })),
        ] {
            let said = answer.text();
            assert!(answer.status == 503 && said.contains(word) && said.contains("try again"), "{what}: {said}");
        }
        // The page is told without asking.
        let told = self.served.events().find(|event| event["trouble"].is_string());
        assert!(told.is_some_and(|event| event["trouble"].as_str().unwrap().contains(word)), "{what}");
    }

    /// It is back, and work goes on.
    #[track_caller]
    fn goes_on(self) {
        assert_eq!(self.remove(1).with(200).json()["version"], 2);
        let text = fs::read_to_string(self.log()).unwrap();
        let seqs: Vec<Value> =
            text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()["seq"].take()).collect();
        assert_eq!(seqs, [1, 2], "nothing lost or doubled");
        assert!(self.served.events().any(|event| event["trouble"].is_null()));
        assert_eq!(self.served.interrupt(), Some(0));
    }
}

fn all_of(folder: &Path) -> Vec<String> {
    let mut found = names(folder);
    found.extend(
        found
            .clone()
            .iter()
            .filter(|name| folder.join(name).is_dir())
            .flat_map(|name| names(&folder.join(name)).into_iter().map(move |inner| format!("{name}/{inner}"))),
    );
    found
}

#[test]
fn a_run_that_was_moved_is_missed_until_it_is_back() {
    let open = Open::new();
    let elsewhere = open.place.path("elsewhere");
    fs::rename(open.folder(), &elsewhere).unwrap();
    open.is_refused("moved", "not there any more");
    assert!(!open.folder().exists(), "a ghost");
    fs::rename(&elsewhere, open.folder()).unwrap();
    open.goes_on();

    // With the whole of experiments/.
    let open = Open::new();
    fs::rename(open.place.path("experiments"), &elsewhere).unwrap();
    open.is_refused("moved with its parents", "not there any more");
    assert!(!open.place.path("experiments").exists(), "a ghost");
    fs::rename(&elsewhere, open.place.path("experiments")).unwrap();
    open.goes_on();

    // A copy that somebody kept does as well.
    let open = Open::new();
    let backup = open.place.path("backup");
    copy_folder(&open.folder(), &backup);
    fs::remove_dir_all(open.folder()).unwrap();
    open.is_refused("deleted", "not there any more");
    assert!(!open.folder().exists(), "a ghost");
    copy_folder(&backup, &open.folder());
    open.goes_on();
}

#[test]
fn another_run_in_its_place_gets_nothing() {
    let open = Open::new();
    let (elsewhere, other) = (open.place.path("elsewhere"), open.place.path("other"));
    copy_folder(&open.folder(), &other);
    fs::remove_dir_all(other.join("curation")).unwrap();
    let provenance = fs::read_to_string(other.join("run.json")).unwrap();
    fs::write(other.join("run.json"), provenance.replace("\"seed\": ", "\"seed\": 9")).unwrap();
    let before = all_of(&other);
    fs::rename(open.folder(), &elsewhere).unwrap();
    fs::rename(&other, open.folder()).unwrap();
    open.is_refused("replaced", "not there any more");
    assert_eq!(all_of(&open.folder()), before, "nothing was written into the other run");
    fs::rename(open.folder(), &other).unwrap();
    fs::rename(&elsewhere, open.folder()).unwrap();
    open.goes_on();
}

#[test]
fn a_log_that_lost_decisions_is_left_alone() {
    for (what, content) in [("deleted", None), ("emptied", Some("")), ("of another run", Some("{}"))] {
        let open = Open::new();
        let kept = fs::read_to_string(open.log()).unwrap();
        match content {
            None => fs::remove_file(open.log()).unwrap(),
            Some("{}") => fs::write(open.log(), kept.replace("blurred", "cut off")).unwrap(),
            Some(content) => fs::write(open.log(), content).unwrap(),
        }
        let left = fs::read(open.log()).ok();
        open.is_refused(what, "gone from the log");
        assert_eq!(fs::read(open.log()).ok(), left, "{what}");
        fs::write(open.log(), kept).unwrap();
        open.goes_on();
    }
    // The whole curation folder.
    let open = Open::new();
    let elsewhere = open.place.path("elsewhere");
    fs::rename(open.folder().join("curation"), &elsewhere).unwrap();
    open.is_refused("without curation/", "gone from the log");
    assert!(!open.folder().join("curation").exists(), "a ghost");
    fs::rename(&elsewhere, open.folder().join("curation")).unwrap();
    open.goes_on();
}

#[cfg(target_os = "linux")]
#[test]
fn a_run_that_may_not_be_written_says_so() {
    use std::os::unix::fs::PermissionsExt;
    let (place, run) = fresh("vanished");
    // Root may write everywhere unless it gives that up.
    let before =
        "[ $(id -u) = 0 ] && exec setpriv --bounding-set=-dac_override,-dac_read_search \"$0\" curate \"$1\" --json";
    let open = Open::of(place, run, |place, run| Served::start_after(place, run, before));
    let mode = |path: &Path, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    mode(&open.log(), 0o444);
    let said = open.remove(1).with(503).text();
    assert!(said.contains("ermission denied") && said.contains("make the run folder writable"), "{said}");
    mode(&open.log(), 0o644);
    open.goes_on();
}

#[test]
fn the_page_says_that_the_run_is_gone() {
    let Some(browser) = Browser::start() else { return };
    let open = Open::new();
    browser.open(&open.served.url);
    let phase =
        |phase: &str| browser.until(&format!("return document.querySelector('#saved').dataset.phase === '{phase}'"));
    let trouble = |words: &str| {
        browser.until(&format!(
            "return document.querySelector('#trouble-text')?.textContent.includes('{words}') === true"
        ));
    };
    phase("saved");
    let elsewhere = open.place.path("elsewhere");
    fs::rename(open.folder(), &elsewhere).unwrap();
    // By itself, before anything is decided.
    trouble("Nothing can be saved now: the run that was opened is not there any more");
    phase("away");
    fs::rename(&elsewhere, open.folder()).unwrap();
    phase("saved");
    browser.until("return document.querySelector('#trouble').hidden");

    fs::rename(open.folder(), &elsewhere).unwrap();
    browser.keys("x");
    browser.until("return document.activeElement.id === 'remove-dialog-input'");
    browser.keys(&format!("cut off{}", crate::chromium::ENTER));
    phase("failed");
    trouble("put the run folder back under this name and try again");
    assert!(!open.folder().exists(), "a ghost");
    fs::rename(&elsewhere, open.folder()).unwrap();
    browser.click("#try-again");
    browser.until("const saved = document.querySelector('#saved').dataset; return saved.phase === 'saved' && saved.version === '2'");
    let text = fs::read_to_string(open.log()).unwrap();
    assert_eq!((text.lines().count(), text.matches("cut off").count()), (2, 1), "{text}");
}
