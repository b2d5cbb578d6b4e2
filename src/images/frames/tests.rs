use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use serde::Deserialize;

use super::*;
use crate::images::{Samples, ScanOptions, decode, decode_bytes, scan};
use crate::progress::Silent;

#[derive(Deserialize)]
pub(super) struct Expected {
    height: usize,
    width: usize,
    bits: u8,
    /// Per frame: pixels that were not measured, the sum of the others, and the same weighted by position.
    pub(super) frames: Vec<(usize, f64, f64)>,
}

pub(super) fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden/frames")
}

pub(super) fn all() -> BTreeMap<String, Expected> {
    serde_json::from_str(include_str!("../../../tests/golden/frames/expected.json")).unwrap()
}

pub(super) fn facts(frame: &Decoded) -> (usize, f64, f64) {
    let counts: Vec<Option<f64>> = match &frame.samples {
        Samples::U8(counts) => counts.iter().map(|&count| Some(f64::from(count))).collect(),
        Samples::U16(counts) => counts.iter().map(|&c| (c < u16::MAX).then_some(f64::from(c))).collect(),
        Samples::U32(counts) => counts.iter().map(|&c| (c < u32::MAX).then_some(f64::from(c))).collect(),
        Samples::F32(counts) => counts.iter().map(|&c| c.is_finite().then_some(f64::from(c))).collect(),
    };
    let sum = counts.iter().flatten().sum();
    let weighted = (1..).zip(&counts).filter_map(|(place, count)| Some(f64::from(place) * (*count)?)).sum();
    (counts.iter().filter(|count| count.is_none()).count(), sum, weighted)
}

#[test]
fn frames_are_those_that_other_libraries_wrote() {
    for (name, expected) in all() {
        let file = folder().join(&name);
        let bits = expected.bits.min(32);
        if let Some(mut stack) = open(&file, None).unwrap_or_else(|error| panic!("{name}: {error}")) {
            assert_eq!(stack.len(), expected.frames.len(), "{name}");
            let header = stack.header();
            assert_eq!((header.height as usize, header.bit_depth), (expected.height, bits), "{name}");
            for (index, frame) in expected.frames.iter().enumerate() {
                let decoded = stack.read(index).unwrap_or_else(|error| panic!("{name} {index}: {error}"));
                assert_eq!((decoded.height, decoded.width), (expected.height, expected.width), "{name}");
                assert_eq!((facts(&decoded), decoded.samples.bit_depth()), (*frame, bits), "{name} {index}");
            }
        } else {
            let decoded = decode(&file).unwrap_or_else(|error| panic!("{name}: {error}"));
            assert_eq!((facts(&decoded), decoded.samples.bit_depth()), (expected.frames[0], bits), "{name}");
            assert_eq!(expected.frames.len(), 1, "{name}");
        }
    }
}

#[test]
fn damaged_bytes_never_panic() {
    for name in all().keys() {
        let file = tempfile::Builder::new().suffix(name.as_str()).tempfile().unwrap();
        let bytes = fs::read(folder().join(name)).unwrap();
        for at in (0..bytes.len()).step_by(bytes.len() / 40 + 1) {
            let mut damaged = bytes.clone();
            damaged[at] ^= 0xA5;
            fs::write(file.path(), &damaged).unwrap();
            if let Ok(Some(mut stack)) = open(file.path(), None) {
                let _ = stack.read(0);
            }
            let _ = decode_bytes(&damaged);
        }
    }
}

#[test]
fn what_cannot_be_read_is_named() {
    let reason = |name: &str| match open(&folder().join(name), None) {
        Ok(_) => panic!("{name} was read"),
        Err(error) => error.to_string(),
    };
    assert!(reason("fortran.npy").contains("np.ascontiguousarray"));
    assert!(reason("modules.h5").contains("`entry/data/data` is of shape [2, 3, 4, 5]"));
    let missing = open(&folder().join("gzip.h5"), Some("entry/raw")).err().unwrap();
    assert!(missing.to_string().contains("`entry/raw`"), "{missing}");
    let alone = tempfile::tempdir().unwrap();
    for name in ["eiger_master.h5", "virtual.h5", "linked.h5"] {
        let file = alone.path().join(name);
        fs::copy(folder().join(name), &file).unwrap();
        let error = open(&file, None).err().map(|error| error.to_string()).unwrap_or_default();
        assert!(error.contains("which is missing"), "{name}: {error}");
    }
}

#[test]
fn a_scan_lists_frames_in_their_order_and_a_masters_once() {
    let place = tempfile::tempdir().unwrap();
    for name in ["eiger_master.h5", "eiger_data_000001.h5", "eiger_data_000002.h5", "stack.npy", "pilatus.cbf"] {
        fs::copy(folder().join(name), place.path().join(name)).unwrap();
    }
    let manifest = scan(place.path(), &ScanOptions::default(), &Silent).unwrap();
    let paths: Vec<&str> = manifest.records.iter().map(|record| record.path.as_str()).collect();
    let master = (0..8).map(|index| format!("eiger_master.h5#{index}"));
    let npy = (0..5).map(|index| format!("stack.npy#{index}"));
    let expected: Vec<String> = master.chain(["pilatus.cbf".to_owned()]).chain(npy).collect();
    assert_eq!(paths, expected);
    assert_eq!(
        (manifest.records[7].fields["dataset"].as_str(), &*manifest.records[7].fields["frame"]),
        ("eiger_master.h5", "7")
    );
    let mut ids = manifest.ids();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 14, "every frame has an id of its own");
    let named = ScanOptions { dataset: Some("entry/data".to_owned()), series: true, ..ScanOptions::default() };
    let named = scan(place.path(), &named, &Silent).unwrap();
    assert_eq!(named.records[2].path, "eiger_master.h5#entry/data#2");
    assert!(decode(&named.file(&named.records[2])).is_ok());
    assert_eq!(named.records[9].path, "stack.npy#0", "an array has no data sets to name");
}

#[test]
fn a_copy_holds_the_chosen_frames_in_the_same_format() {
    let place = tempfile::tempdir().unwrap();
    for (name, expected) in all() {
        let file = folder().join(&name);
        let Some(stack) = open(&file, None).unwrap() else { continue };
        let chosen: Vec<usize> = (0..stack.len()).rev().step_by(2).collect();
        let target = place.path().join(&name);
        copy_frames(&file, None, &chosen, &target).unwrap_or_else(|error| panic!("{name}: {error}"));
        let again = copy_frames(&file, None, &chosen, &target);
        assert!(again.is_err(), "{name}: an existing file was written over");
        if let Some(mut copy) = open(&target, None).unwrap() {
            assert_eq!(copy.len(), chosen.len(), "{name}");
            for (at, &index) in chosen.iter().enumerate() {
                assert_eq!(facts(&copy.read(at).unwrap()), expected.frames[index], "{name} {index}");
            }
        } else {
            assert_eq!((chosen.len(), facts(&decode(&target).unwrap())), (1, expected.frames[chosen[0]]), "{name}");
        }
    }
}
