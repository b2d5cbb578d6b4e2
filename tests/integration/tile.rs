//! `rails tile`

use std::collections::BTreeSet;

use image::{GrayImage, ImageBuffer, Luma};

use crate::pictures::pattern;
use crate::workplace::{Workplace, names};

#[test]
fn tiles_are_named_and_listed_by_place() {
    let place = Workplace::new("tile");
    std::fs::create_dir_all(place.path("big/sub")).unwrap();
    pattern(1, 130).save(place.path("big/a.png")).unwrap();
    let deep: ImageBuffer<Luma<u16>, Vec<u16>> = ImageBuffer::from_fn(64, 128, |x, y| Luma([(x * 500 + y) as u16]));
    deep.save(place.path("big/sub/deep.png")).unwrap();
    pattern(2, 20).save(place.path("big/small.png")).unwrap();

    let report = place.rails(&["tile", "big", "--size", "64", "--json", "-q"]).with(3).json();
    assert_eq!((report["tiles"].as_u64(), report["images"].as_u64()), (Some(6), Some(2)));
    assert!(report["skipped"][0]["reason"].as_str().unwrap().contains("20×20"), "{report}");
    let expected = ["a_1,1.png", "a_1,2.png", "a_2,1.png", "a_2,2.png", "sub", "tiles.csv"];
    assert_eq!(names(&place.path("big-tiles")), expected);
    let tile = image::open(place.path("big-tiles/sub/deep_2,1.png")).unwrap().into_luma16();
    assert_eq!(tile.dimensions(), (64, 64));
    assert_eq!(tile.get_pixel(3, 5), deep.get_pixel(3, 69), "16 bits stay 16 bits");

    place.rails(&["tile", "big", "--size", "64"]).with(1).saying(&["the output exists", "hint: "]);
    place.rails(&["tile", "big"]).with(2).saying(&["--size", "--grid"]);
    place.rails(&["tile", "big", "--size", "0"]).with(2).saying(&["at least 1"]);
    place.rails(&["tile", "big", "--grid", "3"]).with(2).saying(&["21x21"]);
    place.rails(&["tile", "lost", "--size", "64"]).with(1).saying(&["no such file or folder: `lost`"]);
}

#[test]
fn black_tiles_stay_apart_and_keep_their_ids_wherever_they_lie() {
    let place = Workplace::new("tile");
    std::fs::create_dir_all(place.path("wafer")).unwrap();
    GrayImage::new(96, 96).save(place.path("wafer/black.png")).unwrap();
    place.rails(&["tile", "wafer", "--grid", "3x3", "--output", "datasets/black"]).with(0);
    let ids: BTreeSet<String> = place.table("datasets/black/tiles.csv").iter().map(|row| row["id"].clone()).collect();
    assert_eq!(ids.len(), 9);

    let summary = place.rails(&["cluster", "--json", "-q", "--set", "cluster.kmeans.k=2"]).with(0).json();
    assert_eq!(
        (summary["dataset"]["n_images"].as_u64(), summary["dataset"]["n_duplicates"].as_u64()),
        (Some(9), Some(0))
    );
    let images = place.table(format!("{}/images.csv", place.newest("cluster")));
    assert_eq!(images.iter().map(|row| row["id"].clone()).collect::<BTreeSet<_>>(), ids);
}
