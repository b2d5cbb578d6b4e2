//! Images of novel classes, which the classifier never learned: it cannot be right on them, so they are judged apart.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{LabelledImage, Predictions};

/// Images of novel classes, which the classifier never learned: row `i` of everything belongs to `images[i]`.
#[derive(Debug, Clone, Default)]
pub struct NovelImages {
    /// The images.
    pub images: Vec<LabelledImage>,
    /// True class of each.
    pub truth: Vec<String>,
    /// The classifier's predictions for them, all of which are wrong.
    pub predictions: Predictions,
}

/// A novel class: its images, and what the classifier takes them for.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct NovelClass {
    /// The true class.
    pub class: String,
    /// Number of its images.
    pub images: usize,
    /// Number of images by the class they were taken for.
    pub taken_for: BTreeMap<String, usize>,
    /// Mean confidence of these wrong answers, in `0.0..=1.0`.
    pub mean_confidence: f64,
    /// How many of them prediction calls `unknown`; `None` where the classifier measures no novelty.
    pub called_unknown: Option<usize>,
}

/// Sums over the images of a class.
#[derive(Default)]
struct Sums<'a> {
    taken_for: BTreeMap<&'a str, usize>,
    confidence: f64,
    images: usize,
    rejected: usize,
}

impl NovelImages {
    /// By true class, in the order of their names; `classes` are the classifier's.
    #[must_use]
    pub fn by_class(&self, classes: &[String]) -> Vec<NovelClass> {
        let mut by_class: BTreeMap<&str, Sums<'_>> = BTreeMap::new();
        let (predicted, confidences) = (self.predictions.predicted(), self.predictions.confidences());
        for (row, truth) in self.truth.iter().enumerate() {
            let sums = by_class.entry(truth).or_default();
            *sums.taken_for.entry(&classes[predicted[row].0]).or_default() += 1;
            sums.confidence += f64::from(confidences[row]);
            sums.images += 1;
            sums.rejected += usize::from(self.predictions.unknown_because(row).is_some());
        }
        let class = |(class, sums): (&str, Sums<'_>)| NovelClass {
            class: class.to_owned(),
            images: sums.images,
            taken_for: sums.taken_for.into_iter().map(|(name, count)| (name.to_owned(), count)).collect(),
            mean_confidence: sums.confidence / sums.images as f64,
            called_unknown: (!self.predictions.recognitions.is_empty()).then_some(sums.rejected),
        };
        by_class.into_iter().map(class).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::labelled_predictions::tests::five;
    use super::*;

    #[test]
    fn each_novel_class_tells_what_it_is_taken_for() {
        let (classes, images, _, predictions) = five();
        let truth = ["d", "c", "c", "c", "d"].map(str::to_owned).to_vec();
        let mut novel = NovelImages { images, truth, predictions };
        let found = novel.by_class(&classes);
        let taken = |pairs: &[(&str, usize)]| pairs.iter().map(|(name, n)| ((*name).to_owned(), *n)).collect();
        assert_eq!((found[0].class.as_str(), found[0].images, found[0].called_unknown), ("c", 3, Some(1)));
        assert_eq!(found[0].taken_for, taken(&[("a", 1), ("b", 2)]));
        assert!((found[0].mean_confidence - (0.8 + 0.6 + 0.7) / 3.0).abs() < 1e-7, "{}", found[0].mean_confidence);
        assert_eq!((found[1].class.as_str(), found[1].images, &found[1].taken_for), ("d", 2, &taken(&[("a", 2)])));
        novel.predictions.recognitions.clear();
        assert_eq!(novel.by_class(&classes)[0].called_unknown, None);
        assert_eq!(NovelImages::default().by_class(&classes), []);
    }
}
