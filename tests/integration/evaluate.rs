//! `rails evaluate`

use std::fs;

use serde_json::json;

use crate::workplace::{TEXTURES, Workplace, names, table};

const IMAGES: &str = "datasets/surfaces";
const TRUTH: &str = "datasets/surfaces/labels.csv";

fn number(value: &serde_json::Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("no number: {value}"))
}

#[test]
fn a_run_holds_every_table_plot_and_the_page() {
    let place = Workplace::trained("evaluate");
    let summary =
        place.rails(&["evaluate", IMAGES, "--truth", TRUTH, "--naming", "{surface}_{row},{column}", "--json"]);
    let summary = summary.with(0).json();
    assert_eq!(summary["n_images"], 60);
    let accuracy = number(&summary["accuracy"]);
    let interval = &summary["intervals"]["accuracy"];
    assert!(
        accuracy > 0.8 && number(&interval["low"]) <= accuracy && accuracy <= number(&interval["high"]),
        "{summary}"
    );
    for score in ["balanced_accuracy", "macro_f1", "kappa", "mcc", "roc_auc", "average_precision"] {
        assert!((0.7..=1.0).contains(&number(&summary[score])), "{score}: {summary}");
    }
    let calibration = &summary["confidence"];
    assert!(number(&calibration["ece"]) < 0.3 && number(&calibration["ece_by_chance"]) > 0.0, "{calibration}");

    let rejection = &summary["rejection"];
    assert!((0.9..1.0).contains(&number(&rejection["threshold"])), "a share of known images: {rejection}");
    assert!(rejection["min_confidence"] == json!(0.55) && rejection["novel_classes"].is_null(), "{rejection}");
    let run = place.newest("evaluate");
    assert_eq!(summary["run"], run.as_str());
    for file in [
        "run.json",
        "skipped.csv",
        "plots/confusion_matrix.png",
        "plots/reliability.png",
        "plots/risk_coverage.png",
        "plots/grad_cam.png",
    ] {
        assert!(place.path(format!("{run}/{file}")).is_file(), "no {file}");
    }
    let results = place.json(format!("{run}/results.json"));
    assert_eq!((&results["kind"], &results["metrics"]["accuracy"]), (&json!("evaluate"), &summary["accuracy"]));
    let predictions = place.table(format!("{run}/predictions.csv"));
    assert_eq!(predictions.len(), 60);
    let right = predictions.iter().filter(|row| row["truth"] == row["class"]).count();
    assert!((right as f64 / 60.0 - accuracy).abs() < 1e-12);
    let kept = predictions.iter().filter(|row| row["unknown"] == "false").count();
    assert!((kept as f64 / 60.0 - number(&rejection["at_threshold"]["coverage"])).abs() < 1e-12, "{rejection}");
    for reason in ["novel", "unsure"] {
        let told: Vec<_> = predictions.iter().filter(|row| row["unknown_because"] == reason).collect();
        let right = told.iter().filter(|row| row["truth"] == row["class"]).count();
        assert_eq!(rejection[reason], json!({ "images": told.len(), "right": right }), "{reason}: {rejection}");
        assert!(told.iter().all(|row| row["unknown"] == "true"));
    }
    for row in &predictions {
        let novelty: f64 = row["novelty"].parse().unwrap();
        assert!(0.0 < novelty && novelty < 1.0, "{row:?}");
        assert_eq!(row["unknown_because"] == "novel", novelty > number(&rejection["threshold"]), "{row:?}");
    }
    assert_eq!(results["schema"], "rails.results/2");
    assert_eq!(&results["metrics"]["rejection"], rejection);
    assert!(number(&results["metrics"]["risk_coverage_area"]["by_novelty"]) < 0.2);
    assert!(number(&results["metrics"]["risk_coverage_area"]["by_both"]) < 0.2);
    let risk = place.table(format!("{run}/risk_coverage.csv"));
    assert!(risk.len() > 10 && risk[0].keys().eq(["coverage", "novelty", "risk"]), "{:?}", risk[0]);
    let p: f64 = TEXTURES.iter().map(|class| predictions[0][&format!("p_{class}")].parse::<f64>().unwrap()).sum();
    assert!((p - 1.0).abs() < 1e-5);
    assert_eq!(place.table(format!("{run}/per_class.csv")).len(), 3);
    let fields = place.table(format!("{run}/fields.csv"));
    let images: usize =
        fields.iter().filter(|row| row["field"] == "row").map(|row| row["images"].parse::<usize>().unwrap()).sum();
    assert_eq!(images, 60);
    let page = place.read(format!("{run}/report.html"));
    for words in [
        "In short",
        "Can the confidence be trusted?",
        "When it should rather say unknown",
        "Where the network looked",
        "Accuracy by row",
        "image/jpeg",
    ] {
        assert!(page.contains(words), "the page says nothing about `{words}`");
    }
}

#[test]
fn classes_that_were_never_learned_are_named_and_judged_apart() {
    let place = Workplace::trained("evaluate");
    let mut truth = place.read(TRUTH).replacen(",brick\n", ",wall\n", 3) + "lost.png,grass\n";
    truth = truth.lines().filter(|line| !line.contains("gravel_1,1.png")).map(|line| format!("{line}\n")).collect();
    place.write("truth.csv", truth);
    let ended = place.rails(&["evaluate", IMAGES, "--truth", "truth.csv", "--json"]).with(0);
    assert!(ended.stderr.contains("1 rows of `truth.csv` name images that are not there"), "{}", ended.stderr);
    let summary = ended.json();
    assert_eq!((&summary["n_images"], &summary["unlabelled"]), (&json!(56), &json!(1)));
    let unknown = &summary["unknown_classes"][0];
    assert_eq!((&unknown["class"], &unknown["images"]), (&json!("wall"), &json!(3)));
    assert!(number(&summary["accuracy_with_unknown_classes"]) < number(&summary["accuracy"]));
    let novel = &summary["rejection"]["novel_classes"];
    assert_eq!((&novel["images"], &novel["unknown"]), (&json!(3), &unknown["called_unknown"]));
    assert!((0.0..=1.0).contains(&number(&novel["roc_auc"])), "{novel}");
    let run = place.newest("evaluate");
    let predictions = place.table(format!("{run}/predictions.csv"));
    assert_eq!(predictions.iter().filter(|row| row["truth"] == "wall").count(), 3);
    let said = table(&place.rails(&["predict", "-q", IMAGES]).with(0).stdout);
    for row in predictions {
        let found = said.iter().find(|other| other["path"].ends_with(row["path"].rsplit('/').next().unwrap())).unwrap();
        assert_eq!(row["unknown"] == "true", found["class"] == "unknown", "{row:?} {found:?}");
        assert_eq!((&row["unknown_because"], &row["novelty"]), (&found["unknown_because"], &found["novelty"]));
    }
    assert!(place.read(format!("{run}/report.html")).contains("Novel classes"));
}

#[test]
fn folders_are_a_truth_and_bad_files_are_skipped() {
    let place = Workplace::trained("evaluate");
    for texture in ["brick", "grass"] {
        fs::create_dir_all(place.path(format!("sorted/{texture}"))).unwrap();
        for tile in 1..4 {
            let name = format!("{texture}_1,{tile}.png");
            fs::copy(place.path(IMAGES).join(&name), place.path(format!("sorted/{texture}/{name}"))).unwrap();
        }
    }
    place.write("sorted/grass/broken.png", "no image");
    let checkpoint = format!("checkpoints/{}", names(&place.path("checkpoints"))[0]);
    let ended = place.rails(&["evaluate", &checkpoint, "sorted", "--output", "judged", "--json", "-q"]).with(3);
    let summary = ended.json();
    assert_eq!(
        (&summary["n_images"], &summary["n_skipped"], &summary["run"]),
        (&json!(6), &json!(1), &json!("judged"))
    );
    assert_eq!(summary["roc_auc"], json!(null), "gravel is missing");
    assert!(place.read("judged/skipped.csv").contains("broken.png"));
    place.rails(&["evaluate", "sorted", "--output", "judged", "-q"]).with(1).saying(&["exists: `judged`", "hint"]);
}

#[test]
fn what_cannot_be_judged_is_told() {
    let place = Workplace::trained("evaluate");
    place.rails(&["evaluate", IMAGES, "-q"]).with(1).saying(&["class folders", "--truth"]);
    place.rails(&["evaluate", "lost", "-q"]).with(1).saying(&["no such folder of images: `lost`"]);
    place.rails(&["evaluate", "lost", IMAGES, "--truth", TRUTH, "-q"]).with(1).saying(&["not a checkpoint", "lost"]);
    place.rails(&["evaluate", IMAGES, "--truth", "lost.csv", "-q"]).with(1).saying(&["lost.csv"]);
    place.write("other.csv", "path,class\nelsewhere.png,grass\n");
    place
        .rails(&["evaluate", IMAGES, "--truth", "other.csv", "-q"])
        .with(1)
        .saying(&["no row of `other.csv` names an image", "elsewhere.png"]);
    place.rails(&["evaluate"]).with(2);
    assert!(!names(&place.path("experiments/runs")).iter().any(|name| name.contains("evaluate")));
}
