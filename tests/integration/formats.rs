//! Files that version 0.1.0 left on disks, made by `tests/golden/formats/make.py`, are still read.

use std::collections::BTreeMap;

use crate::workplace::{Workplace, copy_folder, names, repository, table};

/// A copy of that version's working folder.
fn place() -> Workplace {
    let place = Workplace::new("formats");
    copy_folder(&repository().join("tests/golden/formats/workplace"), &place.path(""));
    place
}

/// The run of this name.
fn run(place: &Workplace, name: &str) -> String {
    let runs = names(&place.path("experiments/runs"));
    format!("experiments/runs/{}", runs.iter().find(|run| run.ends_with(name)).unwrap())
}

fn checkpoint(place: &Workplace, name: &str) -> String {
    let all = names(&place.path("checkpoints"));
    format!("checkpoints/{}", all.iter().find(|checkpoint| checkpoint.starts_with(name)).unwrap())
}

#[test]
fn decisions_and_labels_stand() {
    let place = place();
    for (name, labelled) in [("cluster-plain", 11), ("cluster-frames", 32)] {
        let run = run(&place, name);
        let before = place.read(format!("{run}/curation/decisions.jsonl"));
        let status = place.rails(&["curate", &run, "--status", "--json"]).with(0).json();
        let counts = status["classes"].as_object().unwrap_or_else(|| panic!("{status}"));
        assert_eq!(counts.values().map(|count| count.as_u64().unwrap()).sum::<u64>(), labelled, "{status}");
        assert_eq!(place.read(format!("{run}/curation/decisions.jsonl")), before);
    }
    // Runs that `rails cluster` made by `[separate]` and `--assign` are runs of clusters as any other.
    let methods = [("separate", "layers"), ("assign", "kmeans"), ("mixed", "kmeans"), ("hand-made", "kmeans")];
    for (name, method) in methods {
        let run = run(&place, &format!("cluster-{name}"));
        let cluster = place.table(format!("{run}/images.csv"))[0][method].clone();
        place
            .write("d.jsonl", format!("{{\"decision\":\"name_cluster\",\"cluster\":{cluster},\"class\":\"first\"}}\n"));
        place.rails(&["curate", &run, "--apply", "d.jsonl"]).with(0);
    }
}

#[test]
fn checkpoints_predict_as_they_did() {
    let place = place();
    for (name, images) in [("mlp", "images"), ("linear", "images"), ("knn", "images"), ("frames", "frames")] {
        let output = format!("{name}.csv");
        let checkpoint = checkpoint(&place, name);
        place.rails(&["predict", images, "--checkpoint", &checkpoint, "--output", &output]).with(0);
        let now = place.table(&output);
        let then = place.table(format!("expected/{name}.csv"));
        assert_eq!(now.len(), then.len());
        for (now, then) in now.iter().zip(&then) {
            assert!(agree(now, then), "{name}\n{now:?}\n{then:?}");
        }
    }
    let old = checkpoint(&place, "linear");
    let told =
        place.rails(&["predict", "images", "--checkpoint", &old, "--output", "again.csv", "--sort-into", "sorted"]);
    told.with(0).saying(&["novelty counts standard deviations"]);
    let unknown = place.table("again.csv").iter().filter(|row| row["class"] == "unknown").count();
    let sorted = place.path("sorted/unknown");
    assert!(if sorted.is_dir() { names(&sorted).len() == unknown } else { unknown == 0 }, "no folders of reasons");
    let least = ["predict", "images", "--checkpoint", &old, "--min-confidence", "1", "--keep-all", "-q"];
    let rows = table(&place.rails(&least).with(0).stdout);
    assert!(rows.iter().all(|row| row["class"] == "unknown" && !row.contains_key("unknown_because")), "{:?}", rows[0]);
}

/// Texts are equal, and numbers as far as other processors add them up in another order. Version 0.1.0 called the novelty
/// unfamiliarity.
fn agree(now: &BTreeMap<String, String>, then: &BTreeMap<String, String>) -> bool {
    let mut then = then.clone();
    if let Some(novelty) = then.remove("unfamiliarity") {
        then.insert("novelty".to_owned(), novelty);
    }
    now.keys().eq(then.keys())
        && now.iter().all(|(column, value)| match (value.parse::<f64>(), then[column].parse::<f64>()) {
            (Ok(now), Ok(then)) => (now - then).abs() <= 1e-4 * then.abs().max(1e-2),
            _ => *value == then[column],
        })
}

#[test]
fn old_runs_are_learned_from_and_assigned_to() {
    let place = place();
    let plain = run(&place, "cluster-plain");
    let small = ["--set", "classifier.hidden=[4]", "--set", "classifier.epochs=3", "--set", "calibrate.folds=0", "-q"];
    place.rails(&[&["train", &plain, "--name", "again"], &small[..]].concat()).with(0);
    let frames = run(&place, "cluster-frames");
    place.rails(&[&["train", &frames, "--name", "frames-again"], &small[..]].concat()).with(0);
    let before = place.table(format!("{plain}/images.csv"));
    for name in ["cluster-plain", "cluster-mixed", "cluster-hand-made", "cluster-assign"] {
        place.rails(&["assign", "images", &run(&place, name), "--name", name, "-q"]).with(0);
        let again = place.table(format!("{}/images.csv", run(&place, &format!("assign-{name}"))));
        let clusters =
            |rows: &[BTreeMap<String, String>]| rows.iter().map(|row| row["kmeans"].clone()).collect::<Vec<_>>();
        if name == "cluster-plain" {
            assert_eq!(clusters(&again), clusters(&before), "the same images go where they were");
        }
    }
}

#[test]
fn old_results_are_judged_and_compared() {
    let place = place();
    let (mlp, knn) = (checkpoint(&place, "mlp"), checkpoint(&place, "knn"));
    let judge = ["evaluate", &mlp, "images", "--truth", &run(&place, "cluster-plain"), "--output", "judged", "-q"];
    place.rails(&judge).with(0);
    let shown = place.rails(&["compare"]).with(0).stdout;
    for name in ["plain", "frames", "separate", "patches", "mlp", "knn"] {
        assert!(shown.contains(name), "no `{name}` in\n{shown}");
    }
    let differences = place.rails(&["compare", &mlp, &knn, "--json"]).with(0).json()["differences"].clone();
    assert_eq!(differences["classifier.kind"], serde_json::json!(["mlp", "knn"]), "{differences}");
    assert!(differences.as_object().unwrap().keys().all(|key| !key.starts_with("mlp.")), "{differences}");
}

#[test]
fn what_a_later_version_wrote_is_refused() {
    let place = place();
    let run = run(&place, "cluster-plain");
    let text = place.read(format!("{run}/run.json"));
    place.write(&format!("{run}/run.json"), text.replacen('{', "{\"schema\": \"rails.run/9\",", 1));
    place.rails(&["curate", &run, "--status"]).with(1).saying(&["rails.run/9", "rails.run/2", "run.json"]);
}
