//! Two samples of one folder, each clustered and curated, learned together: how folders are labelled that are too large to
//! be looked at.

use std::collections::BTreeSet;
use std::fs;

use crate::workplace::{QUICK, Workplace, names_by_majority};

const SMALL: [&str; 6] = ["-q", "--json", "--set", "classifier.hidden=[16]", "--set", "classifier.epochs=15"];

/// Clusters 24 images, without those of `exclude`, names the clusters, and gives the run.
fn curated(place: &Workplace, name: &str, exclude: Option<&str>) -> String {
    let excluded = exclude.map(|run| format!("dataset.sample.exclude={run}"));
    let mut arguments = vec!["cluster", "-q", "--name", name, "--set", "dataset.sample.n=24"];
    arguments.extend(excluded.iter().flat_map(|set| ["--set", set]));
    arguments.extend(QUICK);
    place.rails(&arguments).with(0);
    let run = place.newest("cluster");
    assert!(run.ends_with(name), "{run}");
    place.write("decisions.jsonl", names_by_majority(place));
    place.rails(&["curate", &run, "--apply", "decisions.jsonl"]).with(0);
    run
}

fn paths(place: &Workplace, run: &str) -> BTreeSet<String> {
    place.table(format!("{run}/images.csv")).into_iter().map(|mut row| row.remove("path").unwrap()).collect()
}

#[test]
fn two_disjoint_samples_are_learned_together_from_anywhere() {
    let place = Workplace::with_tiles("samples", 20);
    let first = curated(&place, "a-first", None);
    let second = curated(&place, "b-second", Some(&first));
    let (of_first, of_second) = (paths(&place, &first), paths(&place, &second));
    assert_eq!((of_first.len(), of_second.len()), (24, 24));
    assert!(of_first.is_disjoint(&of_second));

    let train = |place: &Workplace, folder: &str, runs: [&str; 2], more: &[&str]| {
        let arguments = [&["train"], &runs[..], &SMALL[..], more].concat();
        let summary = place.rails_in(folder, &arguments).with(0).json();
        let images = summary["split"].as_array().unwrap().iter().map(|n| n.as_u64().unwrap()).sum::<u64>();
        assert_eq!((images, summary["conflicts"].as_array().unwrap().len()), (48, 0), "{summary}");
        assert!(summary["scores"]["accuracy"].as_f64().unwrap() > 0.7, "{summary}");
        summary["classes"].clone()
    };
    let classes = train(&place, ".", [&first, &second], &[]);

    // From a folder below, where no run, checkpoint or image lies where a relative path says.
    fs::create_dir_all(place.path("notes/today")).unwrap();
    let above = [format!("../../{first}"), format!("../../{second}")];
    assert_eq!(train(&place, "notes/today", [&above[0], &above[1]], &[]), classes);

    // The whole folder elsewhere.
    let moved = Workplace::new("samples-moved");
    fs::rename(place.path(""), moved.path("project")).unwrap();
    assert_eq!(train(&moved, "project", [&first, &second], &[]), classes);

    // The images alone elsewhere: asked for, and found where it is said.
    fs::rename(moved.path("project/datasets"), moved.path("archive")).unwrap();
    let lost = moved.rails_in("project", &[&["train", &first, &second], &SMALL[..]].concat()).with(1);
    lost.saying(&["datasets/surfaces", "--images"]);
    let images = ["--images", "../archive/surfaces"];
    assert_eq!(train(&moved, "project", [&first, &second], &images), classes);
}
