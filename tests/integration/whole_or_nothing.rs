//! Whole or nothing: what killed processes left is swept, batches count together, signals end cleanly, and nobody's file
//! is written over.

use std::fs;
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use crate::pictures::fill;
use crate::workplace::{QUICK, Workplace, names};

/// A batch that a kill left whole is not decided again, and one that was decided otherwise meanwhile is.
#[test]
fn a_batch_given_again_is_not_added_twice() {
    let place = Workplace::new("whole");
    fill(&place.path("datasets/some"), 6, 24);
    place.rails(&[&["cluster", "-q"], &QUICK[..]].concat()).with(0);
    place.write("one.jsonl", r#"{"decision":"move","images":["p00.png"],"class":"stone"}"#);
    place.write(
        "batch.jsonl",
        "{\"decision\":\"move\",\"images\":[\"p00.png\"],\"class\":\"grass\"}\n\
         {\"decision\":\"move\",\"images\":[\"p01.png\"],\"class\":\"stone\"}\n\
         {\"decision\":\"undo\",\"seq\":2}\n",
    );
    let apply = |file: &str| {
        let summary = place.rails(&["curate", "--apply", file, "--json"]).with(0).json();
        ["new_decisions", "known_decisions", "decisions"].map(|name| summary[name].as_u64().unwrap())
    };
    assert_eq!(apply("batch.jsonl"), [3, 0, 3]);
    assert_eq!(apply("batch.jsonl"), [0, 3, 3]);
    assert_eq!(apply("one.jsonl"), [1, 0, 4]);
    assert_eq!(apply("batch.jsonl"), [3, 0, 7], "it changes something again");
}

#[test]
fn what_a_killed_process_left_is_swept_and_folders_appear_whole() {
    let place = Workplace::trained("whole");
    for folder in ["sorted", "."] {
        let partial = place.path(folder).join(".rails-0123456789abcdef.partial");
        fs::create_dir_all(partial.join("half")).unwrap();
        fs::write(partial.join("half/a.png"), b"half").unwrap();
    }
    fs::write(place.path("sorted/.rails-0123456789abcdef.tmp"), b"half").unwrap();
    place.rails(&["predict", "datasets/surfaces", "--sort-into", "sorted", "--output", "table.csv", "-q"]).with(0);
    let hidden =
        |folder: &str| names(&place.path(folder)).into_iter().filter(|name| name.starts_with(".rails-")).count();
    assert_eq!((hidden("sorted"), hidden(".")), (0, 0));
    place.rails(&["predict", "datasets/surfaces", "--sort-into", "sorted"]).with(1).saying(&["not empty", "sorted"]);
}

#[test]
fn the_list_of_skipped_files_is_written_over_nobodys_file() {
    let place = Workplace::trained("whole");
    place.write("datasets/surfaces/broken.png", "no image");
    let predict = |output: &str| place.rails(&["predict", "datasets/surfaces", "-q", "--output", output]).with(3);
    predict("skipped.csv");
    assert!(fs::read_to_string(place.path("skipped.csv")).unwrap().starts_with("path,class,"));
    assert!(fs::read_to_string(place.path("skipped.skipped.csv")).unwrap().contains("broken.png"));
    fs::create_dir(place.path("mine")).unwrap();
    place.write("mine/skipped.csv", "my,notes\n");
    predict("mine/all.csv");
    assert_eq!(fs::read_to_string(place.path("mine/skipped.csv")).unwrap(), "my,notes\n");
    assert!(place.path("mine/all.skipped.csv").is_file());
}

/// Ctrl-C as a terminal sends it, in the middle of the work.
#[cfg(unix)]
#[test]
fn signals_end_a_command_with_their_code_and_leave_nothing() {
    let place = Workplace::new("whole");
    fill(&place.path("datasets/some"), 6, 24);
    for (signal, code) in [("INT", 130), ("TERM", 143), ("HUP", 129)] {
        // Standing before the store's lock, it waits until somebody stops it.
        let store = place.path(".rails/embeddings");
        place.rails(&[&["cluster", "-q"], &QUICK[..]].concat()).with(0);
        let lock = store.join(&names(&store)[0]).join(".lock");
        let held = fs::File::options().write(true).open(lock).unwrap();
        held.lock().unwrap();
        let runs = names(&place.path("experiments/runs"));
        let mut child = Command::new(env!("CARGO_BIN_EXE_rails"))
            .args(["cluster"])
            .args(QUICK)
            .current_dir(place.path(""))
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut said = BufReader::new(child.stderr.take().unwrap()).lines().map_while(Result::ok);
        assert!(said.any(|line| line.contains("waiting for it to finish")));
        Command::new("kill").args([&format!("-{signal}"), &child.id().to_string()]).status().unwrap();
        assert_eq!(child.wait().unwrap().code(), Some(code), "{signal}");
        assert!(said.any(|line| line.starts_with("interrupted: nothing half-written is left")));
        assert_eq!(names(&place.path("experiments/runs")), runs);
    }
}

/// No `trap`: the limit's signal ends nothing.
#[cfg(unix)]
#[test]
fn a_limit_on_file_sizes_is_told_with_the_file() {
    let place = Workplace::trained("whole");
    place.write("table.parquet", "of before");
    let script =
        "ulimit -f 4; exec \"$0\" predict datasets/surfaces -q --output table.parquet --sort-into sorted --copy";
    let output = Command::new("sh")
        .args(["-c", script, env!("CARGO_BIN_EXE_rails")])
        .current_dir(place.path(""))
        .output()
        .unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("ulimit -f") && said.contains("sorted/grass/") && !said.contains(".partial"), "{said}");
    assert_eq!(fs::read_to_string(place.path("table.parquet")).unwrap(), "of before");
    assert!(!place.path("sorted").exists());
}

/// The page is the largest of the files, and the one that finds no room.
#[cfg(unix)]
#[test]
fn a_comparison_appears_with_all_its_files_or_none() {
    let place = Workplace::trained("whole");
    place.rails(&["compare", "-q", "--plot", "first/bars.png"]).with(0);
    let size = |file: &str| fs::metadata(place.path(file)).unwrap().len();
    let blocks = size("first/bars.html") / 512 - 1;
    assert!(size("first/bars.png") < blocks * 512);
    place.write("second/bars.png", "of before");
    let script = format!("ulimit -f {blocks}; exec \"$0\" compare -q --plot second/bars.png");
    let output = Command::new("sh")
        .args(["-c", &script, env!("CARGO_BIN_EXE_rails")])
        .current_dir(place.path(""))
        .output()
        .unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("second/bars.html") && said.contains("ulimit -f"), "{said}");
    assert_eq!(names(&place.path("second")), ["bars.png"]);
    assert_eq!(place.read("second/bars.png"), "of before");
}
