//! The classifier that `rails train` would make: its default recipe on the embeddings, labels weighted.

use std::collections::BTreeMap;

use rails::data::{ClassId, ImageId};
use rails::device::Device;
use rails::progress::Silent;
use rails::training::{MlpRecipe, Split, SplitRecipe, TrainingSet, most_likely, train};

use crate::images::Images;

/// How well images are classified.
#[derive(Clone, Copy)]
pub struct Score {
    /// Share of the images classified right.
    pub accuracy: f64,
    /// The mean of these shares over the classes.
    pub balanced: f64,
}

/// How well `test` is classified after learning from the labelled images of `shown`.
///
/// As many images as by default decide when to stop; none are kept for a test, since `test` is one.
pub fn accuracy(shown: &Images, labels: &[Option<usize>], weights: &[f32], test: &Images, seed: u64) -> Score {
    let rows: Vec<usize> = (0..shown.len()).filter(|&row| labels[row].is_some()).collect();
    let some = shown.select(&rows);
    let y: Vec<ClassId> = rows.iter().filter_map(|&row| labels[row]).map(ClassId).collect();
    let Some(&only) = y.first() else { return Score { accuracy: 0.0, balanced: 0.0 } };
    let predicted = if y.iter().all(|class| *class == only) {
        vec![only; test.len()]
    } else {
        let weights: Vec<f32> = rows.iter().map(|&row| weights[row]).collect();
        predict(&some.ids, &some, &y, &weights, test, seed)
    };
    let (mut right, mut of_class) = (0.0, BTreeMap::<usize, (f64, f64)>::new());
    for (found, truth) in predicted.iter().zip(&test.truth) {
        let is_right = f64::from(u8::from(found.0 == *truth));
        right += is_right;
        let class = of_class.entry(*truth).or_default();
        *class = (class.0 + is_right, class.1 + 1.0);
    }
    let recalls: f64 = of_class.values().map(|(right, all)| right / all).sum();
    Score { accuracy: right / test.len() as f64, balanced: recalls / of_class.len() as f64 }
}

fn predict(ids: &[ImageId], some: &Images, y: &[ClassId], weights: &[f32], test: &Images, seed: u64) -> Vec<ClassId> {
    let recipe: SplitRecipe = toml::from_str("train = 0.85\nvalidation = 0.15\ntest = 0.0").expect("shares");
    let (split, _) = Split::stratified(ids, y, &some.classes, &recipe, seed);
    let set = TrainingSet { ids, x: some.x.view(), y, classes: &some.classes, weights: Some(weights) };
    let trained =
        train(&MlpRecipe::default().into(), &set, &split, Device::Cpu, seed, &Silent).expect("labels to learn from");
    most_likely(trained.head.probabilities(test.x.view()).expect("the same features").view())
}
