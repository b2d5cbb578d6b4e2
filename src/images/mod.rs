//! Files become images: found, hashed, decoded, brought to one brightness scale and one size.

mod background;
mod coarse;
#[cfg(test)]
mod containers;
mod decode;
mod depth;
mod enhance;
mod error;
mod field_of_view;
mod frames;
mod guarded;
mod limits;
mod mirrored;
mod naming;
mod patches;
mod preprocess;
mod sample;
mod scan;
mod tiff;
mod tile_index;
mod tiles;

use ndarray::{Array2, Array3, Axis};

pub use background::object_map;
pub use decode::{Decoded, Header, Mask, READING, Samples, decode, decode_bytes, header_of, read_header};
pub use depth::{BrightnessPolicy, CountsPolicy, DepthPolicy, DepthRange, Span};
pub use enhance::{Clahe, Denoise, Enhancement, FlatField, Percentiles, enhance};
pub use error::{DecodeError, ImageError};
pub use field_of_view::{
    Circle, FieldOfView, FieldOfViewRecipe, MaskRuns, PartInView, brightness_in_view, enhance_in_view,
};
pub use frames::{BeamMonitor, beam_monitor, copy_frames, place_in_series};
pub use limits::Limits;
pub use mirrored::mirrored;
pub use naming::{NamingError, NamingTemplate};
pub use patches::slice;
pub use preprocess::{Interpolation, Resize, resize};
pub use sample::Sample;
pub use scan::{DataFiles, FileState, ScanOptions, count_images, is_image_name, scan, scan_files};
pub use tiles::{TilePlace, TileSummary, Tiling, cut, extension_of, save as save_image};

/// Pixels ready for a feature extractor.
///
/// Shape `[height, width, channels]` with 1 (grey) or 3 (RGB) channels; values in `0.0..=255.0` after the depth policy.
#[derive(Debug, Clone, PartialEq)]
pub struct Image {
    /// Shape `[height, width, channels]`.
    pub pixels: Array3<f32>,
}

impl Image {
    /// One plane, shape `[height, width]`: a grey image as it is, of a coloured one the luminance of ITU-R BT.601.
    #[must_use]
    pub fn brightness(&self) -> Array2<f32> {
        if self.pixels.dim().2 == 3 {
            self.pixels.map_axis(Axis(2), |rgb| 0.299 * rgb[0] + 0.587 * rgb[1] + 0.114 * rgb[2])
        } else {
            self.pixels.index_axis(Axis(2), 0).to_owned()
        }
    }
}
