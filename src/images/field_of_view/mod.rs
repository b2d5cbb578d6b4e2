//! The field of view: the part of a picture that light reaches, as through the round aperture of a microscope.

mod aperture;
mod circle_fit;
mod dark_border;
mod mask_runs;
mod rim;

use std::path::{Path, PathBuf};

use ndarray::{Array2, ArrayView2};
use serde::{Deserialize, Serialize};

pub use mask_runs::MaskRuns;

use super::{DepthRange, Enhancement, Image, ImageError, decode, enhance};
use crate::data::{ImageRecord, Manifest, Positive};

/// Where pictures show something, as a recipe says it: `"auto"`, `{ circle = { x = 320, y = 240, radius = 200 } }` or
/// `{ mask = "field.png" }`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FieldOfViewRecipe {
    /// The circle beyond which a picture is dark, where it has one; else the whole picture.
    Auto,
    /// Inside a circle.
    Circle(Circle),
    /// Where a picture of the same size is at least half as bright as where it is brightest.
    Mask(PathBuf),
}

/// Where pictures show something, as runs and checkpoints keep it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FieldOfView {
    /// The circle beyond which a picture is dark, where it has one; else the whole picture.
    Auto,
    /// Inside a circle.
    Circle(Circle),
    /// Inside a mask of the same size.
    Mask(MaskRuns),
}

/// A circle in a picture.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Circle {
    /// Of the middle, in pixels from the left; it may lie outside of the picture.
    pub x: f64,
    /// Of the middle, in pixels from the top.
    pub y: f64,
    /// In pixels.
    pub radius: Positive,
}

/// The part of one picture that shows something.
#[derive(Debug, Clone, PartialEq)]
pub struct PartInView {
    /// Which pixels, shape `[height, width]`; some of them at least.
    pub inside: Array2<bool>,
    /// What it is inside of, where no mask was given.
    pub circle: Option<Circle>,
}

impl FieldOfViewRecipe {
    /// The field of view of the images of `manifest`: the mask is read, where one is named.
    ///
    /// # Errors
    /// When the mask cannot be read, is black throughout, or has the size of none of them.
    pub fn open(&self, manifest: &Manifest) -> Result<FieldOfView, ImageError> {
        match self {
            Self::Auto => Ok(FieldOfView::Auto),
            Self::Circle(circle) => Ok(FieldOfView::Circle(*circle)),
            Self::Mask(path) => {
                let refused = |why: String| ImageError::Mask { path: path.clone(), why };
                let mask = read_mask(path).map_err(refused)?;
                let fits =
                    |record: &ImageRecord| (record.height as usize, record.width as usize) == (mask.height, mask.width);
                if manifest.records.iter().any(fits) {
                    return Ok(FieldOfView::Mask(mask));
                }
                Err(refused(format!("has {}×{} pixels, and no image has", mask.width, mask.height)))
            }
        }
    }
}

fn read_mask(path: &Path) -> Result<MaskRuns, String> {
    let decoded = decode(path).map_err(|error| format!("cannot be read: {error}"))?;
    let levels = DepthRange::default().apply(&decoded).brightness();
    let brightest = levels.iter().copied().fold(0.0, f32::max);
    if brightest > 0.0 {
        Ok(MaskRuns::new(&levels.mapv(|level| level >= brightest / 2.0)))
    } else {
        Err("is black throughout".to_owned())
    }
}

impl FieldOfView {
    /// Which part of `image` lies in the field; `None` for all of it.
    ///
    /// # Errors
    /// When a mask is of another size, or nothing lies in the field; the text says so.
    pub fn part_of(&self, image: &Image) -> Result<Option<PartInView>, String> {
        let (height, width, _) = image.pixels.dim();
        let part = match self {
            Self::Auto => aperture::find(image.brightness().view()).map(|circle| circle.part((height, width))),
            Self::Circle(circle) => Some(circle.part((height, width))),
            Self::Mask(mask) if (mask.height, mask.width) == (height, width) => {
                Some(PartInView { inside: mask.inside(), circle: None })
            }
            Self::Mask(mask) => {
                let (w, h) = (mask.width, mask.height);
                return Err(format!(
                    "the mask of the field of view has {w}×{h} pixels, and the picture {width}×{height}"
                ));
            }
        };
        match part {
            Some(part) if part.share() == 0.0 => Err("all of it lies beyond the field of view".to_owned()),
            Some(part) if part.share() < 1.0 => Ok(Some(part)),
            _ => Ok(None),
        }
    }
}

impl Circle {
    /// What lies inside, of a picture of this height and width.
    fn part(self, shape: (usize, usize)) -> PartInView {
        let inside = Array2::from_shape_fn(shape, |(y, x)| {
            (y as f64 + 0.5 - self.y).hypot(x as f64 + 0.5 - self.x) <= self.radius.get()
        });
        PartInView { inside, circle: Some(self) }
    }
}

impl PartInView {
    /// Share of the pixels that lie inside, in `0.0..=1.0`.
    #[must_use]
    pub fn share(&self) -> f64 {
        self.inside.iter().filter(|inside| **inside).count() as f64 / self.inside.len().max(1) as f64
    }

    /// Gives every value outside, by row, column and channel, a new level.
    fn outside(&self, image: &mut Image, level: impl Fn([usize; 3]) -> f32) {
        for ((y, x, channel), value) in image.pixels.indexed_iter_mut() {
            if !self.inside[[y, x]] {
                *value = level([y, x, channel]);
            }
        }
    }
}

/// Whether `plane`, intensities in `0.0..=255.0` of shape `[height, width]`, is dark beyond a circle.
pub(super) fn has_aperture(plane: ArrayView2<'_, f32>) -> bool {
    aperture::find(plane).is_some()
}

/// The corrected image; what lies outside of `part` is black to each correction, and in the answer as it was.
#[must_use]
pub fn enhance_in_view(enhancements: &[Enhancement], image: Image, part: Option<&PartInView>) -> Image {
    let Some(part) = part else { return enhance(enhancements, image) };
    let only = |mut image: Image| {
        part.outside(&mut image, |_| 0.0);
        image
    };
    let before = image.clone();
    let mut image = enhancements.iter().fold(only(image), |image, enhancement| only(enhancement.apply(image)));
    part.outside(&mut image, |at| before.pixels[at]);
    image
}

/// The brightness of `image`, shape `[height, width]`, NaN outside of `part`.
#[must_use]
pub fn brightness_in_view(image: &Image, part: Option<&PartInView>) -> Array2<f32> {
    let mut plane = image.brightness();
    if let Some(part) = part {
        plane.zip_mut_with(&part.inside, |level, &inside| *level = if inside { *level } else { f32::NAN });
    }
    plane
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::Array3;

    fn grey(height: usize, width: usize) -> Image {
        Image { pixels: Array3::from_elem((height, width, 1), 100.0) }
    }

    #[test]
    fn what_lies_outside_is_not_measured() {
        let circle = Circle { x: 15.0, y: 10.0, radius: const { Positive::constant(6.0) } };
        let part = FieldOfView::Circle(circle).part_of(&grey(20, 30)).unwrap().unwrap();
        for enhancements in [&[][..], &[Enhancement::Invert]] {
            let plane = brightness_in_view(&enhance_in_view(enhancements, grey(20, 30), Some(&part)), Some(&part));
            let level = if enhancements.is_empty() { 100.0 } else { 155.0 };
            assert_eq!((plane[[10, 15]], plane[[10, 19]]), (level, level));
            assert!(plane[[0, 0]].is_nan() && plane[[10, 22]].is_nan());
        }
        assert!((part.share() - std::f64::consts::PI * 36.0 / 600.0).abs() < 0.02);
        let wide = Circle { radius: const { Positive::constant(60.0) }, ..circle };
        assert_eq!(FieldOfView::Circle(wide).part_of(&grey(20, 30)), Ok(None), "the whole picture");
        let aside = Circle { x: -50.0, ..circle };
        assert!(FieldOfView::Circle(aside).part_of(&grey(20, 30)).unwrap_err().contains("all of it"));
    }

    #[test]
    fn masks_are_of_the_pictures_size() {
        let inside = Array2::from_shape_fn((20, 30), |(_, x)| x > 4);
        let mask = FieldOfView::Mask(MaskRuns::new(&inside));
        assert_eq!(mask.part_of(&grey(20, 30)).unwrap().unwrap().inside, inside);
        assert!(mask.part_of(&grey(30, 20)).unwrap_err().contains("has 30×20 pixels, and the picture 20×30"));
        let missing = FieldOfViewRecipe::Mask("nowhere.png".into()).open(&Manifest::default());
        let missing = missing.unwrap_err().to_string();
        assert!(missing.contains("cannot be read") && missing.ends_with("`nowhere.png`"), "{missing}");
    }

    #[test]
    fn recipes_write_it_in_three_ways() {
        #[derive(Debug, PartialEq, Serialize, Deserialize)]
        struct Section {
            field: FieldOfViewRecipe,
        }
        for text in
            ["field = \"auto\"\n", "field = { circle = { x = 3, y = 4.5, radius = 2 } }", "field.mask = \"m.png\""]
        {
            let section: Section = toml::from_str(text).unwrap();
            assert_eq!(section, toml::from_str(&toml::to_string(&section).unwrap()).unwrap());
        }
        for text in ["field = \"round\"", "field.circle = { x = 1, y = 1, radius = 0 }", "field.circle = { x = 1 }"] {
            assert!(toml::from_str::<Section>(text).is_err(), "{text}");
        }
    }
}
