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
    assert!(!shown.contains("mlp.hidden"), "one kind lacks the setting, which is no difference\n{shown}");
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
