//! An image becomes numbers.

mod backbone;
mod enhanced;
mod hand_made;
mod patches;

use ndarray::Array2;

pub use backbone::BackboneFeatures;
pub use enhanced::Enhanced;
pub use hand_made::statistics::Statistic;
pub use hand_made::{Block, HandMade, REPLACED, make_finite};
pub use patches::{Ignore, Patches};

use crate::images::Image;

/// Turns images into feature vectors.
///
/// The same image gives the same bits, whatever the batch it comes in and whatever the number of threads.
pub trait FeatureExtractor: Sync {
    /// One name per feature, in column order.
    fn columns(&self) -> Vec<String>;

    /// A text that changes whenever the numbers would: weights hash, layers, preprocessing. Key of the embedding store.
    fn fingerprint(&self) -> String;

    /// The part that needs one image alone (resizing); called on decoding threads, so that what waits is small.
    fn prepare(&self, image: Image) -> Image {
        image
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
