//! Predictions beside the truth: the ground of every evaluation.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use ndarray::Array2;

use super::{LabelledImage, Predictions};
use crate::data::ClassId;

/// Predictions beside the truth: row `i` of every list and array belongs to `images[i]`.
#[derive(Debug, Clone)]
pub struct LabelledPredictions<'a> {
    /// The classifier's classes.
    pub classes: &'a [String],
    /// The images.
    pub images: Vec<LabelledImage>,
    /// True class of each image, an index into `classes`.
    pub truth: Vec<ClassId>,
    /// Features as the classifier got them, shape `[n_images, n_features]`.
    pub features: Cow<'a, Array2<f32>>,
    /// The classifier's predictions for the images.
    pub predictions: Predictions,
}

impl LabelledPredictions<'_> {
    /// The most likely class of each image.
    #[must_use]
    pub fn predicted(&self) -> Vec<ClassId> {
        self.predictions.predicted()
    }

    /// Probability of the most likely class of image `row`, in `0.0..=1.0`.
    ///
    /// # Panics
    /// When there is no such row.
    #[must_use]
    pub fn confidence(&self, row: usize) -> f32 {
        self.predictions.probabilities.row(row).fold(0.0, |highest, &p| p.max(highest))
    }

    /// Whether the most likely class of each image is its true one.
    #[must_use]
    pub fn correct(&self) -> Vec<bool> {
        self.truth.iter().zip(self.predicted()).map(|(truth, predicted)| *truth == predicted).collect()
    }

    /// Rows of the images that were called wrong, the most confident first, by path where equal.
    #[must_use]
    pub fn errors(&self) -> Vec<usize> {
        self.by_confidence(|_, correct| !correct)
    }

    /// Rows of the images of `class` that were called right, the most confident first.
    #[must_use]
    pub fn correct_of(&self, class: ClassId) -> Vec<usize> {
        self.by_confidence(|truth, correct| correct && truth == class)
    }

    /// Names of the fields with 2 to 50 values among the images.
    #[must_use]
    pub fn fields(&self) -> Vec<String> {
        let mut values: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for (name, value) in self.images.iter().flat_map(|image| &image.fields) {
            values.entry(name).or_default().insert(value);
        }
        values
            .into_iter()
            .filter(|(_, values)| (2..=50).contains(&values.len()))
            .map(|(name, _)| name.to_owned())
            .collect()
    }

    fn by_confidence(&self, wanted: impl Fn(ClassId, bool) -> bool) -> Vec<usize> {
        let (correct, confidences) = (self.correct(), self.predictions.confidences());
        let mut rows: Vec<usize> = (0..correct.len()).filter(|&row| wanted(self.truth[row], correct[row])).collect();
        rows.sort_by(|&a, &b| {
            let surer = confidences[b].total_cmp(&confidences[a]);
            surer.then_with(|| self.images[a].file.cmp(&self.images[b].file))
        });
        rows
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::data::ImageId;
    use crate::evaluation::divide_by_truth;
    use crate::training::{Recognition, UnknownBecause};
    use ndarray::array;

    /// Classes `a` and `b`; five images: two of `a`, one of `b`, one of the novel `c`, one without truth.
    pub fn five() -> (Vec<String>, Vec<LabelledImage>, [Option<&'static str>; 5], Predictions) {
        let image = |(name, site): (&str, &str)| LabelledImage {
            id: ImageId::of_bytes(name.as_bytes()),
            file: format!("images/{name}.png").into(),
            fields: BTreeMap::from([("site".to_owned(), site.to_owned()), ("day".to_owned(), "1".to_owned())]),
        };
        let images = [("1", "x"), ("2", "y"), ("3", "x"), ("4", "y"), ("5", "y")].map(image).to_vec();
        let probabilities = array![[0.9, 0.1], [0.2, 0.8], [0.4, 0.6], [0.7, 0.3], [0.5, 0.5]];
        let recognition = |novelty| Recognition {
            novelty: Some(novelty),
            unknown_because: (novelty > 2.0).then_some(UnknownBecause::Novel),
            margin: 2.0 / (novelty + 1e-3),
        };
        let predictions = Predictions {
            uncalibrated: array![[0.8, 0.2], [0.3, 0.7], [0.45, 0.55], [0.6, 0.4], [0.5, 0.5]],
            probabilities,
            recognitions: [0.0, 1.0, 0.5, 3.0, 0.1].map(recognition).to_vec(),
        };
        let classes = vec!["a".to_owned(), "b".to_owned()];
        (classes, images, [Some("a"), Some("a"), Some("b"), Some("c"), None], predictions)
    }

    #[test]
    fn images_of_novel_classes_are_kept_apart_and_unlabelled_ones_left_out() {
        let (classes, images, truth, predictions) = five();
        let features = Array2::from_shape_fn((5, 3), |(row, _)| row as f32);
        let (labelled, novel) = divide_by_truth(&classes, images, &truth, features.view(), &predictions);
        assert_eq!(labelled.truth, [ClassId(0), ClassId(0), ClassId(1)]);
        assert_eq!(labelled.images.iter().map(LabelledImage::name).collect::<Vec<_>>(), ["1.png", "2.png", "3.png"]);
        assert_eq!(labelled.features.column(0).to_vec(), [0.0, 1.0, 2.0]);
        assert_eq!(labelled.predictions.novelties(), [0.0, 1.0, 0.5]);
        assert_eq!((novel.truth.as_slice(), novel.images[0].name()), (&["c".to_owned()][..], "4.png".to_owned()));
        assert_eq!(novel.predictions.probabilities, array![[0.7, 0.3]]);
        assert_eq!(novel.predictions.unknown_because(0), Some(UnknownBecause::Novel));
    }

    #[test]
    fn errors_come_most_confident_first_and_equals_by_path() {
        let (classes, images, _, predictions) = five();
        // 2 (0.8), 4 (0.7) and 5 (0.5: `a`, the first of equals) are wrong, 1 and 3 right.
        let truth = [Some("a"), Some("a"), Some("b"), Some("b"), Some("b")];
        let features = Array2::zeros((5, 1));
        let (labelled, _) = divide_by_truth(&classes, images, &truth, features.view(), &predictions);
        assert_eq!(labelled.correct(), [true, false, true, false, false]);
        assert_eq!(labelled.errors(), [1, 3, 4]);
        assert_eq!(labelled.correct_of(ClassId(1)), [2]);
        let mut equal = labelled.clone();
        equal.predictions.probabilities.column_mut(0).fill(0.5);
        equal.predictions.probabilities.column_mut(1).fill(0.5);
        assert_eq!(
            equal.errors(),
            [2, 3, 4],
            "all are called `a`: those of `b` are wrong, in the order of their paths"
        );
    }

    #[test]
    fn only_fields_that_tell_images_apart_count() {
        let (classes, images, truth, predictions) = five();
        let features = Array2::zeros((5, 1));
        let (labelled, _) = divide_by_truth(&classes, images, &truth, features.view(), &predictions);
        assert_eq!(labelled.fields(), ["site"]);
    }
}
