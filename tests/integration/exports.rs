//! `rails curate --export` and `--import`: what goes out is read by independent Python packages, and comes back in.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use crate::workplace::{Workplace, names, repository};

/// A curated run with one image removed and one moved.
fn curated() -> Workplace {
    let place = Workplace::trained("exports");
    place.write(
        "more.jsonl",
        "{\"decision\":\"remove\",\"images\":[\"brick_1,1.png\"],\"reason\":\"too dark, blurred\"}\n\
         {\"decision\":\"move\",\"images\":[\"brick_1,2.png\"],\"class\":\"old wall\",\"reason\":\"mortar\"}\n",
    );
    place.rails(&["curate", "--apply", "more.jsonl"]).with(0);
    place
}

/// A Python with pandas, pyarrow, pycocotools and Pillow, kept between test runs; `None` where none can be had.
fn python() -> Option<PathBuf> {
    let home = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("exports-python");
    let python = home.join("bin/python");
    let works = |python: &PathBuf| {
        let check = ["-c", "import pandas, pyarrow, pycocotools, PIL"];
        Command::new(python).args(check).output().is_ok_and(|output| output.status.success())
    };
    if !works(&python) {
        let _ = Command::new("python3").args(["-m", "venv"]).arg(&home).output();
        let packages = ["-m", "pip", "install", "--quiet", "pandas", "pyarrow", "pycocotools", "pillow"];
        let _ = Command::new(&python).args(packages).output();
    }
    works(&python).then_some(python)
}

#[test]
fn independent_programs_read_every_format() {
    let place = curated();
    for format in ["imagefolder", "csv", "parquet", "coco"] {
        let summary = place.rails(&["curate", "--export", format, "--format", format, "--json"]).with(0).json();
        assert_eq!(summary["classes"]["old wall"], 1, "{format}");
        assert_eq!(summary["removed"]["too dark, blurred"], 1, "{format}");
    }
    assert_eq!(names(&place.path("csv")), ["labels.csv", "removed.csv"]);
    let removed = place.table("csv/removed.csv");
    assert_eq!((removed[0]["path"].as_str(), removed[0]["by"].as_str()), ("brick_1,1.png", "tester"));
    let coco = place.json("coco/labels.json");
    assert_eq!(coco["annotations"].as_array().unwrap().len(), 59);

    let Some(python) = python() else {
        eprintln!("SKIPPED: no Python with pandas, pyarrow, pycocotools and Pillow can be had here (offline?)");
        return;
    };
    let script = repository().join("tests/golden/read_exports.py");
    let output = Command::new(python).arg(script).current_dir(place.path("")).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    let read: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    for format in ["csv", "parquet", "coco", "imagefolder"] {
        let expected = serde_json::json!({
            "classes": { "brick": 18, "grass": 20, "gravel": 20, "old wall": 1 },
            "removed": { "too dark, blurred": ["brick_1,1.png"] },
        });
        assert_eq!(read[format], expected, "{format}");
    }
}

#[test]
fn a_gone_file_is_named_and_copies_belong_to_folders() {
    let place = curated();
    fs::remove_file(place.path("datasets/surfaces/grass_1,1.png")).unwrap();
    for format in ["imagefolder", "csv", "parquet", "coco"] {
        let ended = place.rails(&["curate", "--export", format, "--format", format]).with(3);
        assert!(ended.stdout.contains("1 files are gone, the first: `grass_1,1.png`"), "{format}: {}", ended.stdout);
    }
    let ended = place.rails(&["curate", "--export", "x", "--format", "csv", "--copy"]).with(2);
    ended.saying(&["only an export as imagefolder"]);
    place.rails(&["curate", "--export", "csv", "--format", "csv"]).with(1).saying(&["the output exists"]);
    place.rails(&["curate", "--format", "csv"]).with(2).saying(&["--export"]);
}

#[test]
fn what_went_out_comes_back_in_and_twice_adds_nothing() {
    let place = curated();
    place.rails(&["curate", "--export", "sorted"]).with(0);
    place.rails(&["curate", "--export", "tables", "--format", "csv"]).with(0);
    let curated_run = place.newest("cluster");
    let labels = |run: &str| {
        let rows = place.table(format!("{run}/curation/labels.csv"));
        let pair = |row: &std::collections::BTreeMap<String, String>| (row["path"].clone(), row["class"].clone());
        rows.iter().map(pair).collect::<Vec<_>>()
    };
    for (name, source) in [("z-table", "tables/labels.csv"), ("z-zfolder", "sorted")] {
        place
            .rails(&["cluster", "-q", "--name", name, "--set", "cluster.kmeans.k=4", "--set", "report.examples=1"])
            .with(0);
        let run = place.newest("cluster");
        assert!(run.ends_with(name), "{run}");
        let first = place.rails(&["curate", &run, "--import", source, "--json"]).with(0).json();
        assert_eq!(labels(&run), labels(&curated_run), "{source}");
        assert_eq!(first["classes"]["grass"], 20);
        let log = place.read(format!("{run}/curation/decisions.jsonl"));
        assert!(log.contains(&format!("imported from {source}")), "{log}");
        let again = place.rails(&["curate", &run, "--import", source, "--json"]).with(0).json();
        assert_eq!((again["new_decisions"].as_u64(), again["imported"]["new"].as_u64()), (Some(0), Some(0)));
        assert_eq!(place.read(format!("{run}/curation/decisions.jsonl")), log);
        if source == "sorted" {
            let removed = place.table(format!("{run}/curation/removed.csv"));
            assert_eq!(removed[0]["reason"], "too dark, blurred");
        }
    }
}

#[test]
fn what_cannot_be_imported_is_counted_and_named() {
    let place = curated();
    place.write(
        "mine.csv",
        "filename,label\n\"grass_1,2.png\",meadow\nlost.png,meadow\n\"brick_1,1.png\",brick\n\
         \"grass_1,3.png\",x\n\"grass_1,3.png\",y\n",
    );
    let ended = place.rails(&["curate", "--import", "mine.csv"]).with(0);
    for words in [
        "Imported   2 images from `mine.csv`, 0 known already",
        "1 of them had been removed and are given back",
        "1 image not surely of this run left out: `lost.png`",
        "1 image of conflicting classes left out: `grass_1,3.png: x, y`",
    ] {
        assert!(ended.stdout.contains(words), "nothing about `{words}` in\n{}", ended.stdout);
    }
    let log = format!("{}/curation/decisions.jsonl", place.newest("cluster"));
    let before = place.read(&log);
    for (text, about) in [
        ("path,class\n\"grass_1,2.png\",unknown\n", "`unknown` is reserved"),
        ("path,kind\na,b\n", "looked for is one of `class`"),
    ] {
        place.write("bad.csv", text);
        place.rails(&["curate", "--import", "bad.csv"]).with(1).saying(&[about]);
        assert_eq!(place.read(&log), before);
    }
    place.write("bad.csv", "path,class\n\"grass_1,2.png\",\n");
    place.rails(&["curate", "--import", "bad.csv"]).with(0).saying(&["1 rows of `bad.csv` have no class"]);
    assert_eq!(place.read(&log), before);
    place.rails(&["curate", "--import", "lost.csv"]).with(1).saying(&["lost.csv"]);
    place.rails(&["curate", "--import", "datasets/surfaces"]).with(1).saying(&["no images in class folders"]);
}
