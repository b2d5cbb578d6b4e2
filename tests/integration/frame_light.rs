//! What frames are judged by: pedestals, dark frames, beams and samples that change, monitors, and where brightness cannot
//! tell.

use std::fs;
use std::path::Path;

use crate::workplace::{Workplace, copy_folder, repository};

const SIDE: usize = 16;
/// Frames of a series.
const N: usize = 120;

/// Pseudo-random numbers that scatter as normal ones do, about 0 by 1.
struct Noise(u64);

impl Noise {
    fn next(&mut self) -> f64 {
        let mut uniform = || {
            self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (self.0 >> 11) as f64 / (1_u64 << 53) as f64
        };
        (0..12).map(|_| uniform()).sum::<f64>() - 6.0
    }
}

/// A picture that is three times as bright at its right edge as at its left, `light[i]` times 50 counts, and `pedestal` on
/// top of it, as numpy writes it.
fn write_stack(path: &Path, light: &[f64], pedestal: f64) {
    let header = format!("{{'descr': '<u2', 'fortran_order': False, 'shape': ({}, {SIDE}, {SIDE}), }}", light.len());
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    let padded = format!("{header:<117}\n");
    bytes.extend((padded.len() as u16).to_le_bytes());
    bytes.extend(padded.as_bytes());
    let mut noise = Noise(light.len() as u64 + pedestal as u64);
    for light in light {
        for pixel in 0..SIDE * SIDE {
            let expected = 50.0 * light * (0.5 + (pixel % SIDE) as f64 / (SIDE - 1) as f64);
            let count = pedestal + expected + (expected + 4.0).sqrt() * noise.next();
            bytes.extend((count.max(0.0).round() as u16).to_le_bytes());
        }
    }
    fs::write(path, bytes).unwrap();
}

/// Light that the shutter lets through, opening during the first `length` frames.
fn opening(length: usize) -> Vec<f64> {
    (0..N).map(|at| (0.1 + 0.9 * at as f64 / length as f64).min(1.0)).collect()
}

fn times(light: &[f64], course: impl FnMut(usize) -> f64) -> Vec<f64> {
    light.iter().zip((0..N).map(course)).map(|(light, course)| light * course).collect()
}

/// A place with the recipe and folder `raw`.
fn place(name: &str) -> Workplace {
    let place = Workplace::new(name);
    fs::create_dir_all(place.path("raw")).unwrap();
    fs::create_dir_all(place.path("experiments")).unwrap();
    fs::copy(repository().join("experiments/frames.toml"), place.path("experiments/frames.toml")).unwrap();
    place
}

/// Standard error of `rails cluster raw --config frames.toml` with these settings.
fn cluster(place: &Workplace, settings: &[&str]) -> String {
    let mut words = vec!["cluster", "raw", "--config", "frames.toml", "--set", "report.examples=1"];
    for setting in settings {
        words.extend(["--set", setting]);
    }
    place.rails(&words).with(0).stderr
}

/// Frames that `method` calls spoiled, of a file of the newest run.
fn spoiled(place: &Workplace, file: &str, method: &str) -> Vec<usize> {
    let images = place.table(format!("{}/images.csv", place.newest("cluster")));
    let of = images.iter().filter(|row| row["dataset"] == file && row[method] == "0");
    of.map(|row| row["frame"].parse().unwrap()).collect()
}

#[test]
fn other_detectors_and_beams_are_told_from_the_shutter() {
    let place = place("frame-models");
    let mut flicker = Noise(5);
    let lost = |at: usize| if (70..85).contains(&at) { 0.5 } else { 1.0 };
    let turn = |turns: f64| move |at: usize| 1.0 + 0.15 * (std::f64::consts::TAU * turns * at as f64 / N as f64).sin();
    let models = [
        ("pedestal", times(&opening(20), lost), 300.0),
        ("rotation", times(&times(&opening(18), lost), turn(1.7)), 0.0),
        ("half-turn", times(&opening(12), turn(0.6)), 0.0),
        ("flicker", times(&opening(25), |_| 1.0 + 0.08 * flicker.next()), 0.0),
        ("long", opening(80), 0.0),
        ("endless", opening(N), 0.0),
        ("decay", times(&opening(15), |at| (-0.004 * at as f64).exp()), 0.0),
    ];
    let shutter = [
        times(&opening(20), lost),
        times(&opening(18), lost),
        opening(12),
        opening(25),
        opening(80),
        opening(N),
        opening(15),
    ];
    for (name, light, pedestal) in &models {
        write_stack(&place.path(format!("raw/{name}.npy")), light, *pedestal);
    }
    let said = cluster(&place, &[]);
    assert!(said.contains("a pedestal of 3") || said.contains("a pedestal of 29"), "{said}");
    assert!(said.contains("counts per pixel is taken off in 1 of 7 series"), "{said}");
    for ((name, ..), light) in models.iter().zip(&shutter) {
        for method in ["kmeans", "dbscan"] {
            let found = spoiled(&place, &format!("{name}.npy"), method);
            let of = |bad: bool| (0..N).filter(|&at| (light[at] < 0.9) == bad).collect::<Vec<_>>();
            let recall =
                |bad: bool| of(bad).iter().filter(|at| found.contains(at) == bad).count() as f64 / of(bad).len() as f64;
            let accuracy = f64::midpoint(recall(true), recall(false));
            // Of a shutter that is open at the very end, the brightest tenth is all there is to go by.
            let least = if *name == "endless" { 0.93 } else { 0.95 };
            assert!(accuracy >= least, "{name}, {method}: {accuracy}, spoiled {found:?}");
        }
    }
}

#[test]
fn dark_frames_tell_where_a_series_cannot() {
    let place = place("frame-darks");
    // The light changes by 6 counts under a pedestal of 200: no contrast shows in flat noise.
    let lost = |at: usize| if at < 12 { 0.06 } else { 0.12 };
    write_stack(&place.path("raw/faint.npy"), &times(&[1.0; N], lost), 200.0);
    write_stack(&place.path("raw/steady.npy"), &[1.0; N], 200.0);
    write_stack(&place.path("raw/dark.npy"), &[0.0; 10], 200.0);
    let said = cluster(&place, &["dataset.dark=raw/dark.npy"]);
    assert!(said.contains("10 dark frames count 19") || said.contains("10 dark frames count 20"), "{said}");
    assert_eq!(spoiled(&place, "faint.npy", "kmeans"), (0..12).collect::<Vec<_>>());
    assert!(spoiled(&place, "steady.npy", "kmeans").is_empty());
    let images = place.table(format!("{}/images.csv", place.newest("cluster")));
    assert!(images.iter().all(|row| row["dataset"] != "dark.npy"), "dark frames are no images");
    // A steady light, most of which may be a pedestal: nothing can be told, and that is said.
    fs::remove_file(place.path("raw/dark.npy")).unwrap();
    let said = cluster(&place, &[]);
    assert!(said.contains("brightness cannot tell") && said.contains("`dataset.dark`"), "{said}");
    assert!(!said.contains("all frames are usable"), "{said}");

    let words = ["cluster", "raw", "--config", "frames.toml", "--set"];
    place.rails(&[&words[..], &["dataset.dark=nowhere"]].concat()).with(1).saying(&["nowhere"]);
    write_stack(&place.path("bright.npy"), &[3.0; 10], 200.0);
    let said = cluster(&place, &["dataset.dark=bright.npy"]);
    assert!(said.contains("most frames count less than the dark frames"), "{said}");
}

#[test]
fn a_beam_monitor_in_the_file_takes_part() {
    let place = place("frame-monitors");
    fs::remove_dir_all(place.path("raw")).unwrap();
    copy_folder(&repository().join("tests/golden/monitors"), &place.path("raw"));
    fs::remove_file(place.path("raw/make.py")).unwrap();
    let said = cluster(&place, &[]);
    assert!(said.contains("a beam monitor took part in 4 of 9 series"), "{said}");
    assert!(said.contains("a beam monitor are passed over in 1 of 9 series"), "{said}");
    for name in ["ring_current", "monitor_group", "column", "counter"] {
        assert_eq!(spoiled(&place, &format!("{name}.h5"), "kmeans"), (0..15).collect::<Vec<_>>(), "{name}");
    }
}

#[test]
fn the_line_and_the_word_of_the_first_frame_are_the_recipes() {
    let place = place("frame-line");
    let dim = |at: usize| if at < 30 { 0.8 } else { 1.0 };
    write_stack(&place.path("raw/dim.npy"), &times(&[1.0; N], dim), 0.0);
    write_stack(&place.path("raw/late.npy"), &times(&[1.0; N], |at| if at > 90 { 0.2 } else { 1.0 }), 0.0);
    cluster(&place, &[]);
    assert_eq!(spoiled(&place, "dim.npy", "kmeans"), (0..30).collect::<Vec<_>>());
    assert_eq!(spoiled(&place, "late.npy", "kmeans"), (91..N).collect::<Vec<_>>());
    cluster(&place, &["features.usable_from=0.7"]);
    assert!(spoiled(&place, "dim.npy", "kmeans").is_empty());
    assert_eq!(spoiled(&place, "late.npy", "kmeans"), (91..N).collect::<Vec<_>>());
    cluster(&place, &["cluster.spoiled=first_frame"]);
    assert_eq!(spoiled(&place, "late.npy", "kmeans"), (0..91).collect::<Vec<_>>());
    for (setting, why) in [("features.usable_from=1.5", "usable_from"), ("cluster.spoiled=dimmest", "first_frame")] {
        let words = ["cluster", "raw", "--config", "frames.toml", "--set", setting];
        place.rails(&words).with(2).saying(&[why]);
    }
}
