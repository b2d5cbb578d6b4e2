//! Brightness and noise corrections that a recipe may ask for, between the depth policy and the resizing.
//!
//! All but `denoise` and `invert` change brightness alone. In a colour image that is the luminance of ITU-R BT.601: its
//! three channels are multiplied by one factor, which keeps their ratios up to the limit of 255. `denoise` and `invert`
//! take each channel on its own.

mod clahe;
mod enhancement_toml;
mod flat_field;
mod levels;
mod median;
mod stretch;
#[cfg(test)]
mod tests;

use std::fmt;
use std::num::NonZeroU8;

use ndarray::{Array2, ArrayView2, Axis};
use serde::{Deserialize, Serialize};

pub use clahe::Clahe;
pub use flat_field::FlatField;
pub use stretch::Percentiles;

use super::Image;
use crate::data::Positive;

/// One correction. In a recipe a name, `"clahe"`, or a table with parameters, `{ gamma = 0.5 }`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", remote = "Self")]
pub enum Enhancement {
    /// `255 (v / 255)^gamma`: below 1 (0.7 by default) dark images become brighter, above 1 bright ones darker.
    Gamma(Positive),
    /// Histogram equalisation: every brightness becomes equally frequent, as far as 256 levels allow.
    Equalize,
    /// The same in tiles, with bounded contrast.
    Clahe(Clahe),
    /// Two percentiles of the brightness become 0 and 255; what lies outside is cut off.
    Stretch(Percentiles),
    /// Uneven light is divided out: what all of the picture shows of it, or its background.
    FlatField(FlatField),
    /// `255 - v`: dark becomes bright.
    Invert,
    /// Median of 3×3 pixels: takes out single wrong pixels and keeps edges.
    Denoise(Denoise),
}

/// How much of the median filter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Denoise {
    /// How often the filter runs over its own answer, 1 to 255; 1 by default.
    pub passes: NonZeroU8,
}

impl Default for Denoise {
    fn default() -> Self {
        Self { passes: NonZeroU8::MIN }
    }
}

impl Enhancement {
    /// Every correction, with its defaults.
    #[must_use]
    pub fn all() -> [Self; 7] {
        [
            Self::Gamma(const { Positive::constant(0.7) }),
            Self::Equalize,
            Self::Clahe(Clahe::default()),
            Self::Stretch(Percentiles::default()),
            Self::FlatField(FlatField::default()),
            Self::Invert,
            Self::Denoise(Denoise::default()),
        ]
    }

    /// As recipes name it.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Gamma(_) => "gamma",
            Self::Equalize => "equalize",
            Self::Clahe(_) => "clahe",
            Self::Stretch(_) => "stretch",
            Self::FlatField(_) => "flat-field",
            Self::Invert => "invert",
            Self::Denoise(_) => "denoise",
        }
    }

    /// The corrected image, of the same shape, in `0.0..=255.0`.
    ///
    /// The image needs no particular size; one of a single brightness stays one.
    #[must_use]
    pub fn apply(&self, image: Image) -> Image {
        if image.pixels.is_empty() {
            return image;
        }
        match self {
            Self::Gamma(gamma) => {
                let gamma = gamma.get() as f32;
                by_brightness(image, |plane| plane.mapv(|value| 255.0 * (value / 255.0).clamp(0.0, 1.0).powf(gamma)))
            }
            Self::Equalize => by_brightness(image, levels::equalize),
            Self::Clahe(clahe) => by_brightness(image, |plane| clahe.apply(plane)),
            Self::Stretch(percentiles) => by_brightness(image, |plane| percentiles.apply(plane)),
            Self::FlatField(flat_field) => by_brightness(image, |plane| flat_field.apply(plane)),
            Self::Invert => Image { pixels: image.pixels.mapv(|value| 255.0 - value) },
            Self::Denoise(denoise) => {
                (0..denoise.passes.get()).fold(image, |image, _| by_channel(image, median::median))
            }
        }
    }
}

/// One correction after the other.
#[must_use]
pub fn enhance(enhancements: &[Enhancement], image: Image) -> Image {
    enhancements.iter().fold(image, |image, enhancement| enhancement.apply(image))
}

/// Name and parameters: two corrections with the same text do the same.
impl fmt::Display for Enhancement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())?;
        match self {
            Self::Gamma(gamma) => write!(f, " {}", gamma.get()),
            Self::Equalize | Self::Invert => Ok(()),
            Self::Clahe(Clahe { tiles, clip_limit }) => write!(f, " {tiles}x{tiles} clip {}", clip_limit.get()),
            Self::Stretch(percentiles) => write!(f, " {}-{} %", percentiles.low(), percentiles.high()),
            Self::FlatField(FlatField::All { width }) => write!(f, " {}", width.get()),
            Self::FlatField(FlatField::Background) => f.write_str(" background"),
            Self::Denoise(Denoise { passes }) => write!(f, " 3x3 passes {passes}"),
        }
    }
}

fn by_channel(mut image: Image, correct: impl Fn(ArrayView2<'_, f32>) -> Array2<f32>) -> Image {
    for mut channel in image.pixels.axis_iter_mut(Axis(2)) {
        let corrected = correct(channel.view());
        channel.assign(&corrected);
    }
    image
}

fn by_brightness(mut image: Image, correct: impl Fn(ArrayView2<'_, f32>) -> Array2<f32>) -> Image {
    if image.pixels.dim().2 != 3 {
        return by_channel(image, correct);
    }
    let before = image.brightness();
    let after = correct(before.view());
    for ((mut rgb, &old), &new) in image.pixels.lanes_mut(Axis(2)).into_iter().zip(&before).zip(&after) {
        if old > BLACK {
            rgb.mapv_inplace(|value| (value * (new / old)).min(255.0));
        } else {
            rgb.fill(new);
        }
    }
    image
}

/// Grey levels up to which a pixel has no colour to keep.
const BLACK: f32 = 1e-6;
