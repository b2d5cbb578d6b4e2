//! Decisions through the review page: what is answered is on the disk, whatever happens next.

use std::fs::{self, OpenOptions};
use std::io::Write;

use serde_json::{Value, json};

use crate::served::Served;
use crate::workplace::Workplace;

fn ids(served: &Served) -> Vec<String> {
    let images = served.get("/api/images").with(200).json();
    images["images"]["id"].as_array().unwrap().iter().map(|id| id.as_str().unwrap().to_owned()).collect()
}

fn moved(images: &[String], class: &str) -> Value {
    json!({ "decision": "move", "images": images, "class": class })
}

/// The class of every row, by name.
fn classes(state: &Value) -> Vec<Option<String>> {
    let names = &state["classes"];
    let sources = state["source"].as_array().unwrap();
    let of_row = |(class, source): (&Value, &Value)| {
        let decided = source.as_u64().is_some_and(|source| (1..4).contains(&source));
        decided.then(|| names[class.as_u64().unwrap() as usize]["name"].as_str().unwrap().to_owned())
    };
    state["class"].as_array().unwrap().iter().zip(sources).map(of_row).collect()
}

/// A run that was never curated.
pub fn fresh(name: &str) -> (Workplace, String) {
    let place = Workplace::trained(name);
    let run = place.newest("cluster");
    fs::remove_dir_all(place.path(format!("{run}/curation"))).unwrap();
    (place, run)
}

/// Gives the run this many images that are gone: it has no features then, and its own clusters are reviewed.
pub fn many_images(place: &Workplace, run: &str, n: usize) {
    let table = place.path(format!("{run}/images.csv"));
    let mut reader = csv::Reader::from_path(&table).unwrap();
    let header = reader.headers().unwrap().clone();
    let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    let mut writer = csv::Writer::from_path(&table).unwrap();
    writer.write_record(&header).unwrap();
    for at in 0..n {
        let named = [format!("{at:032x}"), format!("image_{at}.png")];
        let cells = rows[at % rows.len()].iter().skip(2);
        writer.write_record(named.iter().map(String::as_str).chain(cells)).unwrap();
    }
    writer.flush().unwrap();
}

#[test]
fn the_page_is_told_everything() {
    let (place, run) = fresh("review");
    let served = Served::start(&place, &run);
    let images = served.get("/api/images").with(200).json();
    assert_eq!(images["method"], "review");
    assert_eq!(images["methods"].as_array().unwrap().last().unwrap(), "review");
    for column in ["id", "path", "x", "y", "typicality"] {
        assert_eq!(images["images"][column].as_array().unwrap().len(), 60, "{column}");
    }
    let state = served.state();
    for column in ["cluster", "class", "source", "confidence", "label_error_score", "removed"] {
        assert_eq!(state[column].as_array().unwrap().len(), 60, "{column}");
    }
    assert_eq!((&state["version"], &state["can_undo"]), (&json!(0), &json!(false)));
    let sizes: u64 = state["clusters"].as_array().unwrap().iter().map(|c| c["size"].as_u64().unwrap()).sum();
    assert_eq!(sizes, 60);
    let next = served.get("/api/next?n=2").with(200).json();
    assert_eq!(next[0]["kind"], "name_cluster", "{next}");
    let detail = served.get("/api/image/7").with(200).json();
    assert_eq!((&detail["width"], detail["neighbours"].as_array().unwrap().len()), (&json!(64), 12), "{detail}");
    let similar = served.post("/api/similar", &json!({ "rows": [7], "n": 5 })).with(200).json();
    let nearest = &detail["neighbours"][0]["row"];
    assert_eq!(&similar["rows"][0], nearest);
    let out = &images["images"]["id"][nearest.as_u64().unwrap() as usize];
    served.decide(&[json!({ "decision": "remove", "images": [out], "reason": "blurred" })]).with(200);
    let similar = served.post("/api/similar", &json!({ "rows": [7], "n": 60 })).with(200).json();
    let rows = similar["rows"].as_array().unwrap();
    assert_eq!((rows.len(), rows.contains(nearest)), (58, false), "what was removed is not accepted in bulk");
    let times = served.get("/api/times").with(200).json();
    assert!(times.as_array().unwrap().iter().filter(|time| time.as_f64() > Some(1e9)).count() == 60, "{times}");
    let split = served.post("/api/split", &json!({ "cluster": state["cluster"][7], "parts": 2 })).with(200).json();
    assert_eq!(split["parts"].as_array().unwrap().len(), 2);
    served.post("/api/split", &json!({ "cluster": 999, "parts": 2 })).with(422);
    assert_eq!(served.interrupt(), Some(0), "Ctrl-C is no failure");
}

#[test]
fn what_was_answered_survives_a_kill_and_can_be_undone_later() {
    let (place, run) = fresh("review");
    let served = Served::start(&place, &run);
    let ids = ids(&served);
    let cluster = served.state()["cluster"][0].clone();
    let name = json!({ "decision": "name_cluster", "method": "review", "cluster": cluster, "class": "brick" });
    served.decide(&[name]).with(200);
    let batch = [moved(&ids[..2], "wall"), json!({ "decision": "remove", "images": [ids[5]], "reason": "blurred" })];
    assert_eq!(served.decide(&batch).with(200).json()["version"], 3);
    let before = served.state();
    served.kill();

    // A line that the kill tore in the middle was never answered.
    let log = place.path(format!("{run}/curation/decisions.jsonl"));
    OpenOptions::new().append(true).open(&log).unwrap().write_all(b"{\"seq\":4,\"at\":\"20").unwrap();
    let served = Served::start(&place, &run);
    let after = served.state();
    assert_eq!((classes(&after), &after["removed"]), (classes(&before), &before["removed"]));
    assert_eq!(after["reasons"], json!(["blurred"]));

    let undone = served.post("/api/undo", &json!({})).with(200).json();
    assert_eq!(undone, json!({ "version": 5, "what": "2 images moved to `wall`, 1 image removed (blurred)" }));
    let state = served.state();
    assert_eq!((&state["removed"][5], &state["can_redo"]), (&json!(-1), &json!(true)));
    assert!(!classes(&state).contains(&Some("wall".to_owned())));
    served.kill();

    let served = Served::start(&place, &run);
    served.post("/api/redo", &json!({})).with(200);
    assert_eq!(classes(&served.state()), classes(&before));
    served.post("/api/redo", &json!({})).with(409);
    served.post("/api/undo", &json!({})).with(200);
    served.post("/api/undo", &json!({})).with(200);
    let nothing = served.post("/api/undo", &json!({})).with(409);
    assert_eq!(nothing.json()["error"], "there is nothing to undo");
    assert!(served.state()["classes"].as_array().unwrap().is_empty());
    for line in fs::read_to_string(&log).unwrap().lines() {
        let line: Value = serde_json::from_str(line).unwrap();
        assert_eq!(line["by"], "tester", "{line}");
    }
}

#[test]
fn two_pages_and_the_command_line_see_each_other() {
    let (place, run) = fresh("review");
    let served = Served::start(&place, &run);
    let ids = ids(&served);
    let mut events = served.events();
    assert_eq!(events.next().unwrap()["version"], 0);
    served.decide(&[moved(&ids[..3], "stone")]).with(200);
    let fitted = events.find(|news| news["fitted"] == 1).unwrap();
    assert_eq!(fitted["version"], 1, "suggestions follow");

    // The other page still shows version 0: decisions on images are fine, on clusters they rest on what is gone.
    let old = |decision: Value| served.post("/api/decide", &json!({ "decisions": [decision], "version": 0 }));
    let cluster = served.state()["cluster"][9].clone();
    let name = json!({ "decision": "name_cluster", "method": "review", "cluster": cluster, "class": "x" });
    assert!(old(name).with(409).json()["error"].as_str().unwrap().contains("another window"));
    old(moved(&ids[3..4], "stone")).with(200);

    let line = json!({ "decision": "remove", "images": [ids[9]], "reason": "by hand" });
    place.write("more.jsonl", format!("{line}\n"));
    place.rails(&["curate", &run, "--apply", "more.jsonl"]).with(0);
    assert!(events.any(|news| news["version"] == 3), "pages hear of other programs");
    assert_eq!(served.state()["reasons"], json!(["by hand"]));
    served.decide(&[moved(&ids[4..5], "stone")]).with(200);
    assert_eq!(served.state()["version"], 4);
    served.interrupt();
    let labels = place.table(format!("{run}/curation/labels.csv"));
    let by_hand = labels.iter().filter(|row| row["source"] == "moved").count();
    assert_eq!(by_hand, 5, "the tables are up to date after the review");
}

#[test]
fn slips_are_refused_whole() {
    let (place, run) = fresh("review");
    let served = Served::start(&place, &run);
    let ids = ids(&served);
    let bad = [moved(&ids[..1], "stone"), moved(&ids[1..2], "unknown")];
    let refused = served.decide(&bad).with(422).json();
    assert_eq!(refused["line"], 2);
    assert!(refused["error"].as_str().unwrap().contains("reserved"), "{refused}");
    served.decide(&[]).with(422);
    served.post("/api/decide", &json!({ "decisions": "all", "version": 0 })).with(422);
    served.decide(&[json!({ "decision": "frobnicate" })]).with(422);
    assert_eq!(served.state()["version"], 0);
    assert!(!place.path(format!("{run}/curation/decisions.jsonl")).exists());
}

#[cfg(unix)]
#[test]
fn a_full_disk_loses_nothing() {
    let (place, run) = fresh("review");
    // No file may grow beyond 64 blocks; the signal that tells so is ignored, as the system's error is enough.
    let served = Served::start_after(&place, &run, "trap '' XFSZ; ulimit -f 64");
    let ids = ids(&served);
    served.decide(&[moved(&ids[..2], "stone")]).with(200);
    let log = format!("{run}/curation/decisions.jsonl");
    let before = place.read(&log);
    let long = "a very long reason ".repeat(20_000);
    let refused =
        served.decide(&[json!({ "decision": "remove", "images": [ids[3]], "reason": long })]).with(507).json();
    assert!(refused["error"].as_str().unwrap().contains("nothing was saved"), "{refused}");
    assert_eq!(place.read(&log), before, "nothing half-written");
    served.decide(&[moved(&ids[2..3], "stone")]).with(200);
    assert_eq!(served.state()["version"], 2);
    assert_eq!(place.read(&log).lines().count(), 2);
}

#[cfg(unix)]
#[test]
fn a_full_disk_at_the_first_start_is_told() {
    let (place, run) = fresh("review");
    let program = env!("CARGO_BIN_EXE_rails");
    let script = "trap '' XFSZ; ulimit -f 0; exec \"$0\" curate \"$1\"";
    let mut shell = std::process::Command::new("sh");
    let ended = shell.args(["-c", script, program, &run]).current_dir(place.path(".")).output().unwrap();
    let said = String::from_utf8_lossy(&ended.stderr);
    assert_eq!(ended.status.code(), Some(1), "{said}");
    assert!(said.contains("review.csv") && said.contains("hint: free some space"), "{said}");
}

#[test]
fn images_are_shown_small_and_whole_or_as_missing() {
    let (place, run) = fresh("review");
    let served = Served::start(&place, &run);
    let images = served.get("/api/images").with(200).json();
    let (id, path) = (images["images"]["id"][0].as_str().unwrap(), images["images"]["path"][0].as_str().unwrap());
    let thumb = served.get(&format!("/thumb/{id}?size=64")).with(200);
    assert!(thumb.headers.contains("image/jpeg") && thumb.headers.contains("private, max-age=86400"));
    let whole = served.get(&format!("/image/{id}")).with(200);
    assert!(whole.headers.contains("image/png"));
    fs::write(place.path(format!("datasets/surfaces/{path}")), b"not an image any more").unwrap();
    let again = served.get(&format!("/thumb/{id}?size=64")).with(200);
    assert_eq!(again.body, thumb.body, "kept");
    for path in [format!("/thumb/{id}?size=256"), format!("/image/{id}"), format!("/thumb/{}", "0".repeat(32))] {
        let missing = served.get(&path).with(404);
        assert!(missing.headers.contains("image/png") && missing.body.starts_with(b"\x89PNG"), "{path}");
    }
    assert_eq!(served.get("/api/image/0").with(200).json()["width"], Value::Null);
}

#[test]
fn labelled_images_are_exported_from_the_page() {
    let (place, run) = fresh("review");
    let served = Served::start(&place, &run);
    let export = |format: &str| served.post("/api/export", &json!({ "format": format }));
    assert!(export("imagefolder").with(422).json()["error"].as_str().unwrap().contains("nothing is labelled"));
    served.decide(&[moved(&ids(&served)[..4], "stone")]).with(200);
    let written = export("imagefolder").with(200).json();
    let folder = place.path(written["path"].as_str().unwrap());
    assert_eq!(fs::read_dir(folder.join("stone")).unwrap().count(), 4);
    for (format, file) in [("csv", "labels.csv"), ("parquet", "labels.parquet"), ("coco", "labels.json")] {
        let written = export(format).with(200).json();
        assert!(place.path(written["path"].as_str().unwrap()).join(file).is_file(), "{format}");
    }
    export("cake").with(422);
}

#[test]
fn twenty_thousand_images_are_no_trouble() {
    let (place, run) = fresh("review");
    many_images(&place, &run, 20_000);
    let served = Served::start(&place, &run);
    let images = served.get("/api/images").with(200).json();
    assert_eq!((images["images"]["id"].as_array().unwrap().len(), &images["method"]), (20_000, &json!("kmeans")));
    let all = ids(&served);
    served.decide(&[moved(&all, "everything")]).with(200);
    assert_eq!(served.state()["classes"][0]["count"], 20_000);
    served.post("/api/undo", &json!({})).with(200);
    served.get(&format!("/thumb/{}", all[19_999])).with(404);
}

#[test]
fn merges_splits_and_names_show_in_the_state() {
    let (place, run) = fresh("review");
    let served = Served::start(&place, &run);
    let (ids, before) = (ids(&served), served.state());
    let cluster = |state: &Value, row: usize| state["cluster"][row].as_u64().unwrap();
    let of = |state: &Value, id: u64| -> Vec<usize> { (0..60).filter(|&row| cluster(state, row) == id).collect() };
    let first = cluster(&before, 0);
    let second = (0..60).map(|row| cluster(&before, row)).find(|id| *id != first).unwrap();
    let both = [of(&before, first), of(&before, second)].concat();

    let method = |mut decision: Value| {
        decision["method"] = json!("review");
        decision
    };
    served.decide(&[method(json!({ "decision": "merge_clusters", "clusters": [first, second] }))]).with(200);
    served.decide(&[method(json!({ "decision": "name_cluster", "cluster": second, "class": "stone" }))]).with(200);
    let merged = served.state();
    let entry =
        |state: &Value, id: u64| state["clusters"].as_array().unwrap().iter().find(|c| c["id"] == id).unwrap().clone();
    assert_eq!(of(&merged, first).len(), both.len());
    assert_eq!((&entry(&merged, second)["merged_into"], &entry(&merged, second)["size"]), (&json!(first), &json!(0)));
    assert_eq!((&entry(&merged, first)["name"], &merged["classes"][0]["count"]), (&json!("stone"), &json!(both.len())));

    let part = merged["next_cluster"].as_u64().unwrap();
    let leaving = &ids[both[0]];
    let split = json!({ "decision": "split_cluster", "cluster": first, "into": { part.to_string(): [leaving] } });
    served.decide(&[method(split)]).with(200);
    let apart = served.state();
    assert_eq!((cluster(&apart, both[0]), &entry(&apart, part)["name"]), (part, &Value::Null));
    assert_eq!((&apart["next_cluster"], &apart["classes"][0]["count"]), (&json!(part + 1), &json!(both.len() - 1)));
    served.post("/api/undo", &json!({})).with(200);
    let back = served.state();
    assert_eq!(cluster(&back, both[0]), first);
    assert_eq!(back["next_cluster"], part + 1, "the number of the undone part is not given again");
    let history = served.get(&format!("/api/image/{}", both[0])).with(200).json()["history"].clone();
    let said: Vec<_> = history.as_array().unwrap().iter().map(|event| (&event["text"], &event["undone"])).collect();
    assert_eq!(said.len(), 3, "{history}");
    assert_eq!(said[2], (&json!(format!("cluster {first} split: 1 image into cluster {part}")), &json!(true)));
}
