//! Values against numpy, scipy, scikit-image and OpenCV (`tests/golden/hand_made.py`), and what odd tiles get.

use std::collections::BTreeMap;

use ndarray::{Array3, Axis};
use serde::Deserialize;

use super::*;

#[derive(Deserialize)]
struct Golden {
    tiles: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    height: usize,
    width: usize,
    /// Two hexadecimal digits per pixel.
    levels: String,
    /// `None` where the value is not finite.
    features: BTreeMap<String, Vec<Option<f64>>>,
}

impl Case {
    fn image(&self) -> Image {
        let level = |at: usize| f32::from(u8::from_str_radix(&self.levels[2 * at..2 * at + 2], 16).unwrap());
        let levels = (0..self.height * self.width).map(level).collect();
        Image { pixels: Array3::from_shape_vec((self.height, self.width, 1), levels).unwrap() }
    }
}

#[test]
fn equals_scipy_scikit_image_and_opencv() {
    let golden: Golden = serde_json::from_str(include_str!("../../../tests/golden/hand_made.json")).unwrap();
    assert!(golden.tiles.len() >= 8);
    for (number, case) in golden.tiles.iter().enumerate() {
        let tile = GreyTile::new(&case.image());
        for (name, expected) in &case.features {
            let block = HandMadeBlock::ALL.into_iter().find(|block| block.name() == name);
            let block = block.unwrap_or_else(|| panic!("`{name}` has reference values and is no block"));
            let found = block.measure(&tile);
            // Columns that came later than the reference have no value there.
            assert!(found.len() >= expected.len(), "{block:?}");
            for ((found, expected), column) in found.iter().zip(expected).zip(block.columns()) {
                let contour =
                    matches!(block, HandMadeBlock::Curvature) || column.contains("dark") || column.contains("circ");
                let tolerance = if contour { 1e-2 } else { 1e-4 };
                match expected {
                    None => assert!(!found.is_finite(), "tile {number} {column}: {found} instead of none"),
                    Some(expected) => assert!(
                        (found - expected).abs() <= tolerance * expected.abs().max(1e-9),
                        "tile {number} {column}: {found} instead of {expected}"
                    ),
                }
            }
        }
    }
}

fn flat(height: usize, width: usize, channels: usize, level: f32) -> Image {
    Image { pixels: Array3::from_elem((height, width, channels), level) }
}

#[test]
fn tiles_of_any_size_have_a_value_for_every_column() {
    for block in HandMadeBlock::ALL {
        for (height, width) in [(1, 1), (1, 2), (2, 1), (1, 300), (2, 2), (3, 3), (6, 11), (64, 64)] {
            for level in [0.0, 100.0, 100.3, 255.0] {
                let values = block.measure(&GreyTile::new(&flat(height, width, 1, level)));
                assert_eq!(values.len(), block.columns().len(), "{block:?} of {height}x{width}, level {level}");
            }
        }
    }
    let flat = HandMade::new(vec![HandMadeBlock::Statistics]).measure(&flat(9, 9, 1, 100.0));
    assert!(flat.iter().any(|value| !value.is_finite()), "one brightness has no skewness");
}

#[test]
fn colour_counts_by_its_brightness() {
    let extractor = HandMade::new(vec![HandMadeBlock::Missing]);
    let mut image = flat(8, 8, 3, 0.0);
    image.pixels.index_axis_mut(Axis(2), 1).fill(100.0);
    let values = extractor.measure(&image);
    assert!((values[0] - 58.7).abs() < 1e-4, "{values:?}");
}

#[test]
fn turning_a_tile_changes_only_what_has_a_direction() {
    let level = |(y, x, _): (usize, usize, usize)| ((y * y * 3 + x * 7 + y * x) % 200) as f32;
    let image = Image { pixels: Array3::from_shape_fn((32, 32, 1), level) };
    let turned = Image { pixels: image.pixels.slice(ndarray::s![.., ..;-1, ..]).permuted_axes([1, 0, 2]).to_owned() };
    for block in [HandMadeBlock::Statistics, HandMadeBlock::Missing, HandMadeBlock::Rotation, HandMadeBlock::Radial] {
        let extractor = HandMade::new(vec![block]);
        for (a, b) in extractor.measure(&image).iter().zip(extractor.measure(&turned)) {
            assert!((a - b).abs() < 1e-6 * a.abs().max(1.0), "{block:?}: {a} {b}");
        }
    }
}
