//! The token: seen by the browser it is meant for, and gone from where others could read it.
#![cfg(target_os = "linux")]

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::{fs, thread, time::Duration};

use crate::chromium::Browser;
use crate::review::fresh;
use crate::served::Served;
use crate::workplace::Workplace;

/// Starts `rails curate --open` with a browser that only writes down what it was started with.
fn opened(place: &Workplace, run: &str) -> (Served, String) {
    let browser =
        place.write("bin/xdg-open", "#!/bin/sh\necho \"$@\" >started-with.part\nmv started-with.part started-with\n");
    fs::set_permissions(&browser, fs::Permissions::from_mode(0o755)).unwrap();
    let served = Served::start_after(place, run, "PATH=$PWD/bin:$PATH; exec \"$0\" curate \"$1\" --json --open");
    while !place.path("started-with").exists() {
        thread::sleep(Duration::from_millis(10));
    }
    let started_with = place.read("started-with").trim().to_owned();
    (served, started_with)
}

#[test]
fn the_browser_is_started_without_the_token() {
    let (place, run) = fresh("doorway");
    let (served, file) = opened(&place, &run);
    assert!(!file.contains(&served.token), "{file}");
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let file = Path::new(&file);
    assert_eq!((mode(file), mode(file.parent().unwrap())), (0o600, 0o700));
    assert!(fs::read_to_string(file).unwrap().contains(&served.url));
    // Whoever asks without the token does not close it; whoever asks for the page with it does.
    served.raw(&format!("GET / HTTP/1.1\r\nHost: 127.0.0.1:{}\r\n", served.port), b"").with(200);
    assert!(file.exists());
    served.get("/").with(200);
    assert!(!file.parent().unwrap().exists());

    let (place, run) = fresh("doorway");
    let (served, file) = opened(&place, &run);
    assert_eq!(served.interrupt(), Some(0));
    assert!(!Path::new(&file).parent().unwrap().exists(), "gone with the server");
}

#[test]
fn the_address_bar_forgets_the_token_and_a_reload_does_not() {
    let Some(browser) = Browser::start() else { return };
    let (place, run) = fresh("doorway");
    let (served, file) = opened(&place, &run);
    let ready = "return document.body.dataset.ready === 'true'";
    browser.visit(&format!("file://{file}"));
    browser.until(&format!("return location.port === '{}'", served.port));
    browser.until(ready);
    let address = format!("http://127.0.0.1:{}/", served.port);
    assert_eq!(browser.ask("return location.href"), address.as_str());
    assert!(!Path::new(&file).exists());

    browser.ask("document.body.dataset.ready = 'no'; location.reload(); return true");
    browser.until(ready);
    assert_eq!(browser.ask("return location.href"), address.as_str());
    browser.until("return document.querySelector('#saved').textContent === 'Nothing decided yet'");
    let kept = browser.ask("return [document.cookie, Object.values(localStorage).join()]");
    assert!(!kept.to_string().contains(&served.token), "only this tab keeps it: {kept}");

    // Another tab was not shown the URL.
    browser.ask("sessionStorage.clear(); return true");
    browser.visit(&address);
    browser.until("return document.querySelector('#trouble-text')?.textContent.includes('Open the whole address')");
}
