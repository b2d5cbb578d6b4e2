//! Data augmentation: altered versions of training images, so that a network learns what does not matter.
//!
//! Shorten and Khoshgoftaar, "A survey on image data augmentation for deep learning", J. Big Data 2019; erasing after
//! Zhong et al., AAAI 2020. A version is a pure function of the seed, its number and the image's id: whoever asks for
//! it, in whatever order, after whatever interruption, gets the same pixels.

mod alteration;
mod filter;
mod recipe;
#[cfg(test)]
mod tests;
mod warp;

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

pub use recipe::{AugmentRecipe, Flip, UpTo};

use crate::data::ImageId;
use crate::images::Image;
use alteration::Alteration;

impl AugmentRecipe {
    /// Version `version` of an image, of its own size; the image itself where the recipe asks for nothing.
    #[must_use]
    pub fn version(&self, image: Image, id: ImageId, version: u64, seed: u64) -> Image {
        if self.is_off() {
            return image;
        }
        let mut hasher = blake3::Hasher::new();
        hasher.update(&seed.to_le_bytes()).update(&version.to_le_bytes()).update(id.to_string().as_bytes());
        let mut random = ChaCha8Rng::from_seed(*hasher.finalize().as_bytes());
        let alteration = Alteration::draw(self, &mut random);
        alteration.apply(image, &mut random)
    }
}
