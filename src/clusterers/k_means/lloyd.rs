//! Full k-means: assign every image to its nearest centroid, move every centroid to the mean of its images, repeat.

#![expect(clippy::inline_always, reason = "inner loops must be compiled for the processor that `Arch` finds")]

use ndarray::{Array2, s};
use pulp::Arch;
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

use super::{Data, Start, plus_plus};
use crate::pairwise::{Nearest, nearest};

/// Rows whose features one task sums; fixed, so that the bits never depend on the threads.
pub(super) const ROWS_PER_TASK: usize = 8192;

/// Swaps in a row that may fail to help before a fit is taken as it is.
const MOST_FAILED_SWAPS: usize = 3;
/// Passes after which a swap must be this near to the best inertia to be followed to its end.
const TRIAL: (usize, f64) = (8, 1.01);

/// One start; ends when nothing moves, when all centroids together move less than `tolerance`, or after `max_iter`.
pub(super) fn run(data: &Data<'_>, k: usize, max_iter: usize, tolerance: f64, mut random: ChaCha8Rng) -> Start {
    descend(data, plus_plus::centroids(data, k, &mut random), max_iter, tolerance)
}

/// Moves the centroid that is missed least to where one is missed most and descends again, as long as that helps.
///
/// Gets out of most local optima that all starts share. Reference: Fränti, "Efficiency of random swap clustering",
/// Journal of Big Data 2018; here the swap is chosen greedily.
pub(super) fn swap(data: &Data<'_>, mut best: Start, max_iter: usize, tolerance: f64, mut random: ChaCha8Rng) -> Start {
    let k = best.centroids.nrows();
    let mut failures = 0;
    while k > 1 && failures < MOST_FAILED_SWAPS {
        let found = nearest(&data.points, best.centroids.view());
        let mut missed = vec![0.0; k];
        for ((&label, &first), &second) in found.labels.iter().zip(&found.squared).zip(&found.second) {
            missed[label as usize] += f64::from(second) - f64::from(first);
        }
        let spare = (0..k).min_by(|&a, &b| missed[a].total_cmp(&missed[b])).unwrap_or(0);
        let mut closest: Vec<f32> = (found.labels.iter().zip(&found.squared).zip(&found.second))
            .map(|((&label, &first), &second)| if label as usize == spare { second } else { first })
            .collect();
        let moved = plus_plus::next(data, &mut closest, k, &mut random);
        let mut centroids = best.centroids.clone();
        centroids.row_mut(spare).assign(&data.rows.row(moved));
        let mut tried = descend(data, centroids, TRIAL.0.min(max_iter), tolerance);
        if tried.inertia < TRIAL.1 * best.inertia {
            tried = descend(data, tried.centroids, max_iter, tolerance);
        }
        if tried.inertia < best.inertia {
            best = tried;
            failures = 0;
        } else {
            failures += 1;
        }
    }
    best
}

fn descend(data: &Data<'_>, mut centroids: Array2<f32>, max_iter: usize, tolerance: f64) -> Start {
    let k = centroids.nrows();
    let mut labels = Vec::new();
    let mut n_iter = 0;
    while n_iter < max_iter {
        n_iter += 1;
        let found = nearest(&data.points, centroids.view());
        let settled = found.labels == labels;
        let moved = Sums::new(data, &found, k).means(&centroids);
        let shift: f64 = moved.iter().zip(&centroids).map(|(a, b)| (f64::from(*a) - f64::from(*b)).powi(2)).sum();
        centroids = moved;
        labels = found.labels;
        if settled || shift <= tolerance {
            break;
        }
    }
    let found = nearest(&data.points, centroids.view());
    Start { centroids, inertia: found.squared.iter().map(|&d| f64::from(d)).sum(), n_iter }
}

/// Sum of features and number of images of each cluster.
struct Sums {
    features: Array2<f64>,
    counts: Vec<usize>,
}

impl Sums {
    fn new(data: &Data<'_>, found: &Nearest, k: usize) -> Self {
        let d = data.rows.ncols();
        let mut total = Self { features: Array2::zeros((k, d)), counts: vec![0; k] };
        let parts: Vec<Self> = found
            .labels
            .par_chunks(ROWS_PER_TASK)
            .enumerate()
            .map(|(block, labels)| {
                let first = block * ROWS_PER_TASK;
                let rows = data.rows.slice(s![first..first + labels.len(), ..]);
                let mut part = Self { features: Array2::zeros((k, d)), counts: vec![0; k] };
                let rows = rows.as_slice().expect("rows are contiguous");
                Arch::new().dispatch(|| part.add(rows, labels));
                part
            })
            .collect();
        for part in parts {
            total.features += &part.features;
            total.counts.iter_mut().zip(part.counts).for_each(|(total, part)| *total += part);
        }
        total.fill_empty(data, found);
        total
    }

    #[inline(always)]
    fn add(&mut self, rows: &[f32], labels: &[u32]) {
        let d = self.features.ncols();
        let sums = self.features.as_slice_mut().expect("owned matrices are contiguous");
        for (i, &label) in labels.iter().enumerate() {
            let label = label as usize;
            self.counts[label] += 1;
            for (sum, &value) in sums[label * d..(label + 1) * d].iter_mut().zip(&rows[i * d..(i + 1) * d]) {
                *sum += f64::from(value);
            }
        }
    }

    /// Gives each empty cluster one of the images farthest from their centroids.
    fn fill_empty(&mut self, data: &Data<'_>, found: &Nearest) {
        let empty: Vec<usize> = (0..self.counts.len()).filter(|&c| self.counts[c] == 0).collect();
        if empty.is_empty() {
            return;
        }
        let mut farthest: Vec<usize> = (0..found.squared.len()).collect();
        farthest.sort_by(|&a, &b| found.squared[b].total_cmp(&found.squared[a]));
        for (cluster, image) in empty.into_iter().zip(farthest) {
            let from = found.labels[image] as usize;
            if found.squared[image] == 0.0 || self.counts[from] < 2 {
                break; // all that is left coincides with its centroid: there are fewer distinct images than clusters
            }
            for (column, &value) in data.row(image).iter().enumerate() {
                self.features[[from, column]] -= f64::from(value);
                self.features[[cluster, column]] = f64::from(value);
            }
            self.counts[from] -= 1;
            self.counts[cluster] = 1;
        }
    }

    /// Mean of each cluster; where there is none, the centroid stays.
    fn means(&self, centroids: &Array2<f32>) -> Array2<f32> {
        let mut means = centroids.clone();
        for ((mut mean, sum), &count) in means.rows_mut().into_iter().zip(self.features.rows()).zip(&self.counts) {
            if count > 0 {
                mean.zip_mut_with(&sum, |mean, &sum| *mean = (sum / count as f64) as f32);
            }
        }
        means
    }
}
