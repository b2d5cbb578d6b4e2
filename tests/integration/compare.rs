//! `rails compare`

use crate::workplace::{QUICK, Workplace};

#[test]
fn results_stand_side_by_side() {
    let place = Workplace::trained("compare");
    place.rails(&[&["cluster", "-q", "--name", "four", "--set", "reduce.n_components=5"], &QUICK[..]].concat()).with(0);
    let shown = place.rails(&["compare"]).with(0).stdout;
    for word in ["images", "four", "mlp", "kmeans.silhouette", "accuracy", "reduce.n_components", "*"] {
        assert!(shown.contains(word), "no `{word}` in\n{shown}");
    }
    assert!(!shown.contains("classifier.hidden"), "one kind lacks the setting, which is no difference\n{shown}");
    let plot = image::open(place.path("experiments/compare.png")).unwrap();
    assert!(plot.width() > 300);

    let train = place.newest("train");
    let compared = place.rails(&["compare", &train, "--plot", "deep/bars.png", "--json"]).with(0).json();
    assert_eq!(compared["runs"], serde_json::json!(["mlp"]));
    let accuracy = place.json(format!("{train}/results.json"))["metrics"]["accuracy"].clone();
    assert_eq!(compared["metrics"]["accuracy"][0], accuracy);
    assert!(place.path("deep/bars.png").is_file());
}

#[test]
fn what_is_no_result_is_refused() {
    let place = Workplace::new("compare");
    place.rails(&["compare"]).with(1).saying(&["no results yet", "rails cluster"]);
    place.rails(&["compare", "--plot", "bars.txt"]).with(2).saying(&["PNG", "bars.txt"]);
    place.rails(&["compare", "lost"]).with(1).saying(&["no results.json: `lost`"]);
    place.write("bad.json", "{");
    place.rails(&["compare", "bad.json"]).with(1).saying(&["bad.json"]);
    place.write("other.json", "{\"schema\": \"rails.results/99\"}");
    place.rails(&["compare", "other.json"]).with(1).saying(&["other.json"]);
}

#[test]
fn two_runs_are_compared_image_by_image() {
    let place = Workplace::trained("compare");
    let judge = ["evaluate", "datasets/surfaces", "--truth", "datasets/surfaces/labels.csv", "-q"];
    place.rails(&[&judge[..], &["--output", "first", "--name", "first"]].concat()).with(0);
    place.rails(&[&judge[..], &["--output", "second", "--name", "second"]].concat()).with(0);
    // The second run shall be wrong about three images that the first calls right.
    let mut wrong = 0;
    let changed: Vec<String> = place
        .read("second/predictions.csv")
        .lines()
        .map(|line| {
            let is_right = line.contains(",grass,grass,") && wrong < 3;
            wrong += usize::from(is_right);
            if is_right { line.replace(",grass,grass,", ",grass,brick,") } else { line.to_owned() }
        })
        .collect();
    place.write("second/predictions.csv", changed.join("\n") + "\n");
    let arguments = ["compare", "first", "second", "--plot", "out/bars.png", "--html", "out/page.html"];
    let shown = place.rails(&arguments).with(0).stdout;
    for words in ["0 right that `first` calls wrong", "3 wrong", "25.0 %", "may well be chance", "page.html"] {
        assert!(shown.contains(words), "no `{words}` in\n{shown}");
    }
    let rows = place.table("out/page_changes.csv");
    assert_eq!(rows.len(), 3);
    assert!(rows.iter().all(|row| row["change"] == "broken" && row["first"] == "grass" && row["second"] == "brick"));
    let page = place.read("out/page.html");
    assert!(page.contains("Which is better?") && page.contains("Broken") && page.contains("image/jpeg"));

    let pair = place.rails(&[&arguments[..], &["--json"]].concat()).with(0).json()["pair"].clone();
    assert_eq!((&pair["shared"], &pair["broken"], &pair["fixed"]), (&60.into(), &3.into(), &0.into()));

    // A page never lies beside the table of another comparison, nor is somebody's own file removed.
    let same = ["compare", "first", "first", "--plot", "out/bars.png", "--html", "out/page.html", "-q"];
    place.rails(&same).with(0);
    assert!(!place.path("out/page_changes.csv").exists(), "nothing is called differently");
    place.write("out/page_changes.csv", "id,what I changed\n");
    place.rails(&same).with(0);
    assert_eq!(place.read("out/page_changes.csv"), "id,what I changed\n");
}

#[test]
fn runs_of_earlier_versions_are_compared_with_new_ones() {
    let place = Workplace::trained("compare");
    let judge = ["evaluate", "datasets/surfaces", "--truth", "datasets/surfaces/labels.csv", "-q"];
    place.rails(&[&judge[..], &["--output", "new", "--name", "new"]].concat()).with(0);
    // As version 0.1 wrote it before novelty had its name.
    let mut results = place.json("new/results.json");
    results["schema"] = "rails.results/1".into();
    results["name"] = "old".into();
    let metrics = results["metrics"].as_object_mut().unwrap();
    let mut rejection = metrics.remove("rejection").unwrap();
    let novel = rejection.as_object_mut().unwrap().remove("novel_classes").unwrap();
    rejection["never_learned"] = novel;
    metrics.insert("reject".to_owned(), rejection);
    let areas = metrics["risk_coverage_area"].as_object_mut().unwrap();
    let area = areas.remove("by_novelty").unwrap();
    areas.insert("by_unfamiliarity".to_owned(), area);
    place.write("old/results.json", results.to_string());
    let predictions = place.read("new/predictions.csv");
    assert!(predictions.starts_with("id,path,truth,class,confidence,novelty,unknown,"), "{}", &predictions[..80]);
    place.write("old/predictions.csv", predictions.replacen("novelty", "unfamiliarity", 1));
    let compared = place.rails(&["compare", "old", "new", "--plot", "out/bars.png", "--json"]).with(0).json();
    assert_eq!((&compared["pair"]["shared"], &compared["pair"]["broken"]), (&60.into(), &0.into()));
    for metric in ["rejection.threshold", "risk_coverage_area.by_novelty"] {
        let values = &compared["metrics"][metric];
        assert!(values[0].is_number() && values[0] == values[1], "{metric}: {values}");
    }
}

#[test]
fn without_common_images_the_table_is_all() {
    let place = Workplace::trained("compare");
    place
        .rails(&["evaluate", "datasets/surfaces", "--truth", "datasets/surfaces/labels.csv", "--output", "all"])
        .with(0);
    let header = place.read("all/predictions.csv").lines().next().unwrap().to_owned();
    place.write("none/predictions.csv", header + "\n");
    place.write("none/results.json", place.read("all/results.json"));
    let ended = place.rails(&["compare", "all", "none"]).with(0).saying(&["warning", "no image in common"]);
    assert!(ended.stdout.contains("accuracy"));
    assert!(place.path("experiments/compare.html").is_file());

    let train = place.newest("train");
    let compared = place.rails(&["compare", "all", &train, &train, "--json"]).with(0).json();
    assert!(compared["pair"].is_null());
    assert!(compared["shared"].as_u64().unwrap() > 0);
    assert!(place.read("experiments/compare.html").contains("How they learned"));
}
