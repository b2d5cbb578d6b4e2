//! Starting centroids far from each other: greedy k-means++.
//!
//! Reference: Arthur & Vassilvitskii, "k-means++: the advantages of careful seeding", 2007; of several candidates the
//! one that lowers the inertia most is taken, as scikit-learn does.

use ndarray::{Array2, Axis};
use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use super::Data;
use crate::pairwise::squared_distances_to;

/// `k` rows of `data` as centroids, shape `[k, n_features]`.
pub(super) fn centroids(data: &Data<'_>, k: usize, random: &mut ChaCha8Rng) -> Array2<f32> {
    let n = data.rows.nrows();
    let n_candidates = 2 + (k as f64).ln() as usize;
    let mut chosen = vec![random.random_range(0..n)];
    let mut closest = squared_distances_to(&data.points, data.rows.select(Axis(0), &chosen).view()).row(0).to_vec();
    let mut cumulative = vec![0.0; n];
    while chosen.len() < k {
        let mut total = 0.0;
        for (sum, &distance) in cumulative.iter_mut().zip(&closest) {
            total += f64::from(distance);
            *sum = total;
        }
        let candidates: Vec<usize> = (0..n_candidates)
            .map(|_| {
                let at = random.random::<f64>() * total;
                cumulative.partition_point(|&sum| sum < at).min(n - 1)
            })
            .collect();
        let mut distances = squared_distances_to(&data.points, data.rows.select(Axis(0), &candidates).view());
        let mut best = (f64::INFINITY, 0);
        for (i, mut row) in distances.rows_mut().into_iter().enumerate() {
            let inertia = lower(row.as_slice_mut().expect("rows are contiguous"), &closest);
            if inertia < best.0 {
                best = (inertia, i);
            }
        }
        chosen.push(candidates[best.1]);
        closest.copy_from_slice(distances.row(best.1).to_slice().expect("rows are contiguous"));
    }
    data.rows.select(Axis(0), &chosen)
}

/// Lowers `distances` to `closest` where that is less, and sums them.
fn lower(distances: &mut [f32], closest: &[f32]) -> f64 {
    let mut sums = [0.0_f64; 8];
    for (distances, closest) in distances.chunks_mut(8).zip(closest.chunks(8)) {
        for ((distance, &closest), sum) in distances.iter_mut().zip(closest).zip(&mut sums) {
            *distance = if closest < *distance { closest } else { *distance };
            *sum += f64::from(*distance);
        }
    }
    sums.iter().sum()
}
