//! Flat-field correction without a picture of the light: the image is divided by its own slow changes.
//!
//! Brightness is averaged over cells, smoothed with a Gaussian, and stretched back over the image. Black pixels say
//! nothing about the light and do not count (Knutsson & Westin, "Normalized and differential convolution", 1993). Objects do,
//! so where they cover much of an image, the light is that of its background instead.

use image::{ImageBuffer, Luma};
use imageproc::definitions::Image as Plane;
use imageproc::filter::gaussian_blur_f32;
use ndarray::{Array2, ArrayView2, s};
use serde::{Deserialize, Serialize};

use crate::data::Fraction;
use crate::images::background;
use crate::images::coarse::Coarse;

/// What shows the light. In a recipe `{ width = 0.12 }` or `{ light = "background" }`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "FlatFieldToml", into = "FlatFieldToml")]
pub enum FlatField {
    /// All that is not black, smoothed.
    All {
        /// Standard deviation of the smoothing, as a share of the longer side.
        width: Fraction,
    },
    /// The background between the objects, however much of the image they cover.
    Background,
}

#[derive(Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[derive(Default)]
struct FlatFieldToml {
    #[serde(skip_serializing_if = "Option::is_none")]
    width: Option<Fraction>,
    #[serde(skip_serializing_if = "Option::is_none")]
    light: Option<ShownBy>,
}

#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum ShownBy {
    All,
    Background,
}

impl TryFrom<FlatFieldToml> for FlatField {
    type Error = &'static str;

    fn try_from(written: FlatFieldToml) -> Result<Self, Self::Error> {
        match (written.light, written.width) {
            (Some(ShownBy::Background), None) => Ok(Self::Background),
            (Some(ShownBy::Background), Some(_)) => {
                Err("the light of the background has no `width`: leave out one of the two")
            }
            (_, width) => Ok(width.map_or_else(Self::default, |width| Self::All { width })),
        }
    }
}

impl From<FlatField> for FlatFieldToml {
    fn from(flat_field: FlatField) -> Self {
        match flat_field {
            FlatField::All { width } => Self { width: Some(width), light: None },
            FlatField::Background => Self { width: None, light: Some(ShownBy::Background) },
        }
    }
}

impl Default for FlatField {
    fn default() -> Self {
        Self::All { width: const { Fraction::constant(0.12) } }
    }
}

/// Cells along the longer side on which the light is estimated.
const CELLS: usize = 64;
/// Grey levels below which a pixel is black.
const BLACK: f32 = 3.0;
/// Least light, as a share of the mean: what is darker is not brightened any further.
const LEAST: f32 = 0.1;

impl FlatField {
    /// The corrected plane, with the mean brightness it had.
    pub(super) fn apply(self, plane: ArrayView2<'_, f32>) -> Array2<f32> {
        let light = match self {
            Self::All { width } => Light::of(plane, width.get() as f32),
            Self::Background => Light::of_background(plane),
        };
        let Some(light) = light else { return plane.to_owned() };
        let mut flat = plane.to_owned();
        flat.zip_mut_with(&light.levels.over(plane.dim()), |value, level| {
            *value = (*value * light.mean / level).min(255.0);
        });
        flat
    }
}

/// How bright each part of an image is lit.
struct Light {
    /// Grey levels on a coarse grid.
    levels: Coarse,
    /// The level that the image is brought to: of all pixels that are not black, or of the background.
    mean: f32,
}

impl Light {
    /// `None` where all is black. `width` is a share of the longer side.
    fn of(plane: ArrayView2<'_, f32>, width: f32) -> Option<Self> {
        let (high, wide) = plane.dim();
        let (rows, columns) = Coarse::shape(plane.dim(), CELLS);
        let (mut light, mut weight) = (empty(rows, columns), empty(rows, columns));
        let (mut total, mut seen) = (0.0_f64, 0_usize);
        for row in 0..rows {
            for column in 0..columns {
                let cell = plane.slice(s![Coarse::span(row, high, rows), Coarse::span(column, wide, columns)]);
                let lit = cell.iter().copied().filter(|value| *value >= BLACK);
                let (sum, count) = lit.fold((0.0_f64, 0_usize), |(sum, n), value| (sum + f64::from(value), n + 1));
                total += sum;
                seen += count;
                let share = count as f32 / cell.len().max(1) as f32;
                let mean = if count > 0 { (sum / count as f64) as f32 } else { 0.0 };
                light.put_pixel(column as u32, row as u32, Luma([mean * share]));
                weight.put_pixel(column as u32, row as u32, Luma([share]));
            }
        }
        if seen == 0 {
            return None;
        }
        let mean = (total / seen as f64) as f32;
        let sigma = (width * rows.max(columns) as f32).max(0.3);
        let (light, weight) = (gaussian_blur_f32(&light, sigma), gaussian_blur_f32(&weight, sigma));
        let cells = Array2::from_shape_fn((rows, columns), |(row, column)| {
            let [sum, share] = [&light, &weight].map(|of| of.get_pixel(column as u32, row as u32).0[0]);
            if share > 1e-3 { (sum / share).max(LEAST * mean) } else { mean }
        });
        Some(Self { levels: Coarse { cells }, mean })
    }

    /// `None` where the image does not show its background.
    fn of_background(plane: ArrayView2<'_, f32>) -> Option<Self> {
        let mut levels = background::Light::of(plane)?.grey_levels();
        let mean = levels.cells.mean()?;
        levels.cells.mapv_inplace(|level| level.max(LEAST * mean));
        Some(Self { levels, mean })
    }
}

fn empty(rows: usize, columns: usize) -> Plane<Luma<f32>> {
    ImageBuffer::new(columns as u32, rows as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slow_changes_go_and_the_mean_stays() {
        let plane = Array2::from_shape_fn((200, 300), |(y, x)| {
            if x < 20 {
                0.0
            } else {
                60.0 + 0.3 * x as f32 + 0.1 * y as f32 + if (y / 4 + x / 4) % 2 == 0 { 5.0 } else { 0.0 }
            }
        });
        let flat = FlatField::default().apply(plane.view());
        let mean = |part: ArrayView2<'_, f32>| f64::from(part.sum()) / part.len() as f64;
        let spread = |plane: &Array2<f32>| {
            (mean(plane.slice(s![80..120, 40..80])) - mean(plane.slice(s![80..120, 240..280]))).abs()
        };
        assert!(spread(&plane) > 55.0 && spread(&flat) < 20.0, "{} {}", spread(&plane), spread(&flat));
        assert!((mean(plane.view()) / mean(flat.view()) - 1.0).abs() < 0.03);
        assert_eq!(flat[[100, 10]], 0.0, "black stays black");
    }

    #[test]
    fn bright_objects_on_more_than_half_are_not_taken_for_light() {
        let disc = |y: usize, x: usize| {
            let off = |at: usize| (at % 50) as f32 - 24.5;
            off(y).hypot(off(x)) < 20.0
        };
        // The discs are brighter where the light is darker.
        let plane = Array2::from_shape_fn((300, 400), |(y, x)| {
            let noise = ((y * 7919 + x * 104_729 + y * x * 31) % 101) as f32 / 50.0 - 1.0;
            let light = 60.0 * (0.9 * (x as f32 / 400.0 - 0.5)).exp();
            light * if disc(y, x) { 2.2 - 0.15 * (x / 50) as f32 } else { 1.0 } + noise
        });
        // How much brighter the background is on the right than on the left.
        let steps = |plane: &Array2<f32>| {
            let mean = |columns: std::ops::Range<usize>| {
                let ground = plane.slice(s![.., columns.clone()]);
                let ground = ground.indexed_iter().filter(|((y, x), _)| !disc(*y, x + columns.start));
                let (sum, n) = ground.fold((0.0, 0.0), |(sum, n), (_, level)| (sum + level, n + 1.0));
                sum / n
            };
            mean(350..400) / mean(0..50)
        };
        let of = |flat_field: FlatField| steps(&flat_field.apply(plane.view()));
        assert!(steps(&plane) > 2.0);
        assert!((of(FlatField::Background) - 1.0).abs() < 0.03, "{}", of(FlatField::Background));
        assert!((of(FlatField::default()) - 1.0).abs() > 0.1, "{}", of(FlatField::default()));
    }

    #[test]
    fn recipes_say_what_shows_the_light() {
        let read = |text: &str| toml::from_str::<FlatField>(text);
        let written = |flat_field: FlatField| toml::to_string(&flat_field).unwrap();
        assert_eq!(read("").unwrap(), FlatField::default());
        for flat_field in [FlatField::default(), FlatField::Background] {
            assert_eq!(read(&written(flat_field)).unwrap(), flat_field);
        }
        assert_eq!(written(FlatField::default()).trim(), "width = 0.12", "as before");
        assert!(read("light = \"background\"\nwidth = 0.2").unwrap_err().to_string().contains("no `width`"));
        assert!(read("light = \"sun\"").is_err() && read("widht = 0.2").is_err());
    }

    #[test]
    fn odd_images_stay_whole() {
        for shape in [(1, 1), (1, 500), (500, 1), (3, 2), (64, 64)] {
            for level in [0.0, 80.0, 255.0] {
                for flat_field in [FlatField::default(), FlatField::Background] {
                    let flat = flat_field.apply(Array2::from_elem(shape, level).view());
                    assert!(flat.iter().all(|value| (value - level).abs() < 1e-3), "{shape:?} {level}");
                }
            }
        }
    }
}
