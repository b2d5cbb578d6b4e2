//! Corrections of brightness and noise ahead of any extractor.

use ndarray::Array2;

use super::{FeatureError, FeatureExtractor};
use crate::images::{Enhancement, Image, enhance};

/// An extractor that sees corrected images: first the corrections, at the image's own size, then what `inner` prepares.
///
/// Without corrections it is the same as `inner`, down to the fingerprint.
pub struct Enhanced<E> {
    inner: E,
    enhancements: Vec<Enhancement>,
}

impl<E: FeatureExtractor> Enhanced<E> {
    /// Corrections in the order they are made.
    pub fn new(inner: E, enhancements: Vec<Enhancement>) -> Self {
        Self { inner, enhancements }
    }
}

impl<E: FeatureExtractor> FeatureExtractor for Enhanced<E> {
    fn columns(&self) -> Vec<String> {
        self.inner.columns()
    }

    fn fingerprint(&self) -> String {
        let inner = self.inner.fingerprint();
        if self.enhancements.is_empty() {
            return inner;
        }
        let names: Vec<String> = self.enhancements.iter().map(ToString::to_string).collect();
        format!("{inner} after {}", names.join(", "))
    }

    fn prepare(&self, image: Image) -> Image {
        self.inner.prepare(enhance(&self.enhancements, image))
    }

    fn extract(&self, images: &[Image]) -> Result<Array2<f32>, FeatureError> {
        self.inner.extract(images)
    }
}

#[cfg(test)]
mod tests {
    use ndarray::Array3;

    use super::*;

    /// Halves the image, then says its sum.
    struct Sum;

    impl FeatureExtractor for Sum {
        fn columns(&self) -> Vec<String> {
            vec!["sum".to_owned()]
        }

        fn fingerprint(&self) -> String {
            "sum".to_owned()
        }

        fn prepare(&self, image: Image) -> Image {
            Image { pixels: image.pixels / 2.0 }
        }

        fn extract(&self, images: &[Image]) -> Result<Array2<f32>, FeatureError> {
            Ok(images.iter().map(|image| [image.pixels.sum()]).collect::<Vec<_>>().into())
        }
    }

    #[test]
    fn corrections_come_before_what_the_extractor_prepares() {
        let image = Image { pixels: Array3::from_shape_vec((1, 2, 1), vec![10.0, 20.0]).unwrap() };
        let features = |enhancements: &[Enhancement]| {
            let extractor = Enhanced::new(Sum, enhancements.to_vec());
            extractor.extract(&[extractor.prepare(image.clone())]).unwrap()[[0, 0]]
        };
        assert_eq!(features(&[]), 15.0);
        assert_eq!(features(&[Enhancement::Equalize]), 127.5, "equalised to 0 and 255, then halved");
    }

    #[test]
    fn every_correction_and_their_order_have_a_fingerprint() {
        let of = |enhancements: &[Enhancement]| Enhanced::new(Sum, enhancements.to_vec()).fingerprint();
        assert_eq!(of(&[]), "sum");
        let [gamma, equalize, ..] = Enhancement::all();
        let mut all: Vec<String> = Enhancement::all().iter().map(|one| of(&[*one])).collect();
        all.extend([of(&[]), of(&[gamma, equalize]), of(&[equalize, gamma])]);
        let n = all.len();
        all.sort();
        all.dedup();
        assert_eq!(all.len(), n);
    }
}
