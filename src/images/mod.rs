//! Files become images: found, hashed, decoded, brought to one brightness scale and one size.

use ndarray::Array3;

/// Pixels ready for a feature extractor.
///
/// Shape `[height, width, channels]` with 1 (grey) or 3 (RGB) channels; values in `0.0..=255.0` after the depth policy.
#[derive(Debug, Clone, PartialEq)]
pub struct Image {
    /// Shape `[height, width, channels]`.
    pub pixels: Array3<f32>,
}
