//! Image enhancement ahead of an extractor: corrections of brightness and noise.

use ndarray::Array2;

use super::{BatchExtractor, FeatureError, Features, Statistics};
use crate::images::{Decoded, DepthRange, Enhancement, Image, enhance};

/// An extractor that sees corrected images: first the corrections, at the image's own size, then what `inner` does.
///
/// Without corrections it is the same as `inner`, down to the fingerprint.
pub struct WithEnhancement<E> {
    inner: E,
    enhancements: Vec<Enhancement>,
}

impl<E> WithEnhancement<E> {
    /// Corrections in the order they are made.
    pub fn new(inner: E, enhancements: Vec<Enhancement>) -> Self {
        Self { inner, enhancements }
    }
}

impl<E: Features> Features for WithEnhancement<E> {
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
}

impl<E: Statistics<Image>> Statistics<Image> for WithEnhancement<E> {
    fn measure(&self, image: &Image) -> Vec<f64> {
        if self.enhancements.is_empty() {
            return self.inner.measure(image);
        }
        self.inner.measure(&enhance(&self.enhancements, image.clone()))
    }
}

impl<E: BatchExtractor> BatchExtractor for WithEnhancement<E> {
    fn prepare(&self, image: Image) -> Image {
        self.inner.prepare(enhance(&self.enhancements, image))
    }

    fn prepare_decoded(&self, decoded: &Decoded, depth: &DepthRange) -> Image {
        if self.enhancements.is_empty() {
            return self.inner.prepare_decoded(decoded, depth);
        }
        self.prepare(depth.apply(decoded))
    }

    fn extract(&self, images: &[Image]) -> Result<Array2<f32>, FeatureError> {
        self.inner.extract(images)
    }
}

#[cfg(test)]
mod tests {
    use ndarray::Array3;

    use super::*;

    /// The sum of the pixels, or of half of them where they were prepared.
    struct Sum;

    impl Features for Sum {
        fn columns(&self) -> Vec<String> {
            vec!["sum".to_owned()]
        }

        fn fingerprint(&self) -> String {
            "sum".to_owned()
        }
    }

    impl Statistics<Image> for Sum {
        fn measure(&self, image: &Image) -> Vec<f64> {
            vec![f64::from(image.pixels.sum())]
        }
    }

    impl BatchExtractor for Sum {
        fn prepare(&self, image: Image) -> Image {
            Image { pixels: image.pixels / 2.0 }
        }

        fn extract(&self, images: &[Image]) -> Result<Array2<f32>, FeatureError> {
            Ok(images.iter().map(|image| [image.pixels.sum()]).collect::<Vec<_>>().into())
        }
    }

    #[test]
    fn corrections_come_before_what_the_extractor_does() {
        let image = Image { pixels: Array3::from_shape_vec((1, 2, 1), vec![10.0, 20.0]).unwrap() };
        let features = |enhancements: &[Enhancement]| {
            let extractor = WithEnhancement::new(Sum, enhancements.to_vec());
            let batch = extractor.extract(&[extractor.prepare(image.clone())]).unwrap()[[0, 0]];
            (extractor.measure(&image)[0], batch)
        };
        assert_eq!(features(&[]), (30.0, 15.0));
        assert_eq!(features(&[Enhancement::Equalize]), (255.0, 127.5), "equalised to 0 and 255, then halved");
    }

    #[test]
    fn every_correction_and_their_order_have_a_fingerprint() {
        let of = |enhancements: &[Enhancement]| WithEnhancement::new(Sum, enhancements.to_vec()).fingerprint();
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
