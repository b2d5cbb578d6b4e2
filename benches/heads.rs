//! Out-of-fold predictions of a training recipe on given features, folds and labels, for `benches/peers/heads.sh`.
//!
//! Usage: heads FEATURES.safetensors RECIPE.toml SEEDS, where the file holds `x` `[n, n_features]` f32, `fold` `[n]` u8
//! and `labels` `[SEEDS, n]` u8: what a seed learns from, wrong labels and all. Prints the predicted classes, a line
//! per seed.

use std::path::Path;

use ndarray::{Array2, Axis};
use rails::data::{ClassId, ImageId};
use rails::device::Device;
use rails::progress::Silent;
use rails::recipes::{TrainRecipe, load};
use rails::training::{Divisible, Split, SplitRecipe, TrainingSet, most_likely, train};
use safetensors::SafeTensors;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let [features, recipe, seeds] = arguments.as_slice() else { panic!("heads FEATURES RECIPE SEEDS") };
    let bytes = std::fs::read(features).expect("a file");
    let file = SafeTensors::deserialize(&bytes).expect("a safetensors file");
    let x = file.tensor("x").expect("`x`");
    let numbers = x.data().as_chunks::<4>().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect();
    let x = Array2::from_shape_vec((x.shape()[0], x.shape()[1]), numbers).expect("a matrix");
    let folds = file.tensor("fold").expect("`fold`").data();
    let labels = file.tensor("labels").expect("`labels`").data();
    let recipe: TrainRecipe = load(Some(Path::new(recipe)), &[]).expect("a recipe");
    for seed in 0..seeds.parse().expect("a number of seeds") {
        let y: Vec<ClassId> = labels[seed * x.nrows()..][..x.nrows()].iter().map(|&y| ClassId(y.into())).collect();
        let predicted = cross_validated(&recipe, &x, &y, folds, seed as u64);
        println!("{}", predicted.iter().map(|class| class.0.to_string()).collect::<Vec<_>>().join(" "));
    }
}

/// The class of each row of `x`, by a classifier that learned from the other folds.
fn cross_validated(recipe: &TrainRecipe, x: &Array2<f32>, y: &[ClassId], folds: &[u8], seed: u64) -> Vec<ClassId> {
    let classes: Vec<String> = (0..=y.iter().map(|y| y.0).max().unwrap_or(0)).map(|c| c.to_string()).collect();
    let ids: Vec<ImageId> = (0..y.len()).map(|row| ImageId::of_bytes(&row.to_le_bytes())).collect();
    let shares: SplitRecipe = toml::from_str("train = 0.85\nvalidation = 0.15\ntest = 0.0").expect("shares");
    let mut predicted = y.to_vec();
    for fold in 0..=folds.iter().copied().max().unwrap_or(0) {
        let (test, rest): (Vec<usize>, Vec<usize>) = (0..y.len()).partition(|&row| folds[row] == fold);
        let of_rest = |row: &usize| rest[*row];
        let rest_ids: Vec<ImageId> = rest.iter().map(|&row| ids[row]).collect();
        let rest_y: Vec<ClassId> = rest.iter().map(|&row| y[row]).collect();
        let divisible = Divisible { ids: &rest_ids, classes: &rest_y, names: &classes, groups: None, near: None };
        let (split, _) = Split::of(&divisible, &shares, seed);
        let split = Split {
            train: split.train.iter().map(of_rest).collect(),
            validation: split.validation.iter().map(of_rest).collect(),
            test,
        };
        let data = TrainingSet { ids: &ids, x: x.view(), y, classes: &classes, weights: None };
        let trained =
            train(&recipe.classifier, &data, &split, Device::Cpu, seed, &Silent).expect("features can be learned");
        let p = trained.head.probabilities(x.select(Axis(0), &split.test).view()).expect("the same features");
        split.test.iter().zip(most_likely(p.view())).for_each(|(&row, class)| predicted[row] = class);
    }
    predicted
}
