//! Files that h5py wrote and read, in `tests/golden/hdf5/`.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::*;
use crate::images::frames::tests::facts;

#[derive(Deserialize)]
#[serde(untagged)]
enum Expected {
    /// A part of the reason why the file is refused.
    Refused(String),
    /// Per frame what [`facts`] says; `None` where the frame is lost.
    Frames(Vec<Option<(usize, f64, f64)>>),
}

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden/hdf5")
}

fn all() -> BTreeMap<String, Expected> {
    serde_json::from_str(include_str!("../../../../tests/golden/hdf5/expected.json")).unwrap()
}

/// Frames with nothing lost, by file.
fn whole() -> Vec<(String, Hdf5Stack)> {
    let whole = all()
        .into_iter()
        .filter(|(_, expected)| matches!(expected, Expected::Frames(frames) if frames.iter().all(Option::is_some)));
    whole.map(|(name, _)| (name.clone(), Hdf5Stack::open(&folder().join(&name), None).unwrap())).collect()
}

#[test]
fn frames_are_those_that_h5py_reads_or_refused() {
    for (name, expected) in all() {
        let opened = Hdf5Stack::open(&folder().join(&name), None);
        match expected {
            Expected::Refused(why) => {
                let error = opened.err().unwrap_or_else(|| panic!("{name} was read")).to_string();
                assert!(error.contains(&why), "{name}: {error}");
            }
            Expected::Frames(frames) if frames.iter().all(Option::is_none) && opened.is_err() => {}
            Expected::Frames(frames) => {
                let mut stack = opened.unwrap_or_else(|error| panic!("{name}: {error}"));
                assert_eq!(stack.len(), frames.len(), "{name}");
                // Backwards too: chunks that are kept must not change what is read.
                for index in (0..frames.len()).chain((0..frames.len()).rev()) {
                    let read = stack.read(index).map(|frame| facts(&frame));
                    match frames[index] {
                        Some(facts) => {
                            assert_eq!(read.unwrap_or_else(|e| panic!("{name} {index}: {e}")), facts, "{name} {index}");
                        }
                        None => assert!(read.is_err(), "{name} {index}: {read:?}"),
                    }
                }
            }
        }
    }
}

#[test]
fn kept_frames_have_the_type_the_order_and_the_bits_of_the_file() {
    let place = tempfile::tempdir().unwrap();
    for (name, mut stack) in whole() {
        let target = place.path().join(&name);
        let indices: Vec<usize> = (0..stack.len()).rev().collect();
        stack.copy(&indices, &target).unwrap_or_else(|error| panic!("{name}: {error}"));
        let mut copy = Hdf5Stack::open(&target, Some(&stack.path)).unwrap_or_else(|error| panic!("{name}: {error}"));
        let number = |stack: &Hdf5Stack| stack.parts[0].dataset.number.clone();
        let (of_copy, of_file) = (number(&copy), number(&stack));
        assert_eq!((of_copy.pixel, of_copy.big_endian), (of_file.pixel, of_file.big_endian), "{name}");
        for (at, &index) in indices.iter().enumerate() {
            assert_eq!(copy.bytes(at).unwrap(), stack.bytes(index).unwrap(), "{name} {index}");
        }
    }
}

#[test]
fn what_was_taken_and_what_not_is_told() {
    let remarks = |name: &str| Hdf5Stack::open(&folder().join(name), None).unwrap().remarks();
    let flat = "`entry/aux/flatfield` [4, 7, 5]".to_owned();
    let taken = Remark::Taken { dataset: "entry/data/eiger".to_owned(), passed_over: vec![flat] };
    for name in ["signal.h5", "signal_only.h5", "signal_old.h5"] {
        assert_eq!(remarks(name), std::slice::from_ref(&taken), "{name}");
    }
    assert!(matches!(&remarks("filled_part.h5")[1], Remark::Filled { why, .. } if why.contains("mapped from nowhere")));
    let unwritten = Remark::Unwritten { frames: 499_999_997, declared: 500_000_000 };
    assert_eq!(remarks("unwritten.h5")[1], unwritten);
}

#[test]
fn a_lost_frame_says_what_is_missing() {
    let reason = |name: &str, index: usize| {
        let stack = Hdf5Stack::open(&folder().join(name), None);
        stack.and_then(|mut stack| stack.read(index)).unwrap_err().to_string()
    };
    assert!(reason("gone_file.h5", 1).contains("`d` of `gone.src`, which is missing"), "{}", reason("gone_file.h5", 1));
    assert!(reason("gone_fill.h5", 2).contains("`d` of `gone.src`, which is missing"));
    assert!(reason("gone_dataset.h5", 0).contains("`nowhere`, which is not in `plain.src`"));
    assert!(reason("gone_deep.h5", 0).contains("`d` of `gone.src`, which is missing"));
    assert!(reason("virtual_numbered.h5", 2).contains("`part_2.src`"));
    assert!(reason("raw_gone.h5", 0).contains("`gone.bin`, which is missing"));
    assert!(reason("fletcher.h5", 1).contains("Fletcher-32"));
    assert!(reason("unwritten.h5", 1).contains("never written"));
}

#[test]
fn a_named_data_set_is_taken_whatever_the_file_says() {
    let stack = Hdf5Stack::open(&folder().join("signal.h5"), Some("entry/aux/flatfield")).unwrap();
    assert_eq!((stack.len(), stack.path.as_str()), (4, "entry/aux/flatfield"));
    let stack = Hdf5Stack::open(&folder().join("link_hard.h5"), Some("/b/data_2")).unwrap();
    assert_eq!((stack.len(), stack.path.as_str()), (3, "b/data_2"));
}

/// Every byte of a file with checksums, changed: an error, or the true numbers.
#[test]
fn metadata_with_checksums_is_never_misread() {
    let place = tempfile::tempdir().unwrap();
    for name in ["blocks_latest.h5", "grown_latest.h5"] {
        let bytes = fs::read(folder().join(name)).unwrap();
        let Some(Expected::Frames(expected)) = all().remove(name) else { panic!("{name}") };
        let file = place.path().join(name);
        for at in 0..bytes.len() {
            let mut damaged = bytes.clone();
            damaged[at] ^= 0x40;
            fs::write(&file, &damaged).unwrap();
            let read = std::panic::catch_unwind(|| {
                let mut stack = Hdf5Stack::open(&file, None)?;
                (0..stack.len()).map(|index| Ok(facts(&stack.read(index)?))).collect::<Result<Vec<_>, DecodeError>>()
            });
            let read = read.unwrap_or_else(|_| panic!("{name}: a panic at byte {at}"));
            let expected: Vec<_> = expected.iter().copied().map(Option::unwrap).collect();
            // LZF has no checksum of its own.
            let free = name == "grown_latest.h5" && read.as_ref().is_ok_and(|read| read.len() == expected.len());
            assert!(read.is_err() || free || read.unwrap() == expected, "{name}: byte {at}");
        }
    }
}
