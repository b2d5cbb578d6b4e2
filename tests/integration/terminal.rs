//! The program at a terminal: stdout, stderr, exit codes; odd names, closed pipes, two runs at once.

use std::process::{Command, Stdio};

use crate::pictures::fill;
use crate::workplace::{QUICK, Workplace, names};

#[test]
fn quiet_says_nothing_but_the_result() {
    let place = Workplace::new("terminal");
    fill(&place.path("datasets/some"), 6, 24);
    let quiet = place.rails(&[&["cluster", "-q"], &QUICK[..]].concat()).with(0);
    assert_eq!(quiet.stderr, "");
    assert!(quiet.stdout.starts_with("Images     6 in `datasets/some`"), "{}", quiet.stdout);
    let verbose = place.rails(&[&["cluster", "-v"], &QUICK[..]].concat()).with(0);
    assert!(verbose.stderr.contains("clustering"), "{}", verbose.stderr);
    place.rails(&["cluster", "-q", "-v"]).with(2);
}

#[test]
fn odd_names_are_names() {
    let place = Workplace::new("terminal");
    let folder = "with space/ünï çödé/it's 100%";
    fill(&place.path(folder), 6, 24);
    place.rails(&[&["cluster", "-q", folder, "--name", "a/b ü"], &QUICK[..]].concat()).with(0);
    let run = place.newest("cluster");
    assert!(run.ends_with("-cluster-a_b ü"), "{run}");
    place.write("d.jsonl", "{\"decision\":\"name_cluster\",\"cluster\":0,\"class\":\"../ä/b\"}\n");
    place.rails(&["curate", &run, "--apply", "./d.jsonl"]).with(0);
    place.rails(&["curate", "--export", "out put"]).with(0);
    assert_eq!(names(&place.path("out put")), ["%2E.%2Fä%2Fb", "rails-output.json"], "a class leads nowhere else");

    let absolute = place.path(folder).display().to_string();
    place.rails(&[&["cluster", "-q", &absolute, "--name", "absolute"], &QUICK[..]].concat()).with(0);
    assert_eq!(names(&place.path("experiments/runs")).len(), 2);
}

#[test]
fn two_runs_of_one_name_at_once_both_count() {
    let place = Workplace::new("terminal");
    fill(&place.path("datasets/some"), 6, 24);
    place.rails(&[&["cluster", "-q"], &QUICK[..]].concat()).with(0);
    let start = || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_rails"));
        command.current_dir(place.path("")).args(["cluster", "-q"]).args(QUICK);
        command.stdout(Stdio::null()).spawn().unwrap()
    };
    for mut child in [start(), start(), start()] {
        assert!(child.wait().unwrap().success());
    }
    let runs = names(&place.path("experiments/runs"));
    assert_eq!(runs.len(), 4, "{runs:?}");
    assert!(!runs.iter().any(|run| run.ends_with(".partial")));
}

#[test]
fn a_reader_that_goes_away_is_no_failure() {
    let place = Workplace::new("terminal");
    let mut child = Command::new(env!("CARGO_BIN_EXE_rails"))
        .args(["models", "list"])
        .current_dir(place.path(""))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    assert!(output.status.success());
}

#[cfg(target_os = "linux")]
#[test]
fn a_result_that_cannot_be_printed_is_told_and_the_run_is_whole() {
    let place = Workplace::new("terminal");
    fill(&place.path("datasets/some"), 6, 24);
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_rails"))
        .args([&["cluster", "-q"], &QUICK[..]].concat())
        .current_dir(place.path(""))
        .stdout(full)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("No space left"));
    assert_eq!(names(&place.path("experiments/runs")).len(), 1);
    place.json(format!("{}/run.json", place.newest("cluster")));
}

/// Files cannot grow beyond a few kilobytes, so that writing fails in the middle of one, as on a full disk.
#[cfg(unix)]
#[test]
fn a_full_disk_is_told_and_leaves_nothing_half_done() {
    let place = Workplace::new("terminal");
    fill(&place.path("datasets/some"), 6, 24);
    let on_a_full_disk = || {
        let output = Command::new("sh")
            .args(["-c", "trap '' XFSZ; ulimit -f 8; exec \"$0\" cluster -q \"$@\"", env!("CARGO_BIN_EXE_rails")])
            .args(QUICK)
            .current_dir(place.path(""))
            .output()
            .unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{said}");
        assert!(said.contains("hint: free some space"), "{said}");
        assert!(output.stdout.is_empty());
    };
    // First the features do not fit, then, with these known, the results.
    on_a_full_disk();
    assert!(!place.path("experiments").exists());
    for store in names(&place.path(".rails/embeddings")) {
        assert_eq!(names(&place.path(".rails/embeddings").join(store)), [".lock"]);
    }
    let clusters = [&["cluster", "-q"], &QUICK[..]].concat();
    place.rails(&clusters).with(0);
    let whole = names(&place.path("experiments/runs"));
    on_a_full_disk();
    assert_eq!(names(&place.path("experiments/runs")), whole);
    place.rails(&clusters).with(0);
    assert_eq!(names(&place.path("experiments/runs")).len(), 2);
}

#[test]
fn a_folder_that_cannot_be_written_is_told() {
    let place = Workplace::new("terminal");
    fill(&place.path("datasets/some"), 3, 24);
    place.write("experiments", "a file where the folder of runs should be");
    let ended = place.rails(&[&["cluster", "-q"], &QUICK[..]].concat()).with(1);
    assert!(ended.stderr.contains("experiments"), "{}", ended.stderr);
    assert!(ended.stdout.is_empty());
}

#[cfg(not(feature = "cuda"))]
#[test]
fn cuda_that_is_not_there_is_a_clear_error() {
    let place = Workplace::new("terminal");
    fill(&place.path("datasets/some"), 3, 24);
    place.rails(&["cluster", "--device", "cuda"]).with(1).saying(&["CUDA", "hint: ", "--device cpu"]);
    place.rails(&[&["cluster", "-q", "--device", "auto"], &QUICK[..]].concat()).with(0);
}
