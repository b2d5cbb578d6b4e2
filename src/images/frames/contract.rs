//! The contract of frame readers, present and future, over all files in `tests/golden/frames/`.

use std::collections::BTreeSet;
use std::fs;

use super::tests::{all, facts, folder};
use super::*;
use crate::images::decode;

/// Files of many frames that can be read, by name.
fn stacks() -> Vec<(String, PathBuf)> {
    let files = all().into_keys().map(|name| (folder().join(&name), name));
    files.filter(|(file, _)| open(file, None).unwrap().is_some()).map(|(file, name)| (name, file)).collect()
}

fn at(file: &Path, index: usize) -> FrameAddress {
    FrameAddress { file: file.to_owned(), dataset: None, index }
}

#[test]
fn there_is_a_file_of_every_format() {
    let formats = stacks().into_iter().filter_map(|(_, file)| FrameFormat::of(&fs::read(file).unwrap()));
    assert_eq!(formats.collect::<BTreeSet<_>>(), BTreeSet::from(FrameFormat::ALL));
}

#[test]
fn frames_are_as_many_and_as_large_as_the_header_says() {
    for (name, file) in stacks() {
        let mut stack = open(&file, None).unwrap().unwrap();
        assert_eq!(stack.len(), all()[&name].frames.len(), "{name}");
        let header = stack.header();
        for index in 0..stack.len() {
            let frame = stack.read(index).unwrap_or_else(|error| panic!("{name} {index}: {error}"));
            assert_eq!((frame.width, frame.height), (header.width as usize, header.height as usize), "{name} {index}");
            assert_eq!(frame.samples.len(), frame.width * frame.height * frame.channels, "{name} {index}");
            assert_eq!(frame.samples.bit_depth(), header.bit_depth, "{name} {index}");
        }
    }
}

#[test]
fn any_order_gives_the_frames_that_one_after_the_other_does() {
    for (name, file) in stacks() {
        let mut stack = open(&file, None).unwrap().unwrap();
        let n = stack.len();
        let expected: Vec<_> = (0..n).map(|index| facts(&stack.read(index).unwrap())).collect();
        let jumping = (0..3 * n).map(|step| (step * 7 + step / n) % n);
        for index in (0..n).rev().chain(jumping) {
            assert_eq!(facts(&stack.read(index).unwrap()), expected[index], "{name} {index}");
            assert_eq!(facts(&read(&at(&file, index)).unwrap()), expected[index], "{name} {index}, by its address");
        }
        let mut fresh = open(&file, None).unwrap().unwrap();
        assert_eq!(facts(&fresh.read(n - 1).unwrap()), expected[n - 1], "{name}: the last frame first");
    }
}

#[test]
fn a_frame_out_of_range_is_an_error_and_the_others_can_still_be_read() {
    for (name, file) in stacks() {
        let mut stack = open(&file, None).unwrap().unwrap();
        let first = facts(&stack.read(0).unwrap());
        for index in [stack.len(), stack.len() + 1, usize::MAX] {
            assert!(stack.read(index).is_err(), "{name} {index}");
            assert!(read(&at(&file, index)).is_err(), "{name} {index}, by its address");
        }
        assert_eq!(facts(&stack.read(0).unwrap()), first, "{name}");
    }
}

#[test]
fn a_cut_file_is_an_error_or_gives_its_true_frames() {
    let place = tempfile::tempdir().unwrap();
    for (name, expected) in all() {
        let bytes = fs::read(folder().join(&name)).unwrap();
        let lengths = (0..32).map(|part| bytes.len() * part / 32).chain([bytes.len().saturating_sub(1)]);
        for length in lengths {
            let file = place.path().join(&name);
            fs::write(&file, &bytes[..length]).unwrap();
            match open(&file, None) {
                Err(_) => {}
                Ok(None) => {
                    let read = decode(&file);
                    let is_true = read.as_ref().is_ok_and(|decoded| facts(decoded) == expected.frames[0]);
                    assert!(is_true || read.is_err(), "{name}: {length} bytes of it");
                }
                Ok(Some(stack)) => {
                    for index in 0..stack.len() {
                        let read = read(&at(&file, index));
                        let is_true = read.as_ref().is_ok_and(|frame| facts(frame) == expected.frames[index]);
                        assert!(is_true || read.is_err(), "{name} {index}: {length} bytes of it");
                    }
                }
            }
            fs::remove_file(&file).unwrap();
        }
    }
}
