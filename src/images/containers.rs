//! One picture in as many containers as there are is one picture, and kinds of files that are seldom met are read as other
//! libraries read them: `tests/golden/containers/make.py`.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use serde::Deserialize;

use super::*;
use crate::progress::{Event, Note, Observer, Silent};

#[derive(Deserialize)]
struct Same {
    same8: Vec<f32>,
    same16: Vec<f32>,
    height: usize,
    width: usize,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Kind {
    Like { like: String },
    Of(Expected),
}

#[derive(Deserialize)]
struct Expected {
    channels: usize,
    depth: u8,
    frames: usize,
    tolerance: f32,
    left_out: String,
    /// Of all frames; `None` where a pixel was not measured.
    samples: Vec<Option<f32>>,
}

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/containers").join(name)
}

/// Counts, `None` where they are none.
fn counts(decoded: &Decoded) -> Vec<Option<f32>> {
    let marked = decoded.mask == Mask::Marked;
    match &decoded.samples {
        Samples::U8(counts) => counts.iter().map(|&count| Some(f32::from(count))).collect(),
        Samples::U16(counts) => {
            counts.iter().map(|&count| (!marked || count < u16::MAX).then_some(f32::from(count))).collect()
        }
        Samples::U32(counts) => {
            counts.iter().map(|&count| (!marked || count < u32::MAX).then_some(count as f32)).collect()
        }
        Samples::F32(counts) => counts.iter().map(|&count| (!count.is_nan()).then_some(count)).collect(),
    }
}

#[test]
fn one_picture_in_every_container() {
    let same: Same = serde_json::from_str(&fs::read_to_string(folder("same.json")).unwrap()).unwrap();
    for (name, pixels) in [("same8", same.same8), ("same16", same.same16)] {
        let manifest = scan(&folder(name), &ScanOptions::default(), &Silent).unwrap();
        assert!(manifest.skipped.is_empty(), "{:?}", manifest.skipped);
        let files = fs::read_dir(folder(name)).unwrap().count();
        assert_eq!(manifest.records.len(), files, "{name}");
        for record in &manifest.records {
            let decoded = decode(&manifest.file(record)).unwrap_or_else(|error| panic!("{}: {error}", record.path));
            assert_eq!(
                (decoded.height, decoded.width, decoded.channels),
                (same.height, same.width, 1),
                "{}",
                record.path
            );
            assert_eq!((record.height as usize, record.width as usize), (same.height, same.width), "{}", record.path);
            assert_eq!(record.bit_depth, decoded.samples.bit_depth(), "{}", record.path);
            let counts: Vec<f32> = counts(&decoded).into_iter().map(Option::unwrap).collect();
            assert_eq!(counts, pixels, "{name}/{}", record.path);
        }
    }
}

#[test]
fn seldom_kinds_are_what_other_libraries_say() {
    struct Parts(Mutex<BTreeMap<String, String>>);
    impl Observer for Parts {
        fn on(&self, event: Event<'_>) {
            if let Event::Note(Note::PartlyRead { first, left_out, .. }) = event {
                let name = first.file_name().unwrap().to_string_lossy().into_owned();
                self.0.lock().unwrap().insert(name, left_out.clone());
            }
        }
    }
    let kinds: BTreeMap<String, Kind> =
        serde_json::from_str(&fs::read_to_string(folder("kinds.json")).unwrap()).unwrap();
    for (name, kind) in &kinds {
        let expected = match kind {
            Kind::Of(expected) => expected,
            Kind::Like { like } => match &kinds[like] {
                Kind::Of(expected) => expected,
                Kind::Like { .. } => panic!("{name}: like {like}, which is like another"),
            },
        };
        let parts = Parts(Mutex::new(BTreeMap::new()));
        let manifest = scan(&folder("kinds").join(name), &ScanOptions::default(), &parts).unwrap();
        assert_eq!((manifest.records.len(), &*manifest.skipped), (expected.frames, &[][..]), "{name}");
        let parts = parts.0.into_inner().unwrap();
        match parts.get(name) {
            Some(left_out) => {
                assert!(!expected.left_out.is_empty() && left_out.contains(&expected.left_out), "{name}: {left_out}");
            }
            None => assert_eq!(expected.left_out, "", "{name}"),
        }
        let mut found = Vec::new();
        for record in &manifest.records {
            let decoded = decode(&manifest.file(record)).unwrap_or_else(|error| panic!("{}: {error}", record.path));
            assert_eq!((decoded.channels, record.bit_depth), (expected.channels, expected.depth), "{}", record.path);
            assert_eq!(record.bit_depth, decoded.samples.bit_depth(), "{}", record.path);
            found.extend(counts(&decoded));
        }
        assert_eq!(found.len(), expected.samples.len(), "{name}");
        for (at, (ours, theirs)) in found.iter().zip(&expected.samples).enumerate() {
            match (ours, theirs) {
                (Some(ours), Some(theirs)) => {
                    assert!((ours - theirs).abs() <= expected.tolerance, "{name} {at}: {ours} {theirs}");
                }
                (ours, theirs) => assert_eq!(ours.is_none(), theirs.is_none(), "{name} {at}: {ours:?} {theirs:?}"),
            }
        }
    }
}

#[test]
fn kept_frames_are_the_files_own_byte_by_byte() {
    let place = tempfile::tempdir().unwrap();
    for name in [
        "imagej.tif",
        "rgb_pages.tif",
        "planar_pages.tif",
        "white_pages.tif",
        "pages.tif.gz",
        "stack.npy.gz",
        "several.edf.gz",
    ] {
        let (file, target) = (folder("kinds").join(name), place.path().join(name));
        let frame = |file: &Path, index: usize| decode(Path::new(&format!("{}#{index}", file.display()))).unwrap();
        copy_frames(&file, None, &[1, 0], &target).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!((frame(&target, 0), frame(&target, 1)), (frame(&file, 1), frame(&file, 0)), "{name}");
    }
}

#[test]
fn damage_is_found_by_the_checksums_and_the_pixels() {
    let reason = |bytes: &[u8]| decode_bytes(bytes).unwrap_err().to_string();
    let golden = |name: &str| fs::read(folder(name)).unwrap();
    let flipped = |name: &str, at: usize| {
        let mut bytes = golden(name);
        bytes[at] ^= 1;
        bytes
    };
    let png = golden("same8/grey.png");
    let at = png.windows(4).position(|window| window == b"IDAT").unwrap() + 9;
    assert!(reason(&flipped("same8/grey.png", at)).starts_with("corrupt PNG image: the checksum of its chunk `IDAT`"));
    let whole = decode_bytes(&png).unwrap();
    assert_eq!(decode_bytes(&png[..png.len() - 12]).unwrap(), whole, "pixels are whole without the end mark");
    // Half the pixels in a chunk whose checksum holds.
    let start = at - 9;
    let mut half = png[..start + 100].to_vec();
    half[start - 4..start].copy_from_slice(&96_u32.to_be_bytes());
    half.extend(crc32fast::hash(&half[start..]).to_be_bytes());
    half.extend(&png[png.len() - 12..]);
    assert!(reason(&half).contains("PNG"));
    let cbf = golden("same16/fabio.cbf");
    let at = cbf.windows(4).position(|window| window == [0x0C, 0x1A, 0x04, 0xD5]).unwrap() + 40;
    assert_eq!(
        reason(&flipped("same16/fabio.cbf", at)),
        "corrupt CBF image: its MD5 does not hold: the pixels are damaged"
    );
    let packed = golden("same8/packed.edf.gz");
    assert!(reason(&flipped("same8/packed.edf.gz", packed.len() - 6)).contains("gzip"));
    assert_eq!(reason(&packed[..packed.len() - 9]), "truncated gzip image: the file ends too early");
    for name in ["baseline", "progressive", "restarts"] {
        let jpeg = golden(&format!("kinds/{name}.jpg"));
        for part in [2, 4, 6, 7] {
            let half = [&jpeg[..jpeg.len() * part / 8], &[0xFF, 0xD9]].concat();
            assert!(reason(&half).contains("JPEG"), "{name}: {part} eighths");
        }
    }
}
