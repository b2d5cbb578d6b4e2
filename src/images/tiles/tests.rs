use std::num::NonZeroU32;

use image::{ImageBuffer, Luma};

use super::*;
use crate::images::{Samples, ScanOptions, scan};
use crate::progress::Silent;

fn size(n: u32) -> Tiling {
    Tiling::side_by_side(NonZeroU32::new(n).unwrap())
}

fn gradient(side: u32) -> ImageBuffer<Luma<u16>, Vec<u16>> {
    ImageBuffer::from_fn(side, side, |x, y| Luma([(y * side + x) as u16 * 50]))
}

#[test]
fn tiles_keep_depth_and_folders_and_are_found_again_as_tiles() {
    let input = tempfile::tempdir().unwrap();
    std::fs::create_dir(input.path().join("day 1")).unwrap();
    gradient(10).save(input.path().join("day 1/wafer.png")).unwrap();
    gradient(10).save(input.path().join("day 1/wafer.tif")).unwrap();
    gradient(3).save(input.path().join("small.png")).unwrap();
    let manifest = scan(input.path(), &ScanOptions::default(), &Silent).unwrap();
    let output = tempfile::tempdir().unwrap().path().join("tiles");
    std::fs::create_dir_all(output.parent().unwrap()).unwrap();
    let summary = cut(&manifest, &size(4), &output, &Silent).unwrap();
    assert_eq!((summary.images, summary.tiles), (2, 8));
    assert_eq!(summary.skipped[0].path, "small.png");
    assert_eq!(summary.skipped[0].reason, "3×3 pixels are too few for a tile of 4×4");

    let tiles = scan(&output, &ScanOptions::default(), &Silent).unwrap();
    assert_eq!(tiles.records.len(), 8);
    assert_eq!(tiles.records[0].path, "day 1/wafer-2_1,1.png");
    let last = &tiles.records[7];
    assert_eq!(last.path, "day 1/wafer_2,2.png");
    let parent = manifest.records.iter().find(|record| record.path == "day 1/wafer.png").unwrap();
    assert_eq!(last.id, parent.id.tile([4, 4, 4, 4]));
    let origin = last.tile.unwrap();
    assert_eq!((origin.parent, origin.row, origin.column), (parent.id, 2, 2));
    let Samples::U16(counts) = decode(&tiles.file(last)).unwrap().samples else { panic!("16 bits were lost") };
    assert_eq!(counts[..5], [44, 45, 46, 47, 54].map(|count| count * 50));

    let error = cut(&manifest, &size(4), &output, &Silent).unwrap_err();
    assert!(error.to_string().starts_with("the output exists"));
    std::fs::remove_dir_all(output.parent().unwrap()).unwrap();
}

#[test]
fn nothing_is_left_where_no_tile_fits() {
    let input = tempfile::tempdir().unwrap();
    gradient(3).save(input.path().join("small.png")).unwrap();
    let manifest = scan(input.path(), &ScanOptions::default(), &Silent).unwrap();
    let place = tempfile::tempdir().unwrap();
    let error = cut(&manifest, &size(4), &place.path().join("tiles"), &Silent).unwrap_err();
    assert_eq!(error.to_string(), "not one tile could be cut from 1 images");
    assert_eq!(std::fs::read_dir(place.path()).unwrap().count(), 0);
}

#[test]
fn floats_stay_floats() {
    let input = tempfile::tempdir().unwrap();
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/images/float.tif");
    fs::copy(&golden, input.path().join("float.tif")).unwrap();
    let manifest = scan(input.path(), &ScanOptions::default(), &Silent).unwrap();
    let place = tempfile::tempdir().unwrap();
    let two = NonZeroU32::new(2).unwrap();
    let grid = Tiling::Grid { rows: NonZeroU32::MIN, columns: two, half_width: None };
    cut(&manifest, &grid, &place.path().join("tiles"), &Silent).unwrap();
    let whole = decode(&golden).unwrap();
    let left = decode(&place.path().join("tiles/float_1,1.tif")).unwrap();
    let (Samples::F32(whole), Samples::F32(tile)) = (whole.samples, left.samples) else { panic!("floats were lost") };
    let bits = |counts: &[f32]| counts.iter().map(|count| count.to_bits()).collect::<Vec<_>>();
    assert_eq!((left.height, left.width), (5, 4));
    assert_eq!(bits(&tile[4..8]), bits(&whole[7..11]));
}
