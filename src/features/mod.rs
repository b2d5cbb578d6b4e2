//! Feature extraction: an image becomes numbers.
//!
//! [`Statistics`] are measured on one image by itself, where it is decoded; a [`BatchExtractor`] takes prepared images in
//! batches, as a network wants them. [`FeatureExtractor`] says which of them an extractor is and what it looks at.

mod backbone;
mod frame_statistics;
mod hand_made;
mod patches;
mod with_enhancement;

use ndarray::Array2;

pub use backbone::BackboneFeatures;
pub use frame_statistics::FrameStatistics;
pub use hand_made::statistics::Statistic;
pub use hand_made::{HandMade, HandMadeBlock};
pub use patches::{Ignore, Patches};
pub use with_enhancement::WithEnhancement;

use crate::images::{Decoded, DepthRange, Image};

/// The features an extractor gives.
pub trait Features: Sync {
    /// One name per feature, in column order.
    fn columns(&self) -> Vec<String>;

    /// A text that changes whenever the numbers would: weights hash, layers, preprocessing. Key of the embedding store.
    fn fingerprint(&self) -> String;
}

/// Statistics of one image by itself: of its counts as they were [`Decoded`], or of the [`Image`] as it is shown on a
/// brightness scale.
///
/// The same image gives the same bits. Called on decoding threads.
pub trait Statistics<I>: Features {
    /// A value per column; not all of them need be finite.
    fn measure(&self, image: &I) -> Vec<f64>;
}

/// Features of images in batches.
///
/// The same image gives the same bits, whatever the batch it comes in and whatever the number of threads.
pub trait BatchExtractor: Features {
    /// The part that needs one image alone (resizing); called on decoding threads, so that what waits is small.
    fn prepare(&self, image: Image) -> Image;

    /// As [`BatchExtractor::prepare`] of the image on a brightness scale; in less memory where it can be had.
    fn prepare_decoded(&self, decoded: &Decoded, depth: &DepthRange) -> Image {
        self.prepare(depth.apply(decoded))
    }

    /// Features of prepared images, shape `[images.len(), columns().len()]`.
    ///
    /// # Errors
    /// When the engine fails; a single bad image never reaches it.
    fn extract(&self, images: &[Image]) -> Result<Array2<f32>, FeatureError>;
}

/// An extractor, by what it looks at.
pub enum FeatureExtractor {
    /// Statistics of raw counts, which no brightness scale changes. All of them are finite.
    Counts(Box<dyn Statistics<Decoded>>),
    /// Statistics of images as they are shown. Values that are not finite become 0, and how many did is kept with them.
    Shown(Box<dyn Statistics<Image>>),
    /// A network that images are shown to in batches.
    Network(Box<dyn BatchExtractor>),
}

impl FeatureExtractor {
    /// Its columns and its fingerprint.
    #[must_use]
    pub fn features(&self) -> &dyn Features {
        match self {
            Self::Counts(statistics) => statistics.as_ref(),
            Self::Shown(statistics) => statistics.as_ref(),
            Self::Network(network) => network.as_ref(),
        }
    }
}

/// Replaces what is not finite by 0 and counts it.
pub fn make_finite(values: &mut [f64]) -> usize {
    let odd = values.iter_mut().filter(|value| !value.is_finite());
    odd.map(|value| *value = 0.0).count()
}

/// Why features could not be computed.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct FeatureError(pub String);

#[cfg(test)]
mod contract;
