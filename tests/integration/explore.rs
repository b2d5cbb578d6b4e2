//! `rails explore`: the page in a real browser, and what the server refuses.

use serde_json::json;

use crate::chromium::Browser;
use crate::generators::crystals::{Options, picture};
use crate::served::Served;
use crate::workplace::{Workplace, repository};

fn place(name: &str, side: usize) -> Workplace {
    let place = Workplace::new(name);
    let recipe = std::fs::read(repository().join("experiments/crystals.toml")).unwrap();
    place.write("experiments/crystals.toml", recipe);
    std::fs::create_dir_all(place.path("pictures")).unwrap();
    picture(5, Options { side, ..Options::default() }).image.save(place.path("pictures/a.png")).unwrap();
    place
}

fn set(browser: &Browser, id: &str, value: &str) {
    browser.ask(&format!(
        "const slider = document.querySelector('#{id}'); slider.value = '{value}'; \
         slider.dispatchEvent(new Event('input', {{ bubbles: true }})); return true"
    ));
}

#[test]
fn sliders_redraw_the_overlay_and_save_a_recipe() {
    let Some(browser) = Browser::start() else { return };
    let place = place("explore", 512);
    let served = Served::explore(&place, &["pictures", "--config", "crystals.toml"]);
    browser.open(&served.url);
    browser.until("return document.querySelectorAll('figure canvas').length === 1");
    browser.until("return document.querySelector('figure canvas').width === 16");
    browser.until("return document.querySelector('figure img').naturalWidth === 512");

    set(&browser, "slices", "20");
    set(&browser, "k", "3");
    browser.until("return document.querySelector('figure canvas').width === 20");
    browser.until("return document.querySelectorAll('#legend div').length === 3");
    browser.click("#statistics input[value=\"mode\"]");
    browser.until("return !JSON.parse(document.body.dataset.shown).statistics.includes('mode')");
    set(&browser, "opacity", "0.5");
    browser.until(
        "const pixels = document.querySelector('figure canvas').getContext('2d').getImageData(0, 0, 20, 20).data; \
         const opacities = new Set(pixels.filter((_, at) => at % 4 === 3)); \
         return opacities.has(128) && opacities.has(0)",
    );

    browser.click("#save");
    browser.until("return document.querySelector('#said').textContent.includes('crystals-mine.toml')");
    let saved = place.read("experiments/crystals-mine.toml");
    for line in ["name = \"crystals-mine\"", "slices = 20", "opacity = 0.5"] {
        assert!(saved.contains(line), "{saved}");
    }
    place.rails(&["patches", "pictures", "--config", "crystals-mine.toml", "-q"]).with(0);
    browser.click("#save");
    browser.until("return document.querySelector('#said').textContent.includes('choose another name')");
}

#[test]
fn slips_are_refused_and_nothing_leaves_the_folder() {
    let place = place("explore-slips", 128);
    let served = Served::explore(&place, &["pictures", "--config", "crystals.toml"]);
    let settings = json!({ "slices": 4, "k": 2, "statistics": ["std"], "opacity": 0.2 });
    let overlay = served.post("/api/overlay", &settings).with(200).json();
    assert_eq!(overlay["labels"][0].as_array().unwrap().len(), 16);
    for (key, value) in [("slices", json!(0)), ("slices", json!(999)), ("k", json!(99)), ("statistics", json!([]))] {
        let mut wrong = settings.clone();
        wrong[key] = value;
        served.post("/api/overlay", &wrong).with(422);
    }
    for name in ["", "../out", "a/b", "x.toml"] {
        served.post("/api/save", &json!({ "name": name, "settings": settings })).with(422);
    }
    served.post("/api/save", &json!({ "name": "mine", "settings": settings })).with(200);
    served.post("/api/save", &json!({ "name": "mine", "settings": settings })).with(422);
    // A folder that went is missed, and no empty one made in its place.
    std::fs::rename(place.path("experiments"), place.path("elsewhere")).unwrap();
    let answer = served.post("/api/save", &json!({ "name": "other", "settings": settings })).with(503);
    assert!(answer.text().contains("put it back and save again"), "{}", answer.text());
    assert!(!place.path("experiments").exists());
    std::fs::rename(place.path("elsewhere"), place.path("experiments")).unwrap();
    served.post("/api/save", &json!({ "name": "other", "settings": settings })).with(200);
    served.get("/image/7").with(404);
    served.get("/ui/secret").with(404);
    assert_eq!(served.interrupt(), Some(0));
}
