//! `rails train --sweep`, and how images are divided

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use crate::workplace::{TEXTURES, Workplace, names};

const RECIPE: &str =
    "name = \"try\"\n\n[classifier]\nepochs = 15\n\n[sweep]\nfolds = 3\n\"classifier.hidden\" = [[], [16]]\n";

/// An `ImageFolder` of the tiles, `brick_1,3.png` and so on.
fn sorted(place: &Workplace, per_texture: usize) {
    for texture in TEXTURES {
        let folder = place.path(format!("sorted/{texture}"));
        fs::create_dir_all(&folder).unwrap();
        let tiles = names(&place.path("datasets/surfaces")).into_iter().filter(|name| name.starts_with(texture));
        for tile in tiles.take(per_texture) {
            fs::copy(place.path("datasets/surfaces").join(&tile), folder.join(&tile)).unwrap();
        }
    }
}

#[test]
fn recipes_are_cross_validated_on_the_same_folds_and_the_best_is_named() {
    let place = Workplace::trained("sweep");
    place.write("experiments/try.toml", RECIPE);
    let summary = place.rails(&["train", "--sweep", "try.toml", "--json"]).with(0).json();
    let recipes = summary["recipes"].as_array().unwrap();
    assert_eq!(recipes.len(), 2);
    let run = place.newest("sweep");
    for file in ["run.json", "skipped.csv", "plots/sweep.png", "plots/confusion_matrix.png"] {
        assert!(place.path(format!("{run}/{file}")).is_file(), "no {file}");
    }
    let results = place.json(format!("{run}/results.json"));
    assert_eq!(results["metrics"]["accuracy"], recipes[0]["accuracy"]["mean"]);

    let rows = place.table(format!("{run}/folds.csv"));
    assert_eq!(rows.len(), 60);
    for recipe in recipes {
        let id = recipe["id"].as_str().unwrap();
        let mut right: BTreeMap<&str, (f64, f64)> = BTreeMap::new();
        for row in &rows {
            let p = TEXTURES.map(|class| row[&format!("{id}_p_{class}")].parse::<f64>().unwrap());
            assert!((p.iter().sum::<f64>() - 1.0).abs() < 1e-5, "{row:?}");
            let fold = right.entry(&row["fold"]).or_default();
            *fold = (fold.0 + f64::from(u8::from(row[&format!("{id}_class")] == row["class"])), fold.1 + 1.0);
        }
        let told: Vec<f64> =
            recipe["accuracy"]["folds"].as_array().unwrap().iter().map(|score| score.as_f64().unwrap()).collect();
        let counted: Vec<f64> = right.values().map(|(right, all)| right / all).collect();
        assert_eq!(told, counted, "{id}");
        let mean = counted.iter().sum::<f64>() / 3.0;
        assert!((recipe["accuracy"]["mean"].as_f64().unwrap() - mean).abs() < 1e-12);
    }
    assert!(recipes[0]["accuracy"]["mean"].as_f64() >= recipes[1]["accuracy"]["mean"].as_f64());

    let interval = ["low", "high"].map(|end| recipes[0]["intervals"]["accuracy"][end].as_f64().unwrap());
    let mean = recipes[0]["accuracy"]["mean"].as_f64().unwrap();
    assert!(interval[0] <= mean && mean <= interval[1], "{interval:?} {mean}");
    let id = recipes[0]["id"].as_str().unwrap();
    for (judged, fold) in place.table(format!("{run}/predictions.csv")).iter().zip(&rows) {
        assert_eq!((&judged["id"], &judged["class"]), (&fold["id"], &fold[&format!("{id}_class")]));
    }
    let page = place.read(format!("{run}/report.html"));
    for words in ["Which recipe?", &format!("Recommended: {id} "), "Of 60 held-out images", "The most confident errors"]
    {
        assert!(page.contains(words), "the page says nothing about `{words}`");
    }

    let best: Vec<&str> = summary["best"].as_array().unwrap().iter().map(|part| part.as_str().unwrap()).collect();
    let setting = recipes[0]["settings"][0].as_str().unwrap();
    assert_eq!(best, ["--set", setting]);
    place.rails(&[&["train", "-q", "--config", "try.toml"], &best[..]].concat()).with(0);
    let text = place.rails(&["train", "--sweep", "try.toml"]).with(0).stdout;
    assert!(text.contains("rails train --config try.toml --set ") && text.contains("Proof      no image, "), "{text}");
    assert_eq!(place.rails(&["train", "--sweep", "try.toml", "--json"]).with(0).json()["best"], summary["best"]);
}

#[test]
fn layers_can_be_swept_and_a_recipe_that_fails_is_listed() {
    let place = Workplace::trained("sweep");
    let layers = "\"features.layers\" = [[\"stage3\"], [\"stage3\", \"head\"]]\n";
    let sweep = format!(
        "[classifier]\nepochs = 3\nscaling = \"none\"\n[sweep]\nfolds = 2\n{layers}classifier.learning_rate = [1e-3, 1e38]\n"
    );
    place.write("experiments/layers.toml", sweep);
    let ended = place.rails(&["train", "--sweep", "layers.toml", "--json"]).with(0);
    let recipes = ended.json()["recipes"].as_array().unwrap().clone();
    assert_eq!(recipes.len(), 4);
    assert!(recipes[0]["failed"].is_null() && recipes[1]["failed"].is_null());
    assert!(recipes[3]["failed"].as_str().is_none_or(|why| why.starts_with("fold 1: ")), "{recipes:?}");
}

#[test]
fn a_slip_in_a_sweep_is_told_with_file_line_and_column() {
    let place = Workplace::trained("sweep");
    for (line, at, about) in [
        ("\"classifier.hiden\" = [[]]", "slip.toml:2:1", "unknown field `hiden`"),
        ("\"classifier.dropout\" = [0.5, 1.5]", "slip.toml:2:30", "`1.5` is out of range"),
        ("\"classifier.dropout\" = 0.5", "slip.toml:2:1", "expected a list of alternatives"),
        ("\"split.train\" = [0.5]", "slip.toml:2:1", "cannot be swept"),
    ] {
        place.write("slip.toml", format!("[sweep]\n{line}\n"));
        place.rails(&["train", "--sweep", "slip.toml"]).with(2).saying(&[at, about]);
    }
    place.write("none.toml", "seed = 1\n");
    place.rails(&["train", "--sweep", "none.toml"]).with(2).saying(&["no section `[sweep]`", "hint: add one"]);
    place.rails(&["train", "--sweep", "none.toml", "--config", "none.toml"]).with(2).saying(&["cannot be used with"]);
    place.write("many.toml", "[sweep]\nfolds = 99\n");
    place.rails(&["train", "--sweep", "many.toml"]).with(1).saying(&["cannot fill `99` folds", "fewer folds"]);
    place.write("one.toml", "[sweep]\nfolds = 1\n");
    place.rails(&["train", "--sweep", "one.toml"]).with(1).saying(&["`1` fold: expected at least 2"]);
}

#[test]
fn groups_are_not_divided() {
    let place = Workplace::with_tiles("groups", 20);
    sorted(&place, 20);
    place.write("experiments/try.toml", RECIPE);
    let naming = ["--set", "dataset.naming={texture}_{row},{column}"];
    let [by_row, by_sid, by_texture] = ["row", "sid", "texture"].map(|field| format!("split.group_by={field}"));
    let group_of = |path: &str| path.rsplit('_').next().unwrap().split(',').next().unwrap().to_owned();

    let grouped = [&["train", "sorted", "--sweep", "try.toml", "--set", &by_row], &naming[..]].concat();
    place.rails(&grouped).with(0);
    let mut folds: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for row in place.table(format!("{}/folds.csv", place.newest("sweep"))) {
        folds.entry(group_of(&row["path"])).or_default().insert(row["fold"].clone());
    }
    assert!(folds.len() > 2 && folds.values().all(|folds| folds.len() == 1), "{folds:?}");

    let small = ["--set", "classifier.hidden=[]", "--set", "classifier.epochs=3"];
    let ended = place.rails(&[&["train", "sorted", "--set", &by_row], &naming[..], &small].concat()).with(0);
    assert!(ended.stdout.contains("values of row: none is in two parts"), "{}", ended.stdout);
    let metrics = &place.json(format!("{}/results.json", place.newest("train")))["metrics"]["disjointness"];
    assert_eq!(metrics["groups"]["shared"], serde_json::json!({}), "{metrics}");
    let unknown = [&["train", "sorted", "--set", &by_sid], &naming[..]].concat();
    place.rails(&unknown).with(2).saying(&["sid", "column, row, texture"]);
    place.rails(&["train", "sorted", "--set", &by_sid]).with(2).saying(&["sid", "naming template"]);

    // Every texture is a group of its own: without the fallback nothing could be tested.
    let ended = place.rails(&[&["train", "sorted", "--set", &by_texture], &naming[..], &small].concat()).with(0);
    let ended = ended.saying(&["`brick` is found in one texture only, `brick`", "divided one by one"]);
    assert!(ended.stdout.contains("`brick` is in several (brick divided by image)"), "{}", ended.stdout);
}

#[test]
fn a_curated_run_knows_its_name_fields() {
    let place = Workplace::trained("groups");
    let naming = "dataset.naming={texture}_{row},{column}";
    let again = ["cluster", "-q", "--name", "named", "--set", naming, "--set", "cluster.kmeans.k=3"];
    place.rails(&[&again[..], &["--set", "report.examples=1"]].concat()).with(0);
    place.write("decisions.jsonl", crate::workplace::names_by_majority(&place));
    place.rails(&["curate", "--apply", "decisions.jsonl"]).with(0);
    let small = ["--set", "split.group_by=row", "--set", "classifier.hidden=[]", "--set", "classifier.epochs=3"];
    let ended = place.rails(&[&["train"], &small[..]].concat()).with(0);
    assert!(ended.stdout.contains("values of row: none is in two parts"), "{}", ended.stdout);
}

#[test]
fn odd_labels_get_a_clear_word_and_never_a_panic() {
    let place = Workplace::with_tiles("odd", 20);
    let small = ["--set", "classifier.hidden=[]", "--set", "classifier.epochs=2"];
    let tiles: Vec<String> = names(&place.path("datasets/surfaces"))
        .into_iter()
        .filter(|name| Path::new(name).extension() == Some("png".as_ref()))
        .collect();
    let table = |class_of: &dyn Fn(usize) -> &'static str, n: usize| {
        let rows: String = (0..n).map(|i| format!("\"{}\",{}\n", tiles[i], class_of(i))).collect();
        place.write("datasets/surfaces/odd.csv", format!("path,class\n{rows}"));
    };
    let train =
        |arguments: &[&str]| place.rails(&[&["train", "datasets/surfaces/odd.csv"], &small[..], arguments].concat());

    table(
        &|i| {
            if i < 3 {
                "rare"
            } else if i % 2 == 0 {
                "a"
            } else {
                "b"
            }
        },
        60,
    );
    train(&[]).with(0);
    table(
        &|i| {
            if i < 2 {
                "rare"
            } else if i % 2 == 0 {
                "a"
            } else {
                "b"
            }
        },
        60,
    );
    train(&[]).with(0).saying(&["`rare` has 2 distinct images", "none for test"]);
    table(&|_| "only", 30);
    train(&[]).with(1).saying(&["1 of 1 classes", "at least 2"]);
    table(&|i| ["a", "b", "c"][i], 3);
    train(&[]).with(0).saying(&["`a` has 1 distinct image: none for validation and test"]);
    place.write("experiments/try.toml", RECIPE);
    let sweep = |recipe: &str| place.rails(&["train", "datasets/surfaces/odd.csv", "--sweep", recipe]);
    sweep("try.toml").with(0).saying(&["`a` has 1 distinct image: all in fold"]);
    table(&|_| "only", 30);
    sweep("try.toml").with(1).saying(&["no recipe could be trained", "at least 2"]);
    table(&|i| if i % 2 == 0 { "a" } else { "b" }, 20);
    let lost = place.read("datasets/surfaces/odd.csv") + "lost.png,never seen\n";
    place.write("datasets/surfaces/odd.csv", lost);
    train(&[]).with(0).saying(&["1 rows", "not there", "no image is left of class `never seen`"]);
}
