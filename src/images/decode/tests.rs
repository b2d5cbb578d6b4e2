use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Deserialize;

use super::*;

#[derive(Deserialize)]
struct Expected {
    shape: (usize, usize, usize),
    depth: u8,
    tolerance: f32,
    /// `None` where the sample is no finite number.
    samples: Vec<Option<f32>>,
}

fn golden(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden/images").join(name)
}

fn all() -> BTreeMap<String, Expected> {
    serde_json::from_str(include_str!("../../../tests/golden/images/expected.json")).unwrap()
}

fn counts(samples: &Samples) -> Vec<f32> {
    match samples {
        Samples::U8(counts) => counts.iter().map(|&count| f32::from(count)).collect(),
        Samples::U16(counts) => counts.iter().map(|&count| f32::from(count)).collect(),
        Samples::U32(counts) => counts.iter().map(|&count| count as f32).collect(),
        Samples::F32(counts) => counts.clone(),
    }
}

#[test]
fn decodes_as_pillow_does() {
    for (name, expected) in all() {
        let bytes = read(&golden(&name)).unwrap();
        let decoded = decode_bytes(&bytes).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!((decoded.height, decoded.width, decoded.channels), expected.shape, "{name}");
        assert_eq!(decoded.samples.bit_depth(), expected.depth, "{name}");
        let header = read_header(&bytes).unwrap();
        assert_eq!((header.height as usize, header.width as usize), (decoded.height, decoded.width), "{name}");
        assert_eq!(header.bit_depth, expected.depth, "{name}");
        for (at, (ours, theirs)) in counts(&decoded.samples).iter().zip(&expected.samples).enumerate() {
            match theirs {
                Some(theirs) => assert!((ours - theirs).abs() <= expected.tolerance, "{name} {at}: {ours} {theirs}"),
                None => assert!(!ours.is_finite(), "{name} {at}: {ours}"),
            }
        }
    }
}

#[test]
fn half_a_file_is_an_error_and_never_a_panic() {
    for name in all().keys() {
        let bytes = read(&golden(name)).unwrap();
        for keep in [1, 3, 9, bytes.len() / 4, bytes.len() / 2, bytes.len() * 3 / 4] {
            match decode_bytes(&bytes[..keep]) {
                Err(error) => assert!(error.is_permanent(), "{name}: {error}"),
                // The first frame of an animation is whole long before the file ends.
                Ok(_) => assert!(name == "animated.gif", "{name}: {keep} of {} bytes", bytes.len()),
            }
        }
    }
}

#[test]
fn damaged_bytes_never_panic() {
    for name in all().keys() {
        let bytes = read(&golden(name)).unwrap();
        for at in (0..bytes.len()).step_by(bytes.len() / 60 + 1) {
            for value in [0, 0x7F, 0xFF] {
                let mut damaged = bytes.clone();
                damaged[at] = value;
                // Either answer is fine; pixels may have changed.
                let _ = decode_bytes(&damaged);
                let _ = read_header(&damaged);
            }
        }
    }
}

#[test]
fn reasons_are_plain() {
    let reason = |bytes: &[u8]| decode_bytes(bytes).unwrap_err().to_string();
    assert_eq!(reason(b""), "empty file");
    assert_eq!(reason(b"hello, I am a text"), "not an image: unknown content");
    assert_eq!(reason(b"qoif\0\0\0\0\0\0\0\0"), "unsupported QOI image: no decoder for it");
    let jpeg = read(&golden("grey.jpg")).unwrap();
    assert_eq!(reason(&jpeg[..jpeg.len() - 30]), "truncated JPEG image: its picture ends too early");
    let png = read(&golden("grey.png")).unwrap();
    assert!(reason(&png[..60]).starts_with("truncated PNG image"), "{}", reason(&png[..60]));
    let missing = decode(std::path::Path::new("nowhere.png")).unwrap_err();
    assert_eq!(missing.to_string(), "file not found");
    assert!(!missing.is_permanent());
}

#[test]
fn a_bomb_is_refused_by_its_header() {
    let bytes = b"P5 60000 60000 255\n".to_vec();
    let error = read_header(&bytes).unwrap_err().to_string();
    assert_eq!(error, "too large: 60000×60000 pixels is more than the limit of 1100000000 pixels (--max-pixels)");
}

#[test]
fn an_orientation_tag_is_not_followed_and_said() {
    let mut jpeg = Vec::new();
    let encoder = image::codecs::jpeg::JpegEncoder::new(&mut jpeg);
    image::GrayImage::new(16, 8).write_with_encoder(encoder).unwrap();
    assert_eq!(left_out(&jpeg), None);
    // A TIFF directory of one entry, behind the start of the image: orientation, one short.
    for (orientation, said) in [(1, None), (6, Some(TURN.to_owned()))] {
        let mut exif = b"\xff\xe1\x00\x22Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0".to_vec();
        exif.extend([orientation, 0, 0, 0, 0, 0, 0, 0]);
        let turned = [&jpeg[..2], &exif, &jpeg[2..]].concat();
        assert_eq!(left_out(&turned), said);
        let decoded = decode_bytes(&turned).unwrap();
        assert_eq!((decoded.width, decoded.height), (16, 8));
    }
}
