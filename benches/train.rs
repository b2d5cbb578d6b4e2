//! Seconds per epoch of a classifier on random features, 9,000 × 2,048, 5 classes, batch 200.
//!
//! Usage: train HIDDEN, such as `[512, 256, 128]`. Prints one number per epoch; `benches/peers/train.sh` sets them
//! beside scikit-learn's and PyTorch's.

use ndarray::Array2;
use rails::data::{ClassId, ImageId};
use rails::device::Device;
use rails::progress::Silent;
use rails::training::{MlpRecipe, Split, TrainingSet, train};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

const IMAGES: usize = 9_000;
const FEATURES: usize = 2_048;
const CLASSES: usize = 5;
const EPOCHS: usize = 4;

fn main() {
    let hidden = std::env::args().skip(1).find(|argument| argument.starts_with('['));
    let hidden = hidden.unwrap_or_else(|| "[512, 256, 128]".to_owned());
    let mut rng = ChaCha8Rng::seed_from_u64(0);
    // A handful beyond the 9,000 judge the epochs, which costs next to nothing.
    let n = IMAGES + CLASSES;
    let x = Array2::from_shape_fn((n, FEATURES), |_| (rng.next_u32() >> 8) as f32 / (1_u32 << 23) as f32 - 1.0);
    let y: Vec<ClassId> = (0..n).map(|row| ClassId(row % CLASSES)).collect();
    let ids: Vec<ImageId> = (0..n).map(|row| ImageId::of_bytes(&row.to_le_bytes())).collect();
    let classes: Vec<String> = (0..CLASSES).map(|class| class.to_string()).collect();
    let split = Split { train: (0..IMAGES).collect(), validation: (IMAGES..n).collect(), test: vec![] };
    // What the others do, too: every image once, as it is.
    let recipe = format!(
        "hidden = {hidden}\nepochs = {EPOCHS}\nbatch_size = 200\ndropout = 0.0\nmixup = 0.0\nrefit = false\n\
         schedule = 'constant'\nwarm_up = 0.0"
    );
    let recipe: MlpRecipe = toml::from_str(&recipe).expect("a recipe");
    let data = TrainingSet { ids: &ids, x: x.view(), y: &y, classes: &classes, weights: None };
    let trained =
        train(&recipe.into(), &data, &split, Device::Cpu, 0, &Silent).expect("random features can be learned");
    for epoch in trained.history {
        println!("{}", epoch.seconds);
    }
}
