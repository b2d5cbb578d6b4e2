//! The review page in a real browser: what people do with keys and mouse becomes the right lines of the log.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;

use serde_json::{Value, json};

use crate::chromium::{Browser, CONTROL, DOWN, ENTER, ESCAPE, RIGHT, SHIFT};
use crate::review::{fresh, many_images};
use crate::served::Served;
use crate::workplace::Workplace;

/// Waits until the page says that `version` is on the disk.
#[track_caller]
fn saved(browser: &Browser, version: usize) {
    browser.until(&format!(
        "const saved = document.querySelector('#saved').dataset; \
         return saved.phase === 'saved' && Number(saved.version) >= {version}"
    ));
}

/// Waits until no request is on its way.
#[track_caller]
fn at_rest(browser: &Browser) {
    browser.until("return !document.body.dataset.busy && document.querySelector('#saved').dataset.phase === 'saved'");
}

/// The decisions in the log.
fn log(place: &Workplace, run: &str) -> Vec<Value> {
    let text = place.read(format!("{run}/curation/decisions.jsonl"));
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn images(decision: &Value) -> usize {
    decision["images"].as_array().map_or(0, Vec::len)
}

#[test]
fn a_review_by_keyboard_alone() {
    let Some(browser) = Browser::start() else { return };
    let (place, run) = fresh("browser");
    let served = Served::start(&place, &run);
    browser.open(&served.url);

    // The first suggestion is a cluster to name, and it is on the screen already.
    browser.until("return document.querySelector('#next').dataset.kind === 'name_cluster'");
    browser.keys(ENTER);
    browser.until("return document.activeElement.id === 'name-dialog-input'");
    browser.keys(&format!("brick{ENTER}"));
    saved(&browser, 1);
    let named = log(&place, &run).remove(0);
    assert_eq!(
        (&named["decision"], &named["class"], &named["method"]),
        (&"name_cluster".into(), &"brick".into(), &"review".into())
    );

    // Three images side by side of the next suggestion go into the class of key 1.
    browser.until("return !document.body.dataset.busy && document.querySelectorAll('.tile:not([hidden])').length > 3");
    browser.keys(RIGHT);
    browser.chord(SHIFT, &format!("{RIGHT}{RIGHT}"));
    browser.until("return document.querySelectorAll('.tile[aria-selected=\"true\"]').length === 3");
    browser.keys("1");
    saved(&browser, 2);
    let moved = log(&place, &run).remove(1);
    assert_eq!((&moved["decision"], &moved["class"], images(&moved)), (&"move".into(), &"brick".into(), 3));

    // Everything behind the divider is removed in one decision.
    let shown = "Number(document.querySelector('.tile:not([hidden])').getAttribute('aria-setsize'))";
    let before = browser.ask(&format!("return {shown}")).as_u64().unwrap();
    browser.keys("d");
    browser.until("return document.querySelector('#divider-handle') !== null");
    let at = browser.ask("return Number(document.querySelector('#divider-handle').getAttribute('aria-valuenow'))");
    browser.keys("x");
    browser.until("return document.activeElement.id === 'remove-dialog-input'");
    browser.keys(&format!("blurred{ENTER}"));
    saved(&browser, 3);
    let removed = log(&place, &run).remove(2);
    assert_eq!((&removed["decision"], &removed["reason"]), (&"remove".into(), &"blurred".into()));
    let cut = images(&removed) as u64;
    assert!(cut > 0 && cut <= before, "{cut} of {before} removed, divider at {at}");

    // Undo, redo, undo.
    browser.keys("u");
    saved(&browser, 4);
    browser.chord(&format!("{CONTROL}{SHIFT}"), "z");
    saved(&browser, 5);
    browser.chord(CONTROL, "z");
    saved(&browser, 6);
    let turns: Vec<Value> = log(&place, &run)[3..].iter().map(|turn| turn["decision"].clone()).collect();
    assert_eq!(turns, ["undo", "redo", "undo"]);

    // The next cluster on the left is split.
    browser.keys("js");
    browser.until("return document.querySelectorAll('#split-dialog .part').length >= 2");
    browser.keys(ENTER);
    saved(&browser, 7);
    assert_eq!(log(&place, &run)[6]["decision"], "split_cluster");

    // The next person undoes it after a restart.
    served.kill();
    let served = Served::start(&place, &run);
    browser.open(&served.url);
    browser.keys("u");
    saved(&browser, 8);
    assert_eq!(log(&place, &run)[7]["of"], 7);
    at_rest(&browser);
    browser.keys("?");
    browser.until("return document.querySelector('#help-dialog')?.open === true");
    browser.keys(ESCAPE);
    browser.until("return document.querySelector('#help-dialog')?.open !== true");
    assert_eq!(served.interrupt(), Some(0), "an open page does not keep the server from stopping");
}

#[test]
fn a_lasso_in_one_tab_is_seen_in_the_other() {
    let Some(browser) = Browser::start() else { return };
    let (place, run) = fresh("browser");
    let served = Served::start(&place, &run);
    browser.open(&served.url);
    let first = browser.another_tab(&served.url);
    browser.resize(1920, 1080);
    browser.keys("v");
    browser.until("return document.querySelector('#map-canvas')?.getBoundingClientRect().width > 100");
    let [x, y, width, height] = browser.place("#map-canvas");
    let corner = |across: f64, down: f64| (x + across * width, y + down * height);
    browser.drag(&[corner(0.03, 0.10), corner(0.97, 0.10), corner(0.97, 0.97), corner(0.03, 0.97), corner(0.03, 0.15)]);
    browser.until("return Number(document.querySelector('.tile:not([hidden])')?.getAttribute('aria-setsize')) > 20");
    browser.keys(ENTER);
    browser.until("return document.activeElement.id === 'class-dialog-input'");
    browser.keys(&format!("surface{ENTER}"));
    saved(&browser, 1);
    let moved = log(&place, &run).remove(0);
    assert_eq!((&moved["decision"], &moved["class"]), (&"move".into(), &"surface".into()));
    assert!(images(&moved) > 20, "{} images in the lasso", images(&moved));

    browser.turn_to(&first);
    saved(&browser, 1);
    browser.until("return document.querySelector('.class[data-class=\"surface\"]') !== null");
    browser.keys("u");
    saved(&browser, 2);
}

#[test]
fn twenty_thousand_images_scroll() {
    let Some(browser) = Browser::start() else { return };
    let (place, run) = fresh("browser");
    many_images(&place, &run, 20_000);
    let served = Served::start(&place, &run);
    browser.open(&served.url);
    browser.click("[data-place=\"all\"]");
    let last = "return [...document.querySelectorAll('.tile:not([hidden])')].some(t => t.getAttribute('aria-posinset') === '20000')";
    browser.until("return document.querySelector('.tile:not([hidden])')?.getAttribute('aria-setsize') === '20000'");
    browser.ask("const grid = document.querySelector('#grid'); grid.scrollTop = grid.scrollHeight; return true");
    browser.until(last);
    let tiles = browser.ask("return document.querySelectorAll('.tile').length").as_u64().unwrap();
    assert!(tiles < 1000, "{tiles} tiles in the document: only those in sight should be");
    browser.ask("document.querySelector('#grid').scrollTop = 0; return true");
    browser.keys(DOWN);
    browser.until("return document.querySelector('.tile.focus') !== null");
}

#[test]
fn eleven_classes_and_the_way_back_of_removed_images() {
    let Some(browser) = Browser::start() else { return };
    let (place, run) = fresh("browser");
    let served = Served::start(&place, &run);
    browser.open(&served.url);
    let names = ["a0", "b0", "c0", "d0", "e0", "f0", "g0", "h0", "i0", "wet", "weed"];
    for (at, name) in names.iter().enumerate() {
        at_rest(&browser);
        browser.keys("+");
        browser.until("return document.activeElement.id === 'class-dialog-input'");
        browser.keys(&format!("{name}{ENTER}"));
        saved(&browser, at + 1);
    }
    at_rest(&browser);
    browser.keys("c");
    browser.until("return document.querySelector('#pick-dialog')?.open === true");
    browser.keys("wee");
    saved(&browser, 12);
    assert_eq!(log(&place, &run)[11]["class"], "weed");

    at_rest(&browser);
    browser.keys("x");
    browser.until("return document.activeElement.id === 'remove-dialog-input'");
    browser.keys(&format!("cut off{ENTER}"));
    saved(&browser, 13);
    at_rest(&browser);
    browser.ask("document.querySelector('[data-place=\"removed\"]').click(); return true");
    browser.until("return document.querySelector('#shown').textContent === '1 image'");
    browser.keys(ENTER);
    saved(&browser, 14);
    let log = log(&place, &run);
    assert_eq!((&log[12]["reason"], &log[13]["decision"]), (&"cut off".into(), &"restore".into()));
    assert_eq!(log[12]["images"], log[13]["images"]);
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_told_and_the_decision_waits() {
    let Some(browser) = Browser::start() else { return };
    let (place, run) = fresh("browser");
    // No file may grow beyond 64 blocks; the signal that tells so is ignored, as the system's error is enough.
    let served = Served::start_after(&place, &run, "trap '' XFSZ; ulimit -S -f 64");
    browser.open(&served.url);
    let id = served.get("/api/images").with(200).json()["images"]["id"][0].clone();
    let fill = |reason: String| served.decide(&[json!({ "decision": "remove", "images": [id], "reason": reason })]);
    let mut size = 64 * 1024;
    let mut lines = 0;
    while size > 1 {
        if fill("x".repeat(size)).status == 200 {
            lines += 1;
        } else {
            size /= 2;
        }
    }
    saved(&browser, lines);
    at_rest(&browser);
    browser.keys(ENTER);
    browser.until("return document.activeElement.id === 'name-dialog-input'");
    browser.keys(&format!("brick{ENTER}"));
    browser.until("return document.querySelector('#saved').dataset.phase === 'failed'");
    browser.until("return document.querySelector('#trouble-text').textContent.includes('the disk is full')");
    assert_eq!(log(&place, &run).len(), lines);

    let room = ["--pid", &served.id().to_string(), "--fsize=unlimited"];
    assert!(std::process::Command::new("prlimit").args(room).status().unwrap().success());
    browser.click("#try-again");
    saved(&browser, lines + 1);
    assert_eq!(log(&place, &run)[lines]["class"], "brick");
}

#[test]
fn a_hostile_page_in_the_same_browser_gets_nothing() {
    let Some(browser) = Browser::start() else { return };
    let (place, run) = fresh("browser");
    let served = Served::start(&place, &run);
    // Even a page that learned the token.
    let attempts = include_str!("hostile.html").replace("PORT", &served.port.to_string());
    let attempts = attempts.replace("TOKEN", &served.token);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            // A request ends with an empty line.
            let _ = BufReader::new(&stream).lines().map_while(Result::ok).find(String::is_empty);
            let length = attempts.len();
            let head = format!("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: {length}\r\n\r\n");
            let _ = stream.write_all((head + &attempts).as_bytes());
        }
    });
    browser.visit(&format!("http://127.0.0.1:{port}/"));
    browser.until("return document.body.dataset.done === 'true'");
    let got = browser.ask("return got");
    for (what, answer) in got.as_object().unwrap() {
        assert!(["refused", "unreadable"].contains(&answer.as_str().unwrap()), "{what}: {answer}");
    }
    assert_eq!(served.state()["version"], 0, "nothing was decided");

    // A name that now points here, with the right token.
    browser.visit(&format!("http://rebound.example:{}/?token={}", served.port, served.token));
    browser.until("return document.body.innerText.includes('answers only under 127.0.0.1')");
}
