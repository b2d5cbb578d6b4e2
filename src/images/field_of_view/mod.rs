//! The field of view: the part of a picture that light reaches, as through the round aperture of a microscope.

mod aperture;

use std::path::PathBuf;

use ndarray::{Array2, ArrayView2, Axis};
use serde::{Deserialize, Serialize};

use super::{DepthRange, Enhancement, Image, decode, enhance};
use crate::data::Positive;

/// Where a picture shows something: `"auto"`, `{ circle = { x = 320, y = 240, radius = 200 } }` or `{ mask = "field.png" }`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FieldOfView {
    /// The circle beyond which a picture is dark, where it has one; else the whole picture.
    Auto,
    /// Inside a circle.
    Circle(Circle),
    /// Where a picture of the same size is at least half as bright as white.
    Mask(PathBuf),
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

impl Circle {
    /// Which pixels of a picture of this height and width lie inside.
    fn inside(&self, shape: (usize, usize)) -> Array2<bool> {
        Array2::from_shape_fn(shape, |(y, x)| {
            (y as f64 + 0.5 - self.y).hypot(x as f64 + 0.5 - self.x) <= self.radius.get()
        })
    }
}

impl FieldOfView {
    /// Which pixels of `plane`, intensities in `0.0..=255.0`, lie in the field; `None` for all of them.
    ///
    /// # Errors
    /// When a mask cannot be read or is of another size.
    fn inside(&self, plane: ArrayView2<'_, f32>) -> Result<Option<Array2<bool>>, String> {
        match self {
            Self::Auto => Ok(aperture::find(plane).map(|circle| circle.inside(plane.dim()))),
            Self::Circle(circle) => Ok(Some(circle.inside(plane.dim()))),
            Self::Mask(path) => {
                let named = |error: String| format!("the mask of the field of view: {error}: `{}`", path.display());
                let decoded = decode(path).map_err(|error| named(error.to_string()))?;
                let mask = DepthRange::default().apply(&decoded).brightness();
                if mask.dim() != plane.dim() {
                    let [(h, w), (height, width)] = [mask.dim(), plane.dim()];
                    return Err(named(format!("it has {w}×{h} pixels and the picture {width}×{height}")));
                }
                Ok(Some(mask.mapv(|level| level >= 127.5)))
            }
        }
    }
}

/// The brightness of a corrected image, shape `[height, width]`, NaN outside of the field of view.
///
/// What lies outside is black to the corrections, so that a flat field does not take the aperture for uneven light.
///
/// # Errors
/// When a mask cannot be read or is of another size.
pub fn brightness_in_field(
    mut image: Image,
    enhancements: &[Enhancement],
    field: Option<&FieldOfView>,
) -> Result<Array2<f32>, String> {
    let inside = field.map(|field| field.inside(image.brightness().view())).transpose()?.flatten();
    let Some(inside) = inside else { return Ok(enhance(enhancements, image).brightness()) };
    for mut channel in image.pixels.axis_iter_mut(Axis(2)) {
        channel.zip_mut_with(&inside, |level, &inside| *level = if inside { *level } else { 0.0 });
    }
    let mut plane = enhance(enhancements, image).brightness();
    plane.zip_mut_with(&inside, |level, &inside| *level = if inside { *level } else { f32::NAN });
    Ok(plane)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lies_outside_is_not_measured() {
        let pixels = ndarray::Array3::from_elem((20, 30, 1), 100.0);
        let circle = Circle { x: 15.0, y: 10.0, radius: const { Positive::constant(6.0) } };
        let plane = brightness_in_field(Image { pixels }, &[], Some(&FieldOfView::Circle(circle))).unwrap();
        assert_eq!((plane[[10, 15]], plane[[10, 19]]), (100.0, 100.0));
        assert!(plane[[0, 0]].is_nan() && plane[[10, 22]].is_nan());
        let missing = FieldOfView::Mask("nowhere.png".into());
        let error = brightness_in_field(Image { pixels: ndarray::Array3::zeros((2, 2, 1)) }, &[], Some(&missing));
        assert!(error.unwrap_err().contains("`nowhere.png`"));
    }

    #[test]
    fn recipes_write_it_in_three_ways() {
        #[derive(Debug, PartialEq, Serialize, Deserialize)]
        struct Section {
            field: FieldOfView,
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
