//! The classifier that `rails train` would make: its default recipe on the embeddings, labels weighted.

use rails::data::{ClassId, ImageId};
use rails::device::Device;
use rails::progress::Silent;
use rails::training::{MlpRecipe, Split, SplitRecipe, TrainingSet, most_likely, train};

use crate::images::Images;

/// Share of `test` classified right after learning from the labelled images of `shown`.
///
/// As many images as by default decide when to stop; none are kept for a test, since `test` is one.
pub fn accuracy(shown: &Images, labels: &[Option<usize>], weights: &[f32], test: &Images, seed: u64) -> f64 {
    let rows: Vec<usize> = (0..shown.len()).filter(|&row| labels[row].is_some()).collect();
    let some = shown.select(&rows);
    let y: Vec<ClassId> = rows.iter().filter_map(|&row| labels[row]).map(ClassId).collect();
    let Some(&only) = y.first() else { return 0.0 };
    let predicted = if y.iter().all(|class| *class == only) {
        vec![only; test.len()]
    } else {
        let weights: Vec<f32> = rows.iter().map(|&row| weights[row]).collect();
        predict(&some.ids, &some, &y, &weights, test, seed)
    };
    let right = predicted.iter().zip(&test.truth).filter(|(found, truth)| found.0 == **truth).count();
    right as f64 / test.len() as f64
}

fn predict(ids: &[ImageId], some: &Images, y: &[ClassId], weights: &[f32], test: &Images, seed: u64) -> Vec<ClassId> {
    let recipe: SplitRecipe = toml::from_str("train = 0.85\nvalidation = 0.15\ntest = 0.0").expect("shares");
    let (split, _) = Split::stratified(ids, y, &some.classes, &recipe, seed);
    let set = TrainingSet { ids, x: some.x.view(), y, classes: &some.classes, weights: Some(weights) };
    let trained =
        train(&MlpRecipe::default().into(), &set, &split, Device::Cpu, seed, &Silent).expect("labels to learn from");
    most_likely(trained.head.probabilities(test.x.view()).expect("the same features").view())
}
