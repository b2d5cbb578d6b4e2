//! The same picture in many containers gives the same numbers; what a file declares is bounded; what is not read is named.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::Path;

use arrow_array::cast::AsArray;
use arrow_array::types::Float32Type;
use image::ImageFormat;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

use crate::pictures::{encode, fill, pattern};
use crate::workplace::{QUICK, Workplace, copy_folder, repository};

/// The features of every image in the store below `folder`, by path.
fn features(folder: &Path) -> BTreeMap<String, Vec<f32>> {
    let mut found = BTreeMap::new();
    for entry in walkdir::WalkDir::new(folder) {
        let path = entry.unwrap().into_path();
        if path.extension().is_none_or(|extension| extension != "parquet") {
            continue;
        }
        let reader = ParquetRecordBatchReaderBuilder::try_new(File::open(&path).unwrap()).unwrap().build().unwrap();
        for batch in reader {
            let batch = batch.unwrap();
            let paths = batch.column_by_name("path").unwrap().as_string::<i32>();
            let rows = batch.column_by_name("embedding").unwrap().as_fixed_size_list();
            for row in 0..batch.num_rows() {
                let values = rows.value(row).as_primitive::<Float32Type>().values().to_vec();
                found.insert(paths.value(row).to_owned(), values);
            }
        }
    }
    found
}

#[test]
fn one_picture_has_one_row_of_features_whatever_holds_it() {
    for name in ["same8", "same16"] {
        let place = Workplace::new("containers");
        let golden = repository().join("tests/golden/containers").join(name);
        copy_folder(&golden, &place.path(name));
        let n = fs::read_dir(&golden).unwrap().count();
        place.rails(&["cluster", name, "-q", "--set", "cluster.kmeans.k=2"]);
        let rows = features(&place.path("."));
        assert_eq!(rows.len(), n, "{name}: {:?}", rows.keys());
        let (first, expected) = rows.first_key_value().unwrap();
        for (path, row) in &rows {
            assert_eq!(row, expected, "{name}: {path} is not {first}");
        }
    }
}

/// Headers that promise more than anybody should allocate, and files that never end.
fn bombs() -> Vec<(&'static str, Vec<u8>, &'static str)> {
    let npy = |shape: &str| {
        let text = format!("{{'descr': '<u2', 'fortran_order': False, 'shape': {shape}, }}");
        let mut file = b"\x93NUMPY\x01\0\x76\0".to_vec();
        file.extend(format!("{text:<117}\n").into_bytes());
        file
    };
    let edf = |width: &str| {
        let text = format!("{{\nDataType = UnsignedShort ;\nDim_1 = {width} ;\nDim_2 = {width} ;\n");
        format!("{text:<510}}}\n").into_bytes()
    };
    let tiff = |width: u32, next: u32| {
        let mut file = b"II*\0\x08\0\0\0\x08\0".to_vec();
        for (tag, value) in
            [(256_u16, width), (257, width), (258, 8), (259, 1), (262, 1), (273, 8), (278, width), (279, width)]
        {
            file.extend([tag.to_le_bytes(), 4_u16.to_le_bytes()].concat());
            file.extend([1_u32.to_le_bytes(), value.to_le_bytes()].concat());
        }
        file.extend(next.to_le_bytes());
        file.resize(300, 0);
        file
    };
    let mut gif = b"GIF89a\xFF\xFF\xFF\xFF\0\0\0,\0\0\0\0\xFF\xFF\xFF\xFF\0\x02\x02\x4C\x01\0;".to_vec();
    gif.extend([0; 20]);
    let mut bmp = b"BM\0\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0".to_vec();
    bmp.extend([0x7FFF_FFFF_u32.to_le_bytes(), 40_000_u32.to_le_bytes()].concat());
    bmp.extend([1, 0, 24, 0]);
    bmp.resize(80, 0);
    let cbf = "###CBF: VERSION 1.5\r\nconversions=\"x-CBF_BYTE_OFFSET\"\r\nX-Binary-Size: 9999999999\r\n\
               X-Binary-Size-Fastest-Dimension: 40000\r\nX-Binary-Size-Second-Dimension: 40000\r\n\r\n";
    vec![
        ("shape.npy", npy("(500000000, 4096, 4096)"), "fewer numbers"),
        ("overflow.npy", npy("(9223372036854775807, 9223372036854775807)"), "fewer numbers"),
        ("wide.edf", edf("40000"), "shorter"),
        ("overflow.edf", edf("9999999999999"), ""),
        ("wide.tif", tiff(40_000, 0), "--max-pixels"),
        ("wider.tif", tiff(u32::MAX, 0), "--max-pixels"),
        ("circle.tif", tiff(4, 8), "circle"),
        ("wide.pgm", b"P5 40000 40000 255\n".to_vec(), "--max-pixels"),
        ("wide.gif", gif, "--max-pixels"),
        ("wide.bmp", bmp, ""),
        ("wide.cbf", [cbf.as_bytes(), b"\x0C\x1A\x04\xD5", &[0; 50]].concat(), "fewer pixels"),
    ]
}

#[test]
fn what_is_declared_is_bounded_and_the_good_images_live() {
    let place = Workplace::new("containers");
    fill(&place.path("mixed"), 4, 24);
    let bombs = bombs();
    for (name, bytes, _) in &bombs {
        place.write(&format!("mixed/{name}"), bytes);
    }
    place.write("mixed/large.png", encode(pattern(1, 90), ImageFormat::Png));
    let arguments = ["cluster", "mixed", "-q", "--max-pixels", "8k"];
    let ended = place.rails(&[&arguments[..], &QUICK[..]].concat()).with(3);
    assert!(!ended.stderr.contains("panicked"), "{}", ended.stderr);
    let run = place.newest("cluster");
    assert_eq!(place.table(format!("{run}/images.csv")).len(), 4);
    let skipped: BTreeMap<String, String> = place
        .table(format!("{run}/skipped.csv"))
        .into_iter()
        .map(|row| (row["path"].clone(), row["reason"].clone()))
        .collect();
    for (name, _, word) in &bombs {
        assert!(skipped[*name].contains(word), "{name}: {}", skipped[*name]);
    }
    assert_eq!(skipped["large.png"], "too large: 90×90 pixels is more than the limit of 8000 pixels (--max-pixels)");
    place.rails(&["tile", "mixed", "--size", "8", "--max-pixels", "none"]).with(2).saying(&["500M"]);
}

#[test]
fn what_is_not_read_is_named_and_what_others_made_is_passed_over() {
    let place = Workplace::new("containers");
    fill(&place.path("mixed"), 3, 24);
    let png = encode(pattern(5, 24), ImageFormat::Png);
    let jpeg = encode(pattern(6, 24), ImageFormat::Jpeg);
    for (name, bytes) in [
        ("@eaDir/a.png/SYNOPHOTO_THUMB_M.jpg", &jpeg),
        ("._a.jpg", &png),
        (".DS_Store", &png),
        ("Thumbs.db", &png),
        ("phone.HEIC", &png),
        ("camera.NEF", &png),
        ("web.jfif", &jpeg),
        ("old.jpe", &jpeg),
        ("really-a-png.jpg", &png),
        ("zero.png", &Vec::new()),
    ] {
        place.write(&format!("mixed/{name}"), bytes);
    }
    fs::copy(repository().join("tests/golden/images/animated.gif"), place.path("mixed/animated.gif")).unwrap();
    let ended = place.rails(&[&["cluster", "mixed", "-v"], &QUICK[..]].concat()).with(3);
    let ended = ended.saying(&["read without 1 of 2 pictures: `", "not the name: PNG is in `"]);
    assert!(!ended.stderr.contains("panicked"));
    let run = place.newest("cluster");
    let read: Vec<String> =
        place.table(format!("{run}/images.csv")).into_iter().map(|row| row["path"].clone()).collect();
    assert_eq!(read.len(), 3 + 4, "{read:?}");
    let skipped: BTreeMap<String, String> = place
        .table(format!("{run}/skipped.csv"))
        .into_iter()
        .map(|row| (row["path"].clone(), row["reason"].clone()))
        .collect();
    // What a spreadsheet would take for a formula has an apostrophe before it.
    assert_eq!(skipped.keys().collect::<Vec<_>>(), ["'@eaDir", "camera.NEF", "phone.HEIC", "zero.png"]);
    assert_eq!(skipped["phone.HEIC"], "HEIC image (.heic): cannot be read; convert it to PNG or TIFF");
    assert!(skipped["'@eaDir"].contains("Synology"));
}

#[test]
fn white_of_a_camera_is_white_in_one_page_and_in_two_unless_the_recipe_says_detector() {
    let place = Workplace::new("containers");
    fs::create_dir_all(place.path("mixed")).unwrap();
    for name in ["saturated_one.tif", "saturated_two.tif"] {
        fs::copy(repository().join("tests/golden/containers/kinds").join(name), place.path(format!("mixed/{name}")))
            .unwrap();
    }
    let clustered = |name: &str, counts: &str| {
        let setting = format!("dataset.counts={counts}");
        let set = ["--set", "cluster.kmeans.k=2", "--set", &setting, "--name", name, "--cache", name];
        let ended = place.rails(&[&["cluster", "mixed"], &set[..]].concat());
        (features(&place.path(name)), ended.stderr)
    };
    for (counts, word) in [("auto", "is white"), ("camera", "is white"), ("detector", "was not measured")] {
        let (rows, said) = clustered(counts, counts);
        assert_eq!(rows["saturated_one.tif"], rows["saturated_two.tif#0"], "{counts}");
        assert!(said.contains(&format!("65535 {word} in 2 of the images")), "{said}");
    }
}
