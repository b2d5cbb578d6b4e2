//! A folder of files that are broken in every way: the good ones are clustered, the bad ones listed with the reason.

use std::collections::BTreeMap;
use std::fs;

use image::{DynamicImage, GrayImage, ImageBuffer, ImageFormat, Luma, LumaA, Rgba};

use crate::pictures::{colour, encode, fill, pattern};
use crate::workplace::{QUICK, Workplace, names, repository};

/// A PNG header that promises far more than it brings.
fn huge_header() -> Vec<u8> {
    let mut png = encode(GrayImage::new(4, 4), ImageFormat::Png);
    png[16..24].copy_from_slice(&[0, 3, 0xd0, 0x90, 0, 3, 0xd0, 0x90]); // 250,000 × 250,000
    let sum = crc32(&png[12..29]);
    png[29..33].copy_from_slice(&sum.to_be_bytes());
    png
}

/// The checksum of PNG chunks.
fn crc32(bytes: &[u8]) -> u32 {
    let step = |crc: u32, byte: &u8| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| if crc & 1 == 1 { 0xedb8_8320 ^ (crc >> 1) } else { crc >> 1 })
    };
    !bytes.iter().fold(!0, step)
}

fn half(bytes: &[u8]) -> Vec<u8> {
    bytes[..bytes.len() / 2].to_vec()
}

/// Unusual but whole: these must come through.
fn good(place: &Workplace) -> Vec<&'static str> {
    let golden = |name: &str| fs::read(repository().join("tests/golden/images").join(name)).unwrap();
    let deep: ImageBuffer<Luma<u16>, Vec<u16>> = ImageBuffer::from_fn(40, 40, |x, y| Luma([(x * y * 9) as u16]));
    let alpha = ImageBuffer::from_fn(40, 40, |x, y| Rgba([x as u8, y as u8, 9, (x * 6) as u8]));
    let grey_alpha = ImageBuffer::from_fn(40, 40, |x, y| LumaA([x as u8 * 5, y as u8]));
    let files: [(&str, Vec<u8>); 12] = [
        ("1x1.png", encode(GrayImage::from_pixel(1, 1, Luma([9])), ImageFormat::Png)),
        ("16-bit.png", encode(deep.clone(), ImageFormat::Png)),
        ("16-bit.tif", encode(deep, ImageFormat::Tiff)),
        ("alpha.png", encode(alpha, ImageFormat::Png)),
        ("animated.gif", golden("animated.gif")),
        ("cmyk.jpg", golden("cmyk.jpg")),
        ("colour.webp", golden("rgb.webp")),
        ("grey-alpha.png", encode(grey_alpha, ImageFormat::Png)),
        ("palette.png", golden("palette.png")),
        ("pbm.pgm", golden("grey.pgm")),
        ("really-a-png.jpg", encode(pattern(3, 40), ImageFormat::Png)),
        ("wide.bmp", encode(DynamicImage::ImageRgb8(colour(40)), ImageFormat::Bmp)),
    ];
    files
        .map(|(name, bytes)| {
            place.write(&format!("mixed/{name}"), bytes);
            name
        })
        .to_vec()
}

/// Broken: each must be listed, with a reason that contains the word.
fn bad(place: &Workplace) -> BTreeMap<&'static str, &'static str> {
    let png = encode(pattern(1, 60), ImageFormat::Png);
    let mut flipped = png.clone();
    let middle = flipped.len() / 2;
    flipped[middle] ^= 0xff;
    let files: [(&str, Vec<u8>, &str); 11] = [
        ("empty.png", Vec::new(), "empty file"),
        ("cut.png", half(&png), "truncated"),
        ("cut.jpg", half(&encode(DynamicImage::ImageRgb8(colour(80)), ImageFormat::Jpeg)), "truncated"),
        ("cut.tif", half(&encode(pattern(2, 60), ImageFormat::Tiff)), ""),
        ("cut.bmp", half(&encode(pattern(2, 60), ImageFormat::Bmp)), ""),
        ("flipped.png", flipped, "corrupt"),
        ("signature.png", png[..8].to_vec(), ""),
        ("text.png", b"I am no image, whatever my name".to_vec(), "not an image"),
        ("zeros.jpg", vec![0; 5000], "not an image"),
        ("huge.png", huge_header(), "too large"),
        ("page.webp", b"<html><body>404 Not Found</body></html>".to_vec(), "not an image"),
    ];
    let mut reasons = BTreeMap::new();
    for (name, bytes, reason) in files {
        place.write(&format!("mixed/{name}"), bytes);
        reasons.insert(name, reason);
    }
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink("nowhere.png", place.path("mixed/dangling.png")).unwrap();
        std::os::unix::fs::symlink(".", place.path("mixed/loop")).unwrap();
        std::os::unix::fs::symlink("..", place.path("mixed/above")).unwrap();
        reasons.insert("dangling.png", "link to nothing");
        reasons.insert("loop", "above itself");
        reasons.insert("above", "above itself");
    }
    reasons
}

#[test]
fn broken_files_are_listed_and_the_rest_is_unharmed() {
    let place = Workplace::new("broken");
    let good = good(&place);
    let bad = bad(&place);
    fill(&place.path("mixed/folder.png"), 3, 24); // a folder that is named like an image
    place.write("mixed/notes.txt", "no business of ours");
    place.write("mixed/.hidden.png", "nor this");

    let ended = place.rails(&[&["cluster", "mixed", "-v"], &QUICK[..]].concat()).with(3);
    assert!(!ended.stderr.contains("panicked"), "{}", ended.stderr);
    let run = place.newest("cluster");
    let skipped: BTreeMap<String, String> = place
        .table(format!("{run}/skipped.csv"))
        .into_iter()
        .map(|row| (row["path"].clone(), row["reason"].clone()))
        .collect();
    let paths: Vec<String> =
        place.table(format!("{run}/images.csv")).into_iter().map(|row| row["path"].clone()).collect();
    for name in good {
        assert!(paths.iter().any(|path| path == name), "{name} was left out: {:?}", skipped.get(name));
    }
    assert_eq!(paths.iter().filter(|path| path.starts_with("folder.png/")).count(), 3);
    for (name, word) in &bad {
        let reason = skipped.get(*name).unwrap_or_else(|| panic!("{name} is not listed in {skipped:#?}"));
        assert!(!reason.is_empty() && reason.contains(word), "{name}: {reason}");
        assert!(ended.stderr.contains(reason), "-v does not tell: {reason}");
    }
    assert!(!skipped.contains_key("notes.txt") && !skipped.contains_key(".hidden.png"));
    assert_eq!(paths.len() + skipped.len(), 12 + 3 + bad.len(), "{paths:#?} {skipped:#?}");

    // The second time all of that is known, and the outcome is the same.
    let again = place.rails(&[&["cluster", "mixed", "-q", "--json", "--name", "again"], &QUICK[..]].concat()).with(3);
    assert_eq!(again.json()["computed"], 0);
    assert_eq!(
        place.read(format!("{run}/skipped.csv")),
        place.read(format!("{}/skipped.csv", place.newest("cluster")))
    );
}

#[test]
fn only_broken_files_is_a_failure_that_says_why() {
    let place = Workplace::new("broken");
    place.write("datasets/bad/a.png", "text");
    place.rails(&["cluster"]).with(1).saying(&["no images to work on", "not an image"]);
    place.write("datasets/bad/a.png", half(&encode(pattern(1, 60), ImageFormat::Png)));
    let ended = place.rails(&["cluster"]).with(1);
    assert!(ended.stderr.contains("error: ") && !ended.stderr.contains("panicked"), "{}", ended.stderr);
    assert!(!place.path("experiments/runs").exists() || names(&place.path("experiments/runs")).is_empty());
}

#[cfg(unix)]
#[test]
fn a_folder_that_may_not_be_read_is_listed() {
    use std::os::unix::fs::PermissionsExt;
    let place = Workplace::new("broken");
    fill(&place.path("mixed"), 4, 24);
    fill(&place.path("mixed/locked"), 2, 24);
    fs::set_permissions(place.path("mixed/locked"), fs::Permissions::from_mode(0o000)).unwrap();
    let may_all = fs::read_dir(place.path("mixed/locked")).is_ok(); // root may
    let ended = place.rails(&[&["cluster", "mixed", "-q"], &QUICK[..]].concat());
    fs::set_permissions(place.path("mixed/locked"), fs::Permissions::from_mode(0o755)).unwrap();
    ended.with(if may_all { 0 } else { 3 });
    if !may_all {
        let skipped = place.table(format!("{}/skipped.csv", place.newest("cluster")));
        assert_eq!((skipped[0]["path"].as_str(), skipped[0]["reason"].as_str()), ("locked", "permission denied"));
    }
}
