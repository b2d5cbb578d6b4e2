//! `rails predict`

use std::collections::BTreeMap;
use std::fs::{self, File};

use arrow_array::{Array, Float32Array, StringArray};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

use crate::workplace::{Workplace, names, table};

#[test]
fn the_test_images_give_the_confusion_matrix_again() {
    let place = Workplace::trained("predict");
    let run = place.newest("train");
    let split = place.table(format!("{run}/split.csv"));
    let truth: BTreeMap<&str, &str> = split
        .iter()
        .filter(|row| row["part"] == "test")
        .map(|row| (row["path"].as_str(), row["class"].as_str()))
        .collect();
    let files: Vec<&str> = truth.keys().copied().collect();
    let told = table(&place.rails(&[&["predict", "-q", "--keep-all"], files.as_slice()].concat()).with(0).stdout);
    assert_eq!(told.len(), truth.len());

    let matrix = &place.json(format!("{run}/results.json"))["metrics"]["confusion_matrix"];
    let classes: Vec<&str> = matrix["classes"].as_array().unwrap().iter().map(|name| name.as_str().unwrap()).collect();
    let index = |name: &str| classes.iter().position(|class| *class == name).unwrap();
    let mut counts = vec![vec![0; classes.len()]; classes.len()];
    for row in &told {
        counts[index(truth[row["path"].as_str()])][index(&row["class"])] += 1;
    }
    assert_eq!(matrix["rows"], serde_json::json!(counts));
    for row in split.iter().filter(|row| row["part"] == "test") {
        let told = told.iter().find(|told| told["path"] == row["path"]).unwrap();
        assert_eq!((&told["class"], &told["confidence"]), (&row["predicted"], &row["confidence"]), "{row:?}");
    }
}

#[test]
fn the_three_formats_tell_the_same() {
    let place = Workplace::trained("predict");
    let printed = place.rails(&["predict", "datasets/surfaces", "-q"]).with(0).stdout;
    let header = "path,class,confidence,novelty,unknown_because,p_brick,p_grass,p_gravel\n";
    assert!(printed.starts_with(header), "{}", &printed[..100]);
    for name in ["new/p.csv", "p.jsonl", "p.parquet"] {
        place.rails(&["predict", "datasets/surfaces", "-q", "--output", name]).with(0);
    }
    assert_eq!(place.read("new/p.csv"), printed);
    let rows = table(&printed);
    assert_eq!(rows.len(), 60);
    let lines: Vec<serde_json::Value> =
        place.read("p.jsonl").lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let file = File::open(place.path("p.parquet")).unwrap();
    let batch = ParquetRecordBatchReaderBuilder::try_new(file).unwrap().build().unwrap().next().unwrap().unwrap();
    let paths = batch.column_by_name("path").unwrap().as_any().downcast_ref::<StringArray>().unwrap();
    let grass = batch.column_by_name("p_grass").unwrap().as_any().downcast_ref::<Float32Array>().unwrap();
    let reasons = batch.column_by_name("unknown_because").unwrap().as_any().downcast_ref::<StringArray>().unwrap();
    assert_eq!((lines.len(), paths.len()), (60, 60));
    for (index, row) in rows.iter().enumerate() {
        let p: f32 = row["p_grass"].parse().unwrap();
        assert_eq!((paths.value(index), grass.value(index)), (row["path"].as_str(), p));
        assert_eq!(
            (lines[index]["path"].as_str(), lines[index]["p_grass"].as_f64().map(|p| p as f32)),
            (Some(row["path"].as_str()), Some(p))
        );
        let because = lines[index]["unknown_because"].as_str();
        assert_eq!(because.unwrap_or_default(), row["unknown_because"], "{row:?}");
        assert_eq!(because.is_some(), row["class"] == "unknown", "{row:?}");
        assert_eq!((reasons.value(index), reasons.is_null(index)), (because.unwrap_or_default(), because.is_none()));
        let novelty: f64 = row["novelty"].parse().unwrap();
        assert!(0.0 < novelty && novelty < 1.0, "a share of known images: {row:?}");
        let sum: f32 = ["p_brick", "p_grass", "p_gravel"].iter().map(|name| row[*name].parse::<f32>().unwrap()).sum();
        assert!((sum - 1.0).abs() < 1e-5, "{row:?}");
        assert!(row["confidence"].parse::<f32>().unwrap() >= p);
    }
    place.rails(&["predict", "datasets/surfaces", "--output", "p.xls"]).with(2).saying(&[".parquet"]);
}

#[test]
fn images_are_sorted_and_doubtful_ones_set_apart() {
    let place = Workplace::trained("predict");
    place.rails(&["predict", "datasets/surfaces", "-q", "--sort-into", "sorted"]).with(0);
    let mut classes = names(&place.path("sorted"));
    classes.retain(|name| name != "rails-output.json");
    assert_eq!(classes.len() + 1, names(&place.path("sorted")).len(), "the folder is marked as output");
    let counts = classes.iter().filter(|class| *class != "unknown");
    let counts: usize = counts.map(|class| names(&place.path("sorted").join(class)).len()).sum();
    let reasons = classes.iter().filter(|class| *class == "unknown").flat_map(|_| names(&place.path("sorted/unknown")));
    let unknown: usize = reasons.map(|reason| names(&place.path("sorted/unknown").join(reason)).len()).sum();
    assert_eq!(counts + unknown, 60);
    place.rails(&["predict", "datasets/surfaces", "-q", "--sort-into", "sorted"]).with(1).saying(&["not empty"]);
    let all = ["predict", "datasets/surfaces", "-q", "--sort-into", "unsure", "--min-confidence", "1"];
    let told = table(&place.rails(&all).with(0).stdout);
    let unknown = told.iter().filter(|row| row["class"] == "unknown").count();
    assert!(unknown > 50, "{unknown}");
    for reason in ["novel", "unsure"] {
        let told = told.iter().filter(|row| row["unknown_because"] == reason).count();
        let folder = place.path(format!("unsure/unknown/{reason}"));
        assert_eq!(if folder.is_dir() { names(&folder).len() } else { 0 }, told, "{reason}");
    }
    place.rails(&["predict", "datasets/surfaces", "--min-confidence", "1.5"]).with(2).saying(&["from 0 to 1"]);
}

#[test]
fn a_command_that_was_cut_off_between_two_folders_is_given_again() {
    let place = Workplace::trained("predict");
    let both =
        ["predict", "datasets/surfaces", "-q", "--sort-into", "sorted", "--keep", "grass", "--keep-into", "kept"];
    place.rails(&both).with(0);
    let sorted = names(&place.path("sorted/grass"));
    place.rails(&both).with(1).saying(&["copy into is not empty: `kept`"]);
    // Killed when the first had appeared.
    fs::rename(place.path("kept"), place.path("whole")).unwrap();
    place.rails(&both).with(0);
    assert_eq!(names(&place.path("kept")), names(&place.path("whole")));
    assert_eq!(names(&place.path("sorted/grass")), sorted);
    // Somebody went on with it.
    fs::remove_dir_all(place.path("kept")).unwrap();
    fs::rename(place.path("sorted/grass").join(&sorted[0]), place.path("sorted/brick/mine.png")).unwrap();
    place.rails(&both).with(1).saying(&["sort into is not empty: `sorted`"]);
    assert!(place.path("sorted/brick/mine.png").is_file() && !place.path("kept").exists());
}

#[test]
fn what_was_never_seen_is_unknown_and_neighbours_explain() {
    let place = Workplace::trained("predict");
    // A chessboard and black: nothing like brick, grass or gravel.
    for (name, bright) in [("chess", 255), ("black", 0)] {
        let picture = image::GrayImage::from_fn(64, 64, |x, y| image::Luma([((x / 8 + y / 8) % 2) as u8 * bright]));
        fs::create_dir_all(place.path("strange")).unwrap();
        picture.save(place.path(format!("strange/{name}.png"))).unwrap();
    }
    let run = place.newest("train");
    let split = place.table(format!("{run}/split.csv"));
    let learned = split.iter().find(|row| row["part"] == "train").unwrap();
    let arguments = ["predict", "-q", "--explain", "2", "strange", &learned["path"]];
    let told = table(&place.rails(&arguments).with(0).stdout);
    let number = |row: &BTreeMap<String, String>, name: &str| row[name].parse::<f64>().unwrap();
    for row in &told[..2] {
        assert_eq!((row["class"].as_str(), row["unknown_because"].as_str()), ("unknown", "novel"), "{row:?}");
        assert!(number(row, "novelty") > number(&told[2], "novelty"), "{row:?}");
        assert!(number(row, "neighbour_2_distance") >= number(row, "neighbour_1_distance"), "{row:?}");
    }
    assert_eq!((&told[2]["neighbour_1"], &told[2]["neighbour_1_class"]), (&learned["path"], &learned["class"]));
    assert!(number(&told[2], "neighbour_1_distance") < 1e-6 && number(&told[2], "neighbour_2_distance") > 0.0);

    let kept = table(&place.rails(&["predict", "-q", "--keep-all", "strange"]).with(0).stdout);
    assert!(kept.iter().all(|row| row["class"] != "unknown" && row["unknown_because"].is_empty()));
    assert!(kept.iter().zip(&told).all(|(kept, told)| kept["confidence"] == told["confidence"]));
    let unsure = ["predict", "-q", "--keep-all", "--min-confidence", "1", "strange"];
    let unsure = table(&place.rails(&unsure).with(0).stdout);
    assert!(unsure.iter().all(|row| row["class"] == "unknown" && row["unknown_because"] == "unsure"));

    let few = ["predict", "-q", "strange", "--explain", "1000", "--output", "explained.parquet"];
    place.rails(&few).with(0);
    let file = File::open(place.path("explained.parquet")).unwrap();
    let batch = ParquetRecordBatchReaderBuilder::try_new(file).unwrap().build().unwrap().next().unwrap().unwrap();
    let training = split.iter().filter(|row| row["part"] == "train").count();
    assert_eq!(batch.num_columns(), 8 + 3 * training, "all training images, where there are fewer than asked for");
    place.rails(&["predict", "-q", "strange", "--explain", "2", "--sort-into", "sorted"]).with(0);
    assert_eq!(names(&place.path("sorted/unknown/novel")).len(), 2);
}

#[test]
fn a_recipe_may_keep_all_and_the_threshold_is_told() {
    let place = Workplace::trained("predict");
    let small =
        ["train", "--set", "classifier.hidden=[8]", "--set", "classifier.epochs=8", "--set", "calibrate.folds=2"];
    let told = place.rails(&[&small[..], &["--set", "reject.keep=1"]].concat()).with(0).stdout;
    assert!(told.contains("Unknown    nothing: the recipe keeps every image"), "{told}");
    let all = table(&place.rails(&["predict", "-q", "datasets/surfaces"]).with(0).stdout);
    assert!(all.iter().all(|row| row["class"] != "unknown"));
    let told = place.rails(&small).with(0).stdout;
    assert!(
        told.contains("Confidence ") && told.contains("less like the training images than 95 % of the known ones"),
        "{told}"
    );
    let run = place.newest("train");
    let metrics = &place.json(format!("{run}/results.json"))["metrics"];
    assert!(metrics["calibration"]["temperature"].as_f64().unwrap() > 0.0);
    assert_eq!(metrics["rejection"]["keep"], 0.95);
    assert!(place.path(format!("{run}/plots/risk_coverage.png")).is_file());
    let curve = place.table(format!("{run}/risk_coverage.csv"));
    assert_eq!(curve.last().unwrap()["coverage"], "1");
    place.rails(&["train", "--set", "reject.keep=1.5"]).with(2).saying(&["from 0 to 1"]);
}

#[test]
fn novel_and_unsure_have_a_threshold_each() {
    let place = Workplace::trained("predict");
    let small =
        ["train", "--set", "classifier.hidden=[8]", "--set", "classifier.epochs=3", "--set", "calibrate.folds=2"];
    // Whoever is not sure beyond doubt is unsure.
    let told =
        place.rails(&[&small[..], &["--set", "reject.min_confidence=1", "--name", "shy"]].concat()).with(0).stdout;
    assert!(told.contains("and images between classes (confidence below 1.00)"), "{told}");
    let counts = told.lines().find(|line| line.contains("would be unknown")).unwrap_or_else(|| panic!("{told}"));
    assert!(counts.contains("of which are called right") && counts.contains("unsure "), "{counts}");
    let judged = place.json(format!("{}/results.json", place.newest("train")))["metrics"]["rejection"].clone();
    assert_eq!(
        (&judged["at_threshold"], &judged["min_confidence"]),
        (&serde_json::Value::Null, &1.0.into()),
        "{judged}"
    );
    let rows = table(&place.rails(&["predict", "-q", "datasets/surfaces"]).with(0).stdout);
    assert!(
        rows.iter().all(|row| row["class"] == "unknown") && rows.iter().any(|row| row["unknown_because"] == "unsure")
    );
    let summary = place.rails(&["predict", "datasets/surfaces", "--output", "p.csv", "--json"]).with(0).json();
    let count = |because: &str| rows.iter().filter(|row| row["unknown_because"] == because).count();
    let counted = serde_json::json!({ "novel": count("novel"), "unsure": count("unsure"), "untold": 0 });
    assert_eq!(summary["unknown"], counted, "{summary}");
    // The option is for the checkpoint's threshold, and may be lower.
    let lower = table(&place.rails(&["predict", "-q", "datasets/surfaces", "--min-confidence", "0"]).with(0).stdout);
    assert!(lower.iter().all(|row| row["unknown_because"] != "unsure"));
    assert_eq!(lower.iter().filter(|row| row["unknown_because"] == "novel").count(), count("novel"));

    place.rails(&[&small[..], &["--set", "reject.min_confidence=0", "--name", "bold"]].concat()).with(0);
    let bold = table(&place.rails(&["predict", "-q", "datasets/surfaces"]).with(0).stdout);
    assert!(bold.iter().all(|row| row["unknown_because"] != "unsure"));
    place.rails(&["train", "--set", "reject.min_confidence=-1"]).with(2).saying(&["from 0 to 1"]);
}

#[test]
fn files_are_called_as_they_were_given_and_bad_ones_left_out() {
    let place = Workplace::trained("predict");
    let good = "datasets/surfaces/brick_1,1.png";
    let absolute = place.path("datasets/surfaces/grass_1,1.png").display().to_string();
    let told = table(&place.rails(&["predict", "-q", good, &absolute]).with(0).stdout);
    let paths: Vec<&str> = told.iter().map(|row| row["path"].as_str()).collect();
    assert_eq!(paths, [good, absolute.as_str()]);

    place.write("mixed/bad.png", "no image");
    fs::copy(place.path(good), place.path("mixed/good.png")).unwrap();
    let ended = place.rails(&["predict", "mixed"]).with(3).saying(&["1 skipped", "not an image", "bad.png"]);
    assert_eq!(table(&ended.stdout).len(), 1);
    place.rails(&["predict", "-q", "mixed", "--output", "out/p.csv"]).with(3);
    let skipped = place.read("out/skipped.csv");
    assert!(skipped.starts_with("path,reason\n") && skipped.contains("bad.png"), "{skipped}");
    place.write("only/bad.png", "no image");
    place.rails(&["predict", "only"]).with(1).saying(&["no images to predict", "not an image"]);
    place.rails(&["predict", "lost.png"]).with(1).saying(&["lost.png"]);
}

#[test]
fn a_checkpoint_that_is_not_whole_is_refused() {
    let place = Workplace::trained("predict");
    let checkpoint = format!("checkpoints/{}", names(&place.path("checkpoints"))[0]);
    let bundle = place.read(format!("{checkpoint}/bundle.json"));
    let model = fs::read(place.path(format!("{checkpoint}/model.safetensors"))).unwrap();
    let refused = |words: &[&str]| {
        let arguments = ["predict", "datasets/surfaces", "--checkpoint", &checkpoint];
        let ended = place.rails(&arguments).with(1).saying(words).saying(&["hint: "]);
        assert!(ended.stdout.is_empty());
    };
    let describe = |text: String| drop(place.write(&format!("{checkpoint}/bundle.json"), text));
    describe(bundle.replace("\"format\": 4", "\"format\": 999"));
    refused(&["format 999", "update rails"]);
    let other = bundle.replace("\"weights_hash\": \"", "\"weights_hash\": \"0");
    describe(other.clone());
    refused(&["its content is not what was written", "bundle.json"]);
    let changed_on_purpose = other.rsplit_once(",\n  \"blake3\"").unwrap().0;
    describe(format!("{changed_on_purpose}\n}}\n"));
    refused(&["the weights of efficientnet-lite0 head here are not those"]);
    describe(bundle[..bundle.len() / 2].to_owned());
    refused(&["damaged", "bundle.json"]);
    describe(bundle.clone());
    place.write(&format!("{checkpoint}/model.safetensors"), &model[..model.len() / 2]);
    refused(&["not the one the checkpoint was made with", "model.safetensors"]);
    let mut other = model.clone();
    *other.last_mut().unwrap() ^= 1;
    place.write(&format!("{checkpoint}/model.safetensors"), other);
    refused(&["not the one the checkpoint was made with"]);
    fs::remove_file(place.path(format!("{checkpoint}/model.safetensors"))).unwrap();
    refused(&["lacks a file", "model.safetensors"]);
    place.write(&format!("{checkpoint}/model.safetensors"), model);
    place.rails(&["predict", "datasets/surfaces", "-q", "--checkpoint", &checkpoint]).with(0);

    place.rails(&["predict", "datasets/surfaces", "--checkpoint", "lost"]).with(1).saying(&["not a checkpoint"]);
    let bare = Workplace::with_tiles("predict", 1);
    bare.rails(&["predict", "datasets/surfaces"]).with(1).saying(&["no trained checkpoint", "rails train"]);
}
