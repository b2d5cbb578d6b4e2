//! Which counts were measured: what the largest number of 16 and 32 bits means.

use serde::{Deserialize, Serialize};

use crate::images::Mask;

/// Whose counts the images hold: `auto`, `detector` or `camera`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CountsPolicy {
    /// By the kind of file: HDF5, EDF, CBF, `.npy` and TIFF that names a counting detector's maker are a detector's, others a
    /// camera's.
    #[default]
    Auto,
    /// The largest number of 16 and 32 bits and negative floats were not measured.
    Detector,
    /// The largest number is white.
    Camera,
}

impl CountsPolicy {
    /// Whether nothing else was said than what the files are.
    #[must_use]
    pub fn is_auto(&self) -> bool {
        *self == Self::Auto
    }

    /// The least float that is a count.
    pub(super) fn least(self) -> f32 {
        if self == Self::Detector { 0.0 } else { f32::NEG_INFINITY }
    }

    /// Whether the largest number of 16 and 32 bits is a count.
    pub(super) fn counts_largest(self, mask: Mask) -> bool {
        match (mask, self) {
            (Mask::Marked, _) | (_, Self::Detector) | (Mask::Detector, Self::Auto) => false,
            (_, Self::Camera) | (Mask::Camera, Self::Auto) => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recipe_overrides_what_files_are_but_not_what_they_say() {
        let policies = [CountsPolicy::Auto, CountsPolicy::Detector, CountsPolicy::Camera];
        assert_eq!(policies.map(|policy| policy.counts_largest(Mask::Camera)), [true, false, true]);
        assert_eq!(policies.map(|policy| policy.counts_largest(Mask::Detector)), [false, false, true]);
        assert_eq!(policies.map(|policy| policy.counts_largest(Mask::Marked)), [false; 3]);
    }
}
