//! Images of classes that the classifier never learned: it cannot be right on them, so they are judged apart.

use std::collections::BTreeMap;

use ndarray::Array2;
use serde::Serialize;

use super::judged::JudgedImage;
use crate::training::most_likely;

/// Images whose true class the classifier does not know.
#[derive(Debug, Clone, Default)]
pub(in crate::commands) struct Strangers {
    pub images: Vec<JudgedImage>,
    /// One per image.
    pub truth: Vec<String>,
    /// Shape `[n_images, n_classes]`.
    pub probabilities: Array2<f32>,
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
}

impl Strangers {
    /// By true class; `classes` are the classifier's.
    pub fn summary(&self, classes: &[String]) -> Vec<StrangerClass> {
        let mut by_class: BTreeMap<&str, (BTreeMap<String, usize>, f64, usize)> = BTreeMap::new();
        let likely = most_likely(self.probabilities.view());
        for ((truth, class), probabilities) in self.truth.iter().zip(likely).zip(self.probabilities.rows()) {
            let (taken_for, confidence, images) = by_class.entry(truth).or_default();
            *taken_for.entry(classes[class.0].clone()).or_default() += 1;
            *confidence += f64::from(probabilities[class.0]);
            *images += 1;
        }
        by_class
            .into_iter()
            .map(|(class, (taken_for, confidence, images))| StrangerClass {
                class: class.to_owned(),
                images,
                taken_for,
                mean_confidence: confidence / images as f64,
            })
            .collect()
    }
}
