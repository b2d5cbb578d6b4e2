//! Images of classes that the classifier never learned: it cannot be right on them, so they are judged apart.

use std::collections::BTreeMap;

use ndarray::Array2;
use serde::Serialize;

use super::judged::{JudgedImage, Strangeness};
use crate::training::most_likely;

/// Images whose true class the classifier does not know.
#[derive(Debug, Clone, Default)]
pub(in crate::commands) struct Strangers {
    pub images: Vec<JudgedImage>,
    /// One per image.
    pub truth: Vec<String>,
    /// Shape `[n_images, n_classes]`.
    pub probabilities: Array2<f32>,
    /// One per image; empty where the classifier cannot say.
    pub strangeness: Vec<Strangeness>,
}

/// The images of one class that the classifier does not know.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StrangerClass {
    /// The true class.
    pub class: String,
    /// Its images.
    pub images: usize,
    /// What they were taken for.
    pub taken_for: BTreeMap<String, usize>,
    /// Mean confidence of these wrong answers, in `0.0..=1.0`.
    pub mean_confidence: f64,
    /// How many of them prediction calls `unknown`; `None` where the classifier cannot say.
    pub called_unknown: Option<usize>,
}

/// Sums over the images of a class.
#[derive(Default)]
struct Sums<'a> {
    taken_for: BTreeMap<&'a str, usize>,
    confidence: f64,
    images: usize,
    unknown: usize,
}

impl Strangers {
    /// By true class; `classes` are the classifier's.
    pub fn summary(&self, classes: &[String]) -> Vec<StrangerClass> {
        let mut by_class: BTreeMap<&str, Sums<'_>> = BTreeMap::new();
        let likely = most_likely(self.probabilities.view());
        for (row, (truth, confidence)) in self.truth.iter().zip(self.confidences()).enumerate() {
            let sums = by_class.entry(truth).or_default();
            *sums.taken_for.entry(&classes[likely[row].0]).or_default() += 1;
            sums.confidence += f64::from(confidence);
            sums.images += 1;
            sums.unknown += usize::from(self.strangeness.get(row).is_some_and(|one| one.unknown));
        }
        let class = |(class, sums): (&str, Sums<'_>)| StrangerClass {
            class: class.to_owned(),
            images: sums.images,
            taken_for: sums.taken_for.into_iter().map(|(name, count)| (name.to_owned(), count)).collect(),
            mean_confidence: sums.confidence / sums.images as f64,
            called_unknown: (!self.strangeness.is_empty()).then_some(sums.unknown),
        };
        by_class.into_iter().map(class).collect()
    }

    /// The probability of the most likely class of each image.
    pub fn confidences(&self) -> impl Iterator<Item = f32> {
        self.probabilities.rows().into_iter().map(|row| row.fold(0.0, |highest, &p| p.max(highest)))
    }
}
