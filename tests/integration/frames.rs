//! Frames of a detector: files of many frames, clustered series by series, trained on and predicted.

use std::fs;
use std::path::Path;

use crate::workplace::{Workplace, repository};

/// The cluster recipe of `experiments/frames.toml` and what keeps it quick.
const FRAMES: [&str; 4] = ["--set", "report.layout=pca", "--set", "report.examples=1"];

const SIDE: usize = 16;

/// A stack of frames, `light[i]` times as bright as the beam makes them, as numpy writes it.
fn write_stack(path: &Path, light: &[f64], counts: f64) {
    let header = format!("{{'descr': '<u2', 'fortran_order': False, 'shape': ({}, {SIDE}, {SIDE}), }}", light.len());
    let padded = format!("{header:<117}\n");
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend((padded.len() as u16).to_le_bytes());
    bytes.extend(padded.as_bytes());
    for (frame, light) in light.iter().enumerate() {
        for pixel in 0..SIDE * SIDE {
            // A fixed pattern of a few per cent stands for noise; the first row is a gap between modules.
            let noise = 1.0 + 0.02 * ((pixel * 7 + frame * 13) % 11) as f64 / 11.0;
            let count = if pixel < SIDE { u16::MAX } else { (counts * light * noise) as u16 };
            bytes.extend(count.to_le_bytes());
        }
    }
    fs::write(path, bytes).unwrap();
}

/// Light that rises over `ramp` of 40 frames.
fn ramp(ramp: usize) -> Vec<f64> {
    (0..40).map(|frame| if frame < ramp { 0.7 * frame as f64 / ramp as f64 } else { 1.0 }).collect()
}

/// Six series, two of them without a ramp, one of which loses its beam in the middle.
fn with_stacks(name: &str) -> Workplace {
    let place = Workplace::new(name);
    let folder = place.path("raw");
    fs::create_dir_all(&folder).unwrap();
    for (number, (length, counts)) in [(5, 300.0), (8, 900.0), (12, 2000.0), (6, 120.0)].into_iter().enumerate() {
        write_stack(&folder.join(format!("ramp{number}.npy")), &ramp(length), counts);
    }
    write_stack(&folder.join("steady.npy"), &ramp(0), 500.0);
    let lost: Vec<f64> = (0..40).map(|frame| if (20..28).contains(&frame) { 0.1 } else { 1.0 }).collect();
    write_stack(&folder.join("lost.npy"), &lost, 400.0);
    let experiments = repository().join("experiments");
    fs::create_dir_all(place.path("experiments")).unwrap();
    for recipe in ["frames.toml", "frames.jsonl", "frames-mlp256.toml"] {
        fs::copy(experiments.join(recipe), place.path("experiments").join(recipe)).unwrap();
    }
    place
}

#[test]
fn spoiled_frames_are_found_learned_and_predicted() {
    let place = with_stacks("frames");
    let clustered = place.rails(&[&["cluster", "raw", "--config", "frames.toml"], &FRAMES[..]].concat()).with(0);
    let clustered = clustered.saying(&["in 1 of 6 series brightness cannot tell: no frame stands out", "`steady.npy`"]);
    drop(
        clustered
            .saying(&["the first frame is as bright as the usable ones, so others are called spoiled: `lost.npy`"]),
    );
    let run = place.newest("cluster");
    let images = place.table(format!("{run}/images.csv"));
    assert_eq!(images.len(), 240);
    for row in &images {
        let frame: usize = row["frame"].parse().unwrap();
        assert_eq!(row["path"], format!("{}#{frame}", row["dataset"]));
        let spoiled = match row["dataset"].as_str() {
            "ramp0.npy" => frame < 5,
            "ramp1.npy" => frame < 8,
            "ramp2.npy" => frame < 12,
            "ramp3.npy" => frame < 6,
            "lost.npy" => (20..28).contains(&frame),
            _ => false,
        };
        assert_eq!(row["kmeans"] == "0", spoiled, "{}", row["path"]);
    }
    for method in ["kmeans", "dbscan", "hybrid"] {
        assert!(place.path(format!("{run}/plots/mean_flux_{method}.png")).is_file(), "no plot of {method}");
    }
    assert!(place.path(format!("{run}/plots/frames.png")).is_file(), "no frames thrown out and kept");

    place.rails(&["curate", "--apply", "experiments/frames.jsonl"]).with(0);
    place.rails(&["train", "--config", "frames-mlp256.toml", "--set", "classifier.epochs=20"]).with(0);

    place.rails(&["evaluate", "raw", "--truth", &run, "--output", "judged"]).with(0);
    for plot in ["mean_flux", "frames", "confusion_matrix"] {
        assert!(place.path(format!("judged/plots/{plot}.png")).is_file(), "no plot of {plot}");
    }

    write_stack(&place.path("new.npy"), &ramp(10), 700.0);
    place.rails(&["predict", "new.npy", "--output", "new.csv"]).with(0);
    let predictions = place.table("new.csv");
    assert_eq!(predictions[0]["path"], "new.npy#0");
    let right = predictions.iter().enumerate().filter(|(frame, row)| (row["class"] == "spoiled") == (*frame < 10));
    assert!(right.count() >= 38, "{predictions:?}");

    let keep = ["--keep", "usable", "--keep-into", "kept", "--output", "usable.csv"];
    place.rails(&[&["predict", "new.npy"], &keep[..]].concat()).with(0);
    let usable = place.table("usable.csv");
    assert!(usable.iter().all(|row| row["class"] == "usable") && usable.len() < 40);
    let kept = fs::read(place.path("kept/new.npy")).unwrap();
    assert!(String::from_utf8_lossy(&kept[..128]).contains(&format!("({}, {SIDE}, {SIDE})", usable.len())));
    place.rails(&["predict", "new.npy", "--keep", "good"]).with(2).saying(&["`good`", "spoiled, usable"]);
}

#[test]
fn odd_files_of_frames_are_told_and_passed_over() {
    let place = Workplace::new("odd-frames");
    let golden = repository().join("tests/golden/frames");
    fs::create_dir_all(place.path("raw")).unwrap();
    for name in ["bitshuffle.h5", "single.nxs", "lzf.h5", "fortran.npy"] {
        fs::copy(golden.join(name), place.path("raw").join(name)).unwrap();
    }
    let whole = fs::read(golden.join("gzip.h5")).unwrap();
    fs::write(place.path("raw/cut.h5"), &whole[..5000]).unwrap();
    let recipe = [
        "--set",
        "features={ kind = 'frame', statistics = 'relative_flux' }",
        "--set",
        "cluster.fit_per=dataset",
        "--set",
        "reduce.l2=false",
    ];
    let methods =
        ["--set", "cluster.methods=[\"kmeans\"]", "--set", "cluster.kmeans.k=2", "--set", "reduce.method=none"];
    place.rails(&[&["cluster", "raw"], &recipe[..], &methods[..], &FRAMES[..]].concat()).with(3);
    let run = place.newest("cluster");
    let skipped = place.read(format!("{run}/skipped.csv"));
    assert!(skipped.contains("cut.h5,truncated HDF5 image: shorter than its superblock says"), "{skipped}");
    assert!(!skipped.contains("fortran.npy"), "columns first are read too: {skipped}");
    let paths: Vec<String> =
        place.table(format!("{run}/images.csv")).into_iter().map(|row| row["path"].clone()).collect();
    assert!(paths.contains(&"single.nxs#0".to_owned()) && paths.contains(&"bitshuffle.h5#4".to_owned()), "{paths:?}");
}

#[test]
fn frames_of_hdf5_that_are_lost_are_left_out_and_the_choice_is_told() {
    let place = Workplace::new("lost-frames");
    let golden = repository().join("tests/golden/hdf5");
    fs::create_dir_all(place.path("raw")).unwrap();
    let names =
        ["signal.h5", "fletcher.h5", "gone_file.h5", "unwritten.h5", "nothing_written.h5", "huge.h5", "plain.src"];
    for name in names {
        fs::copy(golden.join(name), place.path("raw").join(name)).unwrap();
    }
    let features = ["--set", "features={ kind = 'frame', statistics = 'mean_flux' }", "--set", "reduce.l2=false"];
    let methods =
        ["--set", "cluster.methods=[\"kmeans\"]", "--set", "cluster.kmeans.k=2", "--set", "reduce.method=none"];
    let clustered = place.rails(&[&["cluster", "raw"], &features[..], &methods[..], &FRAMES[..]].concat()).with(3);
    let clustered =
        clustered.saying(&["frames are those of `entry/data/eiger`, not of `entry/aux/flatfield` [4, 7, 5]"]);
    drop(clustered.saying(&["the last 499999997 of 500000000 frames were declared and never written"]));
    let run = place.newest("cluster");
    let skipped = place.read(format!("{run}/skipped.csv"));
    for (path, reason) in [
        ("fletcher.h5#1", "checksum does not agree"),
        ("gone_file.h5#1", "which is missing"),
        ("gone_file.h5#2", "which is missing"),
        ("unwritten.h5#1", "never written"),
        ("nothing_written.h5", "none was ever written"),
        ("huge.h5", "too large: 40000×40000 pixels"),
    ] {
        let line = skipped.lines().find(|line| line.starts_with(&format!("{path},")));
        assert!(line.is_some_and(|line| line.contains(reason)), "{path}: {skipped}");
    }
    let images = place.table(format!("{run}/images.csv"));
    let paths: Vec<&str> = images.iter().map(|row| row["path"].as_str()).collect();
    let read = ["fletcher.h5#0", "fletcher.h5#2", "gone_file.h5#0", "signal.h5#0", "signal.h5#1", "signal.h5#2"];
    assert_eq!(paths, [&read[..], &["unwritten.h5#0", "unwritten.h5#2"]].concat());
}
