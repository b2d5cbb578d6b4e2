//! Seconds per fit on 20,000 images of 50 features and 8 classes, all labelled: the refit after a batch of decisions.

use std::time::Instant;

use ndarray::Array2;
use rails::curation::{Curation, Label, LabelSource, SuggestionModel, review_clusters};
use rails::data::ImageId;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

const IMAGES: usize = 20_000;
const FEATURES: usize = 50;
const CLASSES: usize = 8;

/// Prints how long the clustering, the look at the neighbours, and opinions take.
pub fn measure() {
    let mut rng = ChaCha8Rng::seed_from_u64(0);
    let mut uniform = || (rng.next_u32() >> 8) as f32 / (1_u32 << 24) as f32 - 0.5;
    let mut x = Array2::from_shape_simple_fn((IMAGES, FEATURES), &mut uniform);
    for (index, mut row) in x.rows_mut().into_iter().enumerate() {
        row[index % CLASSES] += 0.6;
    }
    let ids: Vec<ImageId> = (0..IMAGES).map(|row| ImageId::of_bytes(&row.to_le_bytes())).collect();
    let mut state = Curation::default();
    for (index, id) in ids.iter().enumerate() {
        // Every tenth name is wrong, and every fifth image was looked at.
        let class = format!("class {}", (index + usize::from(index % 10 == 9)) % CLASSES);
        let source = if index % 5 == 0 { LabelSource::Accepted } else { LabelSource::NamedCluster };
        state.labels.insert(*id, Label { class, source, reason: String::new(), seq: 0 });
    }
    let started = Instant::now();
    let clusters = review_clusters(x.view(), 0);
    println!("clustering, once per run: {:.2} s", started.elapsed().as_secs_f64());
    let started = Instant::now();
    let model = SuggestionModel::new(x, ids);
    println!("neighbours, once per session: {:.2} s", started.elapsed().as_secs_f64());
    for _ in 0..5 {
        let started = Instant::now();
        let predictions = model.predict(&state, clusters.labels());
        println!("fit: {:.2} s, {} suggestions", started.elapsed().as_secs_f64(), predictions.suggestions.len());
    }
}
