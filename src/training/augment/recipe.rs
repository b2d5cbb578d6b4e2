//! Settings of data augmentation; everything is off by default.

use std::num::NonZeroUsize;

use serde::{Deserialize, Serialize};

use crate::data::bounds;

/// How training images are altered; 0 (and `none`) switches an alteration off.
///
/// They follow each other in this order. The strength is drawn anew for each version of each image, evenly between
/// nothing and what stands here.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AugmentRecipe {
    /// Versions per image, taken in turn; their activations are kept like those of the image itself. Absent: a new one
    /// each epoch, for which the frozen part is computed anew.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "bounds::views")]
    pub views: Option<NonZeroUsize>,
    /// Mirrored, with probability ½ each way.
    pub flip: Flip,
    /// Largest angle in degrees, either way; what lies outside is mirrored in.
    pub rotate: UpTo<18_000>,
    /// Largest share of the area cut off; the rest is stretched to full size.
    pub crop: UpTo<90>,
    /// Largest standard deviation of a Gaussian blur, in pixels of the network's input.
    pub blur: UpTo<2_000>,
    /// Largest change of contrast about the image's mean, as a share.
    pub contrast: UpTo<100>,
    /// Largest change of brightness either way, as a share of the full range.
    pub brightness: UpTo<100>,
    /// Largest standard deviation of Gaussian noise, in grey levels of 255.
    pub noise: UpTo<12_800>,
    /// Largest share of the area replaced by the image's mean.
    pub erase: UpTo<90>,
}

impl AugmentRecipe {
    /// Whether every alteration is off.
    #[must_use]
    pub fn is_off(&self) -> bool {
        *self == Self { views: self.views, ..Self::default() }
    }
}

/// Which way images are mirrored.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Flip {
    /// Not at all.
    #[default]
    None,
    /// Left and right.
    Horizontal,
    /// Top and bottom.
    Vertical,
    /// Both, independently.
    Both,
}

impl Flip {
    pub(super) const fn horizontally(self) -> bool {
        matches!(self, Self::Horizontal | Self::Both)
    }

    pub(super) const fn vertically(self) -> bool {
        matches!(self, Self::Vertical | Self::Both)
    }
}

/// A number from 0 to `HUNDREDTHS / 100`.
#[derive(Debug, Clone, Copy, Default, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(try_from = "f64", into = "f64")]
pub struct UpTo<const HUNDREDTHS: u32>(f64);

/// A number outside its range.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("`{value}` is out of range: expected a number from 0 to {most}")]
pub struct TooStrong {
    value: f64,
    most: f64,
}

impl<const HUNDREDTHS: u32> UpTo<HUNDREDTHS> {
    /// The plain number.
    #[must_use]
    pub const fn get(self) -> f64 {
        self.0
    }
}

impl<const HUNDREDTHS: u32> TryFrom<f64> for UpTo<HUNDREDTHS> {
    type Error = TooStrong;

    fn try_from(value: f64) -> Result<Self, TooStrong> {
        let most = f64::from(HUNDREDTHS) / 100.0;
        if (0.0..=most).contains(&value) { Ok(Self(value)) } else { Err(TooStrong { value, most }) }
    }
}

impl<const HUNDREDTHS: u32> From<UpTo<HUNDREDTHS>> for f64 {
    fn from(number: UpTo<HUNDREDTHS>) -> f64 {
        number.0
    }
}
