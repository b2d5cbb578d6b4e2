//! Mini-batch k-means with scikit-learn's rules: how it starts, which centroids are given up, when it stops.

use ndarray::{Array2, Axis};
use rand::RngExt;
use rand::seq::index;
use rand_chacha::ChaCha8Rng;

use super::{Data, Start, plus_plus};
use crate::pairwise::nearest;

/// A centroid with less than this share of the images of the largest is given up now and then.
const REASSIGNMENT_RATIO: f64 = 0.01;
/// Batches without a better smoothed inertia before it stops.
const PATIENCE: usize = 10;

/// The best of `n_init` starts by a sample, then batches until they stop getting better.
pub(super) fn run(
    data: &Data<'_>,
    k: usize,
    n_init: usize,
    max_iter: usize,
    batch_size: usize,
    mut random: ChaCha8Rng,
) -> Start {
    let n = data.rows.nrows();
    let batch_size = batch_size.min(n);
    let mut state = State::start(data, k, n_init, batch_size, &mut random);
    let n_steps = (max_iter * n / batch_size).max(1);
    let mut smoothed: Option<f64> = None;
    let (mut least, mut worse) = (f64::INFINITY, 0);
    let weight = (2.0 * batch_size as f64 / (n as f64 + 1.0)).min(1.0);
    let mut n_iter = 0;
    while n_iter < n_steps {
        let batch: Vec<usize> = (0..batch_size).map(|_| random.random_range(0..n)).collect();
        let inertia = state.step(data, &batch, &mut random) / batch_size as f64;
        n_iter += 1;
        if n_iter == 1 {
            continue; // the first inertia is that of the start
        }
        let now = smoothed.map_or(inertia, |before| before * (1.0 - weight) + inertia * weight);
        smoothed = Some(now);
        if now < least {
            (least, worse) = (now, 0);
        } else {
            worse += 1;
        }
        if worse >= PATIENCE {
            break;
        }
    }
    let found = nearest(&data.points, state.centroids.view());
    Start { centroids: state.centroids, inertia: found.squared.iter().map(|&d| f64::from(d)).sum(), n_iter }
}

struct State {
    centroids: Array2<f32>,
    /// Images each centroid has seen.
    counts: Vec<f64>,
    since_reassignment: usize,
}

impl State {
    fn start(data: &Data<'_>, k: usize, n_init: usize, batch_size: usize, random: &mut ChaCha8Rng) -> Self {
        let n = data.rows.nrows();
        let sample_size = if 3 * batch_size < k { 3 * k } else { 3 * batch_size }.min(n);
        let sample = |random: &mut ChaCha8Rng| {
            let rows: Vec<usize> = (0..sample_size).map(|_| random.random_range(0..n)).collect();
            Data::of_rows(data, &rows)
        };
        let judge = sample(random);
        let mut best: Option<(f64, Array2<f32>)> = None;
        for _ in 0..n_init {
            let rows = index::sample(random, n, sample_size).into_vec();
            let centroids = plus_plus::centroids(&Data::of_rows(data, &rows), k, random);
            let found = nearest(&judge.points, centroids.view());
            let inertia: f64 = found.squared.iter().map(|&d| f64::from(d)).sum();
            if best.as_ref().is_none_or(|(least, _)| inertia < *least) {
                best = Some((inertia, centroids));
            }
        }
        let centroids =
            best.map_or_else(|| data.rows.slice(ndarray::s![..k, ..]).to_owned(), |(_, centroids)| centroids);
        Self { centroids, counts: vec![0.0; k], since_reassignment: 0 }
    }

    /// Moves centroids towards the images of `batch`; returns the inertia of the batch before.
    fn step(&mut self, data: &Data<'_>, batch: &[usize], random: &mut ChaCha8Rng) -> f64 {
        let rows = Data::of_rows(data, batch);
        let found = nearest(&rows.points, self.centroids.view());
        let k = self.counts.len();
        let mut sums = Array2::<f64>::zeros((k, data.rows.ncols()));
        let mut members = vec![0.0; k];
        for (i, &label) in found.labels.iter().enumerate() {
            members[label as usize] += 1.0;
            let mut sum = sums.row_mut(label as usize);
            sum.iter_mut().zip(rows.row(i)).for_each(|(sum, &value)| *sum += f64::from(value));
        }
        for (c, mut centroid) in self.centroids.rows_mut().into_iter().enumerate() {
            if members[c] > 0.0 {
                let seen = self.counts[c];
                self.counts[c] += members[c];
                let all = self.counts[c];
                centroid.zip_mut_with(&sums.row(c), |value, &sum| {
                    *value = ((f64::from(*value) * seen + sum) / all) as f32;
                });
            }
        }
        self.reassign(&rows, random);
        found.squared.iter().map(|&d| f64::from(d)).sum()
    }

    /// Now and then moves centroids with very few images onto random images of the batch.
    fn reassign(&mut self, batch: &Data<'_>, random: &mut ChaCha8Rng) {
        let (size, k) = (batch.rows.nrows(), self.counts.len());
        self.since_reassignment += size;
        if self.since_reassignment < 10 * k && !self.counts.contains(&0.0) {
            return;
        }
        self.since_reassignment = 0;
        let most = self.counts.iter().copied().fold(0.0, f64::max);
        let mut weak: Vec<usize> = (0..k).filter(|&c| self.counts[c] < REASSIGNMENT_RATIO * most).collect();
        weak.sort_by(|&a, &b| self.counts[a].total_cmp(&self.counts[b]));
        weak.truncate(size / 2);
        if weak.is_empty() {
            return;
        }
        let spared = (0..k).filter(|c| !weak.contains(c)).map(|c| self.counts[c]).fold(f64::INFINITY, f64::min);
        for (&cluster, image) in weak.iter().zip(index::sample(random, size, weak.len())) {
            self.centroids.row_mut(cluster).assign(&batch.rows.row(image));
            self.counts[cluster] = spared;
        }
    }
}

impl Data<'_> {
    fn of_rows(&self, rows: &[usize]) -> Data<'static> {
        let rows = self.rows.select(Axis(0), rows);
        Data { points: crate::pairwise::Points::new(rows.view()), rows: rows.into() }
    }
}
