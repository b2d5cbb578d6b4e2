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
    let mut chosen = vec![random.random_range(0..data.rows.nrows())];
    let mut closest = squared_distances_to(&data.points, data.rows.select(Axis(0), &chosen).view()).row(0).to_vec();
    while chosen.len() < k {
        chosen.push(next(data, &mut closest, k, random));
    }
    data.rows.select(Axis(0), &chosen)
}

/// The row that lowers the inertia most, of a few drawn with probability proportional to `closest`, the squared distance
/// of each row to its nearest centroid so far; `closest` takes the new one into account.
pub(super) fn next(data: &Data<'_>, closest: &mut [f32], k: usize, random: &mut ChaCha8Rng) -> usize {
    let n_candidates = 2 + (k as f64).ln() as usize;
    let mut total = 0.0;
    let cumulative: Vec<f64> = closest
        .iter()
        .map(|&distance| {
            total += f64::from(distance);
            total
        })
        .collect();
    let candidates: Vec<usize> = (0..n_candidates)
        .map(|_| {
            let at = random.random::<f64>() * total;
            cumulative.partition_point(|&sum| sum < at).min(closest.len() - 1)
        })
        .collect();
    let mut distances = squared_distances_to(&data.points, data.rows.select(Axis(0), &candidates).view());
    let mut best = (f64::INFINITY, 0);
    for (i, mut row) in distances.rows_mut().into_iter().enumerate() {
        let inertia = lower(row.as_slice_mut().expect("rows are contiguous"), closest);
        if inertia < best.0 {
            best = (inertia, i);
        }
    }
    closest.copy_from_slice(distances.row(best.1).to_slice().expect("rows are contiguous"));
    candidates[best.1]
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
