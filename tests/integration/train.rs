//! `rails train`

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use crate::workplace::{QUICK, TEXTURES, Workplace, names, names_by_majority};

const SMALL: [&str; 5] = ["-q", "--set", "classifier.hidden=[16]", "--set", "classifier.epochs=15"];

fn train(place: &Workplace, arguments: &[&str]) -> serde_json::Value {
    place.rails(&[&["train", "--json"], &SMALL[..], arguments].concat()).with(0).json()
}

#[test]
fn run_and_checkpoint_hold_what_is_promised() {
    let place = Workplace::trained("train");
    let run = place.newest("train");
    for file in [
        "run.json",
        "report.html",
        "predictions.csv",
        "confusion_matrix.csv",
        "plots/confusion_matrix.png",
        "plots/learning_curves.png",
    ] {
        assert!(place.path(format!("{run}/{file}")).is_file(), "no {file}");
    }
    let results = place.json(format!("{run}/results.json"));
    assert_eq!((&results["kind"], &results["name"]), (&"train".into(), &"mlp".into()));
    let metrics = &results["metrics"];
    assert!(metrics["accuracy"].as_f64().unwrap() > 0.8, "{metrics}");
    assert_eq!(metrics["per_class"].as_object().unwrap().keys().collect::<Vec<_>>(), TEXTURES);
    let parts = metrics["split"].as_object().unwrap().values().map(|n| n.as_u64().unwrap());
    assert_eq!(parts.sum::<u64>(), 60);
    assert_eq!(names(&place.path("checkpoints")).len(), 1);
    let checkpoint = names(&place.path("checkpoints")).remove(0);
    assert_eq!(
        names(&place.path("checkpoints").join(checkpoint)),
        ["bundle.json", "model.safetensors", "neighbours.safetensors", "predictions.csv", "results.json"]
    );
}

#[test]
fn an_image_folder_and_a_label_table_teach_the_same() {
    let place = Workplace::trained("train");
    let table = train(&place, &["datasets/surfaces/labels.csv"]);
    assert_eq!(table["classes"], serde_json::json!([["brick", 20], ["grass", 20], ["gravel", 20]]));
    place.rails(&["curate", "--export", "sorted"]).with(0);
    let folders = train(&place, &["sorted"]);
    assert_eq!(folders["classes"], table["classes"]);

    let mine = place.read("datasets/surfaces/labels.csv").replace("path,class", "filename,label");
    place.write("elsewhere/mine.csv", mine + "lost.png,brick\n");
    let elsewhere = ["train", "elsewhere/mine.csv", "--images", "datasets/surfaces", "--set", "classifier.epochs=2"];
    place.rails(&elsewhere).with(0).saying(&["warning: 1 rows", "not there"]);
}

#[test]
fn labels_that_conflict_are_listed_and_left_out() {
    let place = Workplace::trained("train");
    let first = place.newest("cluster");
    place.rails(&[&["cluster", "-q", "--name", "second"], &QUICK[..]].concat()).with(0);
    let second = place.newest("cluster");
    let other = "{\"decision\":\"move\",\"images\":[\"grass_1,1.png\"],\"class\":\"gravel\"}\n";
    place.write("other.jsonl", names_by_majority(&place) + other);
    place.rails(&["curate", &second, "--apply", "other.jsonl"]).with(0);
    let summary = train(&place, &[&first, &second]);
    let conflicts = summary["conflicts"].as_array().unwrap();
    assert_eq!(conflicts, &["grass_1,1.png: grass, gravel"]);
    assert_eq!(summary["classes"], serde_json::json!([["brick", 20], ["grass", 19], ["gravel", 20]]));
}

#[test]
fn copies_of_an_image_stay_in_one_part() {
    let place = Workplace::trained("train");
    for texture in TEXTURES {
        for copy in 0..12 {
            let folder = place.path(format!("copies/{texture}"));
            fs::create_dir_all(&folder).unwrap();
            let original = place.path(format!("datasets/surfaces/{texture}_1,{}.png", copy % 6 + 1));
            fs::copy(original, folder.join(format!("{copy}.png"))).unwrap();
        }
    }
    train(&place, &["copies"]);
    let mut parts: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for row in place.table(format!("{}/split.csv", place.newest("train"))) {
        parts.entry(row["id"].clone()).or_default().insert(row["part"].clone());
    }
    assert_eq!(parts.len(), 18);
    assert!(parts.values().all(|parts| parts.len() == 1), "{parts:?}");
}

#[test]
fn too_little_to_learn_from_is_told() {
    let place = Workplace::trained("train");
    fs::create_dir_all(place.path("single/brick")).unwrap();
    fs::copy(place.path("datasets/surfaces/brick_1,1.png"), place.path("single/brick/a.png")).unwrap();
    place.rails(&["train", "single", "-q"]).with(1).saying(&["1 of 1 classes", "at least 2"]);
    place.rails(&["train", "lost"]).with(1).saying(&["no such run, folder or table: `lost`"]);
    place.rails(&["train", "datasets/surfaces"]).with(1).saying(&["class folders"]);
    place.write("bad.csv", "path,colour\na.png,red\n");
    place
        .rails(&["train", "bad.csv", "--images", "datasets/surfaces"])
        .with(1)
        .saying(&["looked for is one of `class`"]);
    place.rails(&[&["cluster", "-q", "--name", "bare"], &QUICK[..]].concat()).with(0);
    place.rails(&["train", &place.newest("cluster")]).with(1).saying(&["nothing is labelled", "rails curate"]);
    assert_eq!(names(&place.path("checkpoints")).len(), 1, "a failure leaves no checkpoint behind");
}
