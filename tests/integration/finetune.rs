//! `rails train` with `[finetune]`: interrupted, resumed, moved, predicted with.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::workplace::{Workplace, names, repository, table};

/// Arguments of a small fine-tuning of the last stage.
fn arguments() -> Vec<String> {
    let recipe = repository().join("experiments/finetune-last-stage.toml");
    let mut all: Vec<String> =
        ["train", "datasets/surfaces/labels.csv", "--config", recipe.to_str().unwrap()].map(str::to_owned).to_vec();
    // A head that learned little leaves fine-tuning something to do.
    for setting in [
        "classifier.l2=100",
        "finetune.epochs=5",
        "finetune.patience=5",
        "finetune.learning_rate=1e-4",
        "finetune.head_learning_rate=1e-3",
        "finetune.augment.views=2",
    ] {
        all.extend(["--set".to_owned(), setting.to_owned()]);
    }
    all
}

fn rails(place: &Workplace, more: &[&str]) -> crate::workplace::Ended {
    let all = arguments();
    place.rails(&all.iter().map(String::as_str).chain(more.iter().copied()).collect::<Vec<_>>())
}

fn checkpoint(place: &Workplace) -> PathBuf {
    let all = names(&place.path("checkpoints"));
    assert_eq!(all.len(), 1, "{all:?}");
    place.path("checkpoints").join(&all[0])
}

/// States of trainings that were not finished.
fn states(place: &Workplace) -> Vec<PathBuf> {
    let folders = fs::read_dir(place.path(".rails/training")).into_iter().flatten().flatten();
    folders.map(|folder| folder.path().join("state")).filter(|state| state.is_file()).collect()
}

/// Starts a training and kills it, as the system would, after its first epoch.
fn killed_after_an_epoch(place: &Workplace) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_rails"))
        .current_dir(place.path("."))
        .args(arguments())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    while states(place).is_empty() {
        assert!(child.try_wait().unwrap().is_none(), "it ended before it could be killed");
        std::thread::sleep(Duration::from_millis(5));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(!place.path("checkpoints").exists(), "nothing is finished");
}

#[test]
fn killed_and_resumed_is_as_if_it_had_never_been_killed() {
    let (whole, killed) = (Workplace::with_tiles("finetune", 6), Workplace::with_tiles("finetune", 6));
    rails(&whole, &[]).with(0);
    killed_after_an_epoch(&killed);
    rails(&killed, &["--resume"]).with(0).saying(&["going on after epoch"]);
    let (whole, resumed) = (checkpoint(&whole), checkpoint(&killed));
    for file in ["backbone.safetensors", "model.safetensors"] {
        assert!(fs::read(whole.join(file)).unwrap() == fs::read(resumed.join(file)).unwrap(), "{file} differs");
    }
    assert!(states(&killed).is_empty(), "what is finished needs no state");
    rails(&killed, &["--resume", "--set", "classifier.l2=50", "--set", "finetune.epochs=1"])
        .with(0)
        .saying(&["no interrupted training"]);
}

fn predicted(place: &Workplace, checkpoint: &Path) -> Vec<std::collections::BTreeMap<String, String>> {
    let all = ["predict", "-q", "datasets/surfaces", "--checkpoint", checkpoint.to_str().unwrap()];
    table(&place.rails(&all).with(0).stdout)
}

#[test]
fn prediction_repeats_the_evaluation_also_where_the_checkpoint_was_moved() {
    let place = Workplace::with_tiles("finetune", 6);
    let ended = rails(&place, &["--set", "finetune.epochs=2"]).with(0);
    let run = place.newest("train");
    assert!(place.path(format!("{run}/plots/augmented.png")).is_file(), "{}", ended.stderr);
    assert!(place.read(format!("{run}/report.html")).contains("<h2>Altered training images</h2>"));
    let trained = place.table(format!("{run}/split.csv"));
    let checkpoint = checkpoint(&place);
    assert!(checkpoint.join("backbone.safetensors").is_file());
    let moved = place.path("elsewhere/mine");
    fs::create_dir_all(place.path("elsewhere")).unwrap();
    fs::rename(&checkpoint, &moved).unwrap();
    fs::remove_dir_all(place.path(".rails")).unwrap();
    let predicted = predicted(&place, &moved);
    assert_eq!(predicted.len(), trained.len());
    for row in &trained {
        let name = Path::new(&row["path"]).file_name().unwrap().to_str().unwrap();
        let found = predicted.iter().find(|other| other["path"].ends_with(name)).unwrap();
        let confidence = |row: &std::collections::BTreeMap<String, String>| row["confidence"].parse::<f64>().unwrap();
        assert!((confidence(row) - confidence(found)).abs() < 1e-3, "{row:?} {found:?}");
    }
    let all = ["evaluate", "elsewhere/mine", "datasets/surfaces", "--truth", "datasets/surfaces/labels.csv"];
    place.rails(&[&all[..], &["-q", "--output", "judged"]].concat()).with(0);
    for row in place.table("judged/predictions.csv") {
        let name = row["path"].rsplit('/').next().unwrap();
        let found = predicted.iter().find(|other| other["path"].ends_with(name)).unwrap();
        assert_eq!((&row["confidence"], &row["novelty"]), (&found["confidence"], &found["novelty"]));
    }
    assert!(place.path("judged/plots/grad_cam.png").is_file(), "Grad-CAM looks into the learned network");
    let path = moved.join("backbone.safetensors");
    let mut bytes = fs::read(&path).unwrap();
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    fs::write(&path, bytes).unwrap();
    let all = ["predict", "datasets/surfaces", "--checkpoint", "elsewhere/mine"];
    place.rails(&all).with(1).saying(&["backbone.safetensors"]);
}

#[test]
fn what_cannot_be_fine_tuned_is_said() {
    let place = Workplace::with_tiles("finetune", 6);
    let two = ["--device", "cpu", "--set", "features.layers=[\"stage5\", \"head\"]"];
    rails(&place, &two).with(2).saying(&["does not go with several `features.layers`", "name one layer"]);
    let mixed = ["--device", "cpu", "--set", "finetune.precision=mixed"];
    rails(&place, &mixed).with(1).saying(&["`precision = \"mixed\"` needs a GPU", "--device cuda"]);
    rails(&place, &["--set", "finetune.train=tail"]).with(2).saying(&["finetune.train=tail", "last-stage"]);
    let head =
        place.rails(&["train", "datasets/surfaces/labels.csv", "--set", "classifier.kind=linear", "--resume"]).with(0);
    head.saying(&["nothing to go on with"]);
}
