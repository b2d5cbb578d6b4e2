//! An image becomes numbers.

mod backbone;
mod enhanced;
mod frame_statistics;
mod hand_made;
mod patches;

use ndarray::Array2;

pub use backbone::BackboneFeatures;
pub use enhanced::Enhanced;
pub use frame_statistics::FrameStatistics;
pub use hand_made::statistics::Statistic;
pub use hand_made::{Block, HandMade, REPLACED, make_finite};
pub use patches::{Ignore, Patches};

use crate::images::{Decoded, DepthRange, Image};

/// Turns images into feature vectors.
///
/// The same image gives the same bits, whatever the batch it comes in and whatever the number of threads.
pub trait FeatureExtractor: Sync {
    /// One name per feature, in column order.
    fn columns(&self) -> Vec<String>;

    /// A text that changes whenever the numbers would: weights hash, layers, preprocessing. Key of the embedding store.
    fn fingerprint(&self) -> String;

    /// What the extractor needs of a decoded image: by default the image as it is shown on the brightness scale `depth`,
    /// prepared; extractors that count look at the counts. Called on decoding threads.
    fn digest(&self, decoded: &Decoded, depth: &DepthRange) -> Image {
        self.prepare(depth.apply(decoded))
    }

    /// Whether the extractor sees images on a brightness scale; else it sees raw counts, on the decoding threads.
    fn is_shown(&self) -> bool {
        true
    }

    /// The part that needs one image alone (resizing); called on decoding threads, so that what waits is small.
    fn prepare(&self, image: Image) -> Image {
        image
    }

    /// Whether an image's features depend on the images around it in its series.
    fn has_context(&self) -> bool {
        false
    }

    /// Features among those of the other images: `extracted` has shape `[n_images, columns().len()]`, `series` lists rows
    /// in the order they were taken; every row is in one series. The answer has `n_images` rows, and may have other
    /// columns.
    fn in_context(&self, extracted: Array2<f32>, series: &[Vec<usize>]) -> Array2<f32> {
        let _ = series;
        extracted
    }

    /// Features of prepared images, shape `[images.len(), columns().len()]`.
    ///
    /// # Errors
    /// When the engine fails; a single bad image never reaches it.
    fn extract(&self, images: &[Image]) -> Result<Array2<f32>, FeatureError>;
}

/// Why features could not be computed.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct FeatureError(pub String);
