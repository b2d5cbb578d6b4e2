use std::path::Path;

use proptest::prelude::*;

use super::*;
use crate::images::{ScanOptions, scan};
use crate::progress::Silent;

fn scanned(folder: &Path) -> Manifest {
    scan(folder, &ScanOptions::default(), &Silent).unwrap()
}

fn write_16(path: &Path, counts: &[u16]) {
    image::ImageBuffer::<image::Luma<u16>, _>::from_raw(counts.len() as u32, 1, counts.to_vec())
        .unwrap()
        .save(path)
        .unwrap();
}

fn write_float(path: &Path, counts: &[f32]) {
    let mut encoder = tiff::encoder::TiffEncoder::new(std::fs::File::create(path).unwrap()).unwrap();
    encoder.write_image::<tiff::encoder::colortype::Gray32Float>(counts.len() as u32, 1, counts).unwrap();
}

/// `numpy.quantile(values, share, method="inverted_cdf")`.
fn nearest_rank(values: &mut [f32], share: f64) -> f32 {
    values.sort_by(f32::total_cmp);
    values[((share * values.len() as f64).ceil() as usize).max(1) - 1]
}

#[test]
fn percentiles_are_exact_over_all_images_and_hot_pixels_do_not_count() {
    let folder = tempfile::tempdir().unwrap();
    let mut sixteen: Vec<u16> = (0..6000u32).map(|i| (1000 + i * 7 % 3000) as u16).collect();
    sixteen[17] = 65_535;
    write_16(&folder.path().join("a.png"), &sixteen[..2500]);
    write_16(&folder.path().join("b.png"), &sixteen[2500..]);
    let mut float: Vec<f32> = (0..5000).map(|i| ((i * 37 % 5000) as f32 - 1200.0) * 0.37).collect();
    float[5] = 4e9;
    let mut with_gaps = float.clone();
    with_gaps.extend([f32::NAN, f32::INFINITY, f32::NEG_INFINITY]);
    write_float(&folder.path().join("c.tif"), &with_gaps);
    let range = DepthRange::fit(&scanned(folder.path()), DepthPolicy::default(), &Silent);
    let mut as_float: Vec<f32> = sixteen.iter().map(|&count| f32::from(count)).collect();
    let span = |values: &mut [f32]| Span { low: nearest_rank(values, 0.001), high: nearest_rank(values, 0.999) };
    assert_eq!(range.bits16, Some(span(&mut as_float)));
    assert_eq!(range.bits32, Some(span(&mut float)));
    let full = DepthRange::fit(&scanned(folder.path()), DepthPolicy::Full, &Silent);
    assert_eq!(full.bits16, Some(Span { low: 0.0, high: 65_535.0 }));
    assert_eq!(full.bits32, Some(Span { low: -444.0, high: 4e9 }));
}

#[test]
fn eight_bit_images_are_never_opened() {
    let manifest = Manifest {
        root: "/nowhere".into(),
        records: vec![ImageRecord::known(crate::data::ImageId::of_bytes(b"x"), "x.png")],
        ..Manifest::default()
    };
    assert_eq!(DepthRange::fit(&manifest, DepthPolicy::default(), &Silent), DepthRange::default());
}

#[test]
fn counts_become_brightness() {
    let decoded = |samples: Samples, width| Decoded { height: 1, width, channels: 1, samples, mask: Mask::Camera };
    let span = Some(Span { low: 100.0, high: 200.0 });
    let range = DepthRange { bits16: span, bits32: span, ..DepthRange::default() };
    let shown = |decoded: &Decoded| range.apply(decoded).pixels.into_raw_vec_and_offset().0;
    assert_eq!(shown(&decoded(Samples::U8(vec![0, 7, 255]), 3)), [0.0, 7.0, 255.0]);
    assert_eq!(shown(&decoded(Samples::U16(vec![0, 100, 150, 200, 999]), 5)), [0.0, 0.0, 127.5, 255.0, 255.0]);
    let float = Samples::F32(vec![f32::NAN, f32::INFINITY, 150.0, -1e30]);
    assert_eq!(shown(&decoded(float, 4)), [0.0, 0.0, 127.5, 0.0]);
    let below = DepthRange { bits32: Some(Span { low: -3e38, high: 100.0 }), ..range };
    let nodata = decoded(Samples::F32(vec![-f32::MAX, f32::MAX, -3.4e38, 100.0]), 4);
    assert_eq!(below.apply(&nodata).pixels.into_raw_vec_and_offset().0, [0.0, 0.0, 0.0, 255.0]);
    let flat = DepthRange { bits16: Some(Span { low: 5.0, high: 5.0 }), bits32: None, ..DepthRange::default() };
    assert_eq!(flat.apply(&decoded(Samples::U16(vec![4, 5, 6]), 3)).pixels.sum(), 0.0);
    assert!(flat.covers(8) && flat.covers(16) && !flat.covers(32));
}

#[test]
fn the_recipe_reads_as_it_looks() {
    #[derive(Debug, Deserialize, Serialize)]
    struct Recipe {
        depth: DepthPolicy,
    }
    let parse = |text: &str| toml::from_str::<Recipe>(text).map(|recipe| recipe.depth);
    assert_eq!(parse("depth = 'auto'").unwrap(), DepthPolicy::default());
    assert_eq!(parse("depth = 'full'").unwrap(), DepthPolicy::Full);
    let fixed = DepthPolicy::Fixed(Span { low: 10.0, high: 4000.0 });
    assert_eq!(parse("depth = { low = 10, high = 4000 }").unwrap(), fixed);
    assert_eq!(parse(&toml::to_string(&Recipe { depth: fixed }).unwrap()).unwrap(), fixed);
    assert!(parse("depth = { low = 9, high = 4 }").unwrap_err().to_string().contains("low below high"));
    assert!(parse("depth = 'best'").unwrap_err().to_string().contains("expected `auto`, `full` or"));
}

proptest! {
    #[test]
    fn keys_order_as_floats_do(a in proptest::num::f32::NORMAL, b in proptest::num::f32::NORMAL) {
        prop_assert_eq!(a < b, ordered(a) < ordered(b));
        prop_assert_eq!(unordered(ordered(a)), a);
    }
}

#[test]
fn the_largest_count_is_what_the_file_is_or_the_recipe_says() {
    let span = Some(Span { low: 0.0, high: 65_535.0 });
    let shown = |counts, mask, samples: Samples| {
        let range = DepthRange { bits16: span, bits32: span, counts };
        let decoded = Decoded { height: 1, width: samples.len(), channels: 1, samples, mask };
        range.apply(&decoded).pixels.into_raw_vec_and_offset().0
    };
    let deep = || Samples::U16(vec![65_535, 0]);
    assert_eq!(shown(CountsPolicy::Auto, Mask::Camera, deep()), [255.0, 0.0]);
    assert_eq!(shown(CountsPolicy::Auto, Mask::Detector, deep()), [0.0, 0.0]);
    assert_eq!(shown(CountsPolicy::Detector, Mask::Camera, deep()), [0.0, 0.0]);
    assert_eq!(shown(CountsPolicy::Camera, Mask::Detector, deep()), [255.0, 0.0]);
    assert_eq!(shown(CountsPolicy::Camera, Mask::Marked, deep()), [0.0, 0.0]);
    assert_eq!(shown(CountsPolicy::Camera, Mask::Detector, Samples::U32(vec![u32::MAX])), [255.0]);
    let old: DepthRange = serde_json::from_str(r#"{"bits16":null,"bits32":null}"#).unwrap();
    assert_eq!(serde_json::to_string(&old).unwrap(), r#"{"bits16":null,"bits32":null}"#);
}

#[test]
fn rows_shown_one_by_one_give_the_bits_of_the_whole() {
    let n = 37 * 29 * 3;
    let decoded = |samples| Decoded { height: 37, width: 29, channels: 3, samples, mask: Mask::Detector };
    let span = Some(Span { low: 3.0, high: 60_000.0 });
    let range = DepthRange { bits16: span, bits32: span, ..DepthRange::default() };
    for decoded in [
        decoded(Samples::U8((0..n).map(|i| (i * 7 % 256) as u8).collect())),
        decoded(Samples::U16((0..n).map(|i| (i * 977 % 65_536) as u16).collect())),
        decoded(Samples::F32((0..n).map(|i| (i * 977 % 65_536) as f32 * 0.7).collect())),
    ] {
        for mode in [Resize::Stretch, Resize::Letterbox, Resize::Crop] {
            for size in [(16, 16), (64, 48), (37, 29)] {
                let whole = crate::images::resize(range.apply(&decoded), size, mode, Interpolation::Bilinear);
                assert_eq!(range.apply_resized(&decoded, size, mode, Interpolation::Bilinear), whole);
            }
        }
    }
}
