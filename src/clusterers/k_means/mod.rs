//! K-means: `k` centroids, each the mean of the images nearest to it.
//!
//! References: Lloyd, "Least squares quantization in PCM", 1982; Sculley, "Web-scale k-means clustering", 2010;
//! both with the starting points, empty-cluster and stopping rules of scikit-learn, so that inertias compare.

mod counts;
mod lloyd;
mod mini_batch;
mod plus_plus;

use std::num::NonZeroUsize;

use ndarray::{Array2, ArrayView2, CowArray, Ix2};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

pub use counts::Counts;

use super::{ClusterError, Clusterer, ClustererRecipe};
use crate::data::bounds::{self, Numbers};
use crate::data::{Clustering, Fraction, nonzero};
use crate::memory::{MemoryBudget, bytes_of};
use crate::pairwise::{Points, nearest};
use crate::progress::{Event, Observer, Warning};

/// Recipe of k-means.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct KMeans {
    /// Number of clusters: one, a list, or a range to try.
    #[serde(deserialize_with = "bounds::clusters")]
    pub k: Counts,
    /// Starts; the one of least inertia counts.
    #[serde(deserialize_with = "bounds::starts")]
    pub n_init: NonZeroUsize,
    /// Starts of the fit at the chosen `k`; as many as `n_init` where it is left out.
    #[serde(deserialize_with = "bounds::starts")]
    pub final_n_init: Option<NonZeroUsize>,
    /// Passes over the data at most.
    #[serde(deserialize_with = "bounds::passes")]
    pub max_iter: NonZeroUsize,
    /// A fit ends when the centroids together move less than this share of the mean variance of a feature.
    /// Mini-batches end when they stop getting better instead.
    pub tol: Fraction,
    /// All images in each step, or a few.
    pub algorithm: KMeansAlgorithm,
    /// Images per mini-batch; with small ones every start ends somewhere else.
    #[serde(deserialize_with = "bounds::rows_per_step")]
    pub batch_size: NonZeroUsize,
}

/// How centroids are found.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KMeansAlgorithm {
    /// Every step sees all images.
    #[default]
    Lloyd,
    /// Every step sees a random few: faster, a little worse.
    MiniBatch,
}

impl Default for KMeans {
    fn default() -> Self {
        Self {
            k: Counts::default(),
            n_init: nonzero::<10>(),
            final_n_init: None,
            max_iter: nonzero::<300>(),
            tol: const { Fraction::constant(1e-4) },
            algorithm: KMeansAlgorithm::Lloyd,
            batch_size: nonzero::<1024>(),
        }
    }
}

/// Fitted k-means.
#[derive(Debug, Clone, PartialEq)]
pub struct KMeansFit {
    /// Numbered by first appearance; no noise.
    pub clustering: Clustering,
    /// Shape `[n_clusters, n_features]`, in the numbering of `clustering`.
    pub centroids: Array2<f32>,
    /// Sum of squared distances of the images to their centroids.
    pub inertia: f64,
    /// Distance of each image to its centroid.
    pub distances: Vec<f32>,
    /// Passes over the data (mini-batches: steps) that the best start took.
    pub n_iter: usize,
    /// Clusters asked for; more than there are where the images have fewer distinct features.
    pub asked: usize,
}

/// The matrix, row by row and laid out for the kernel.
struct Data<'a> {
    rows: CowArray<'a, f32, Ix2>,
    points: Points,
}

/// Where a start ended.
struct Start {
    centroids: Array2<f32>,
    inertia: f64,
    n_iter: usize,
}

impl KMeans {
    /// A recipe for one number of clusters; the rest by default.
    #[must_use]
    pub fn with_k(k: NonZeroUsize) -> Self {
        Self { k: Counts::One(k), ..Self::default() }
    }

    /// Fits `k` clusters with [`KMeans::n_init`] starts.
    ///
    /// # Errors
    /// [`ClusterError::TooFew`] when `x`, shape `[n_images, n_features]`, has fewer than `k` rows.
    pub fn fit(&self, x: ArrayView2<'_, f32>, k: NonZeroUsize, seed: u64) -> Result<KMeansFit, ClusterError> {
        let data = Data::new(x, k.get())?;
        Ok(self.fit_data(&data, k.get(), self.n_init.get(), seed))
    }

    /// Fits `k` clusters with [`KMeans::final_n_init`] starts.
    ///
    /// # Errors
    /// [`ClusterError::TooFew`] when `x`, shape `[n_images, n_features]`, has fewer than `k` rows.
    pub fn fit_final(&self, x: ArrayView2<'_, f32>, k: NonZeroUsize, seed: u64) -> Result<KMeansFit, ClusterError> {
        let data = Data::new(x, k.get())?;
        Ok(self.fit_data(&data, k.get(), self.final_n_init.unwrap_or(self.n_init).get(), seed))
    }

    /// Fits every number of clusters of the recipe that `x` has rows for, ascending; `observer` gets a warning about
    /// the others.
    ///
    /// # Errors
    /// [`ClusterError::TooFew`] when `x`, shape `[n_images, n_features]`, has too few rows for all of them.
    pub fn sweep(
        &self,
        x: ArrayView2<'_, f32>,
        seed: u64,
        observer: &dyn Observer,
    ) -> Result<Vec<KMeansFit>, ClusterError> {
        let mut counts = self.k.values();
        let data = Data::new(x, counts[0])?;
        let too_many = counts.split_off(counts.partition_point(|&k| k <= x.nrows()));
        if let Some(first) = too_many.first() {
            observer.warn(&Warning::TooManyClusters { from: *first, images: x.nrows() });
        }
        Ok(counts
            .into_par_iter()
            .rev() // the longest first
            .map(|k| {
                let fit = self.fit_data(&data, k, self.n_init.get(), seed);
                observer.on(Event::Advanced { by: 1 });
                fit
            })
            .collect::<Vec<_>>()
            .into_iter()
            .rev()
            .collect())
    }

    /// The same as [`KMeans::sweep`] where `budget` has room for all fits.
    ///
    /// # Errors
    /// [`ClusterError::Memory`] where it has not, before anything is allocated; else as [`KMeans::sweep`].
    pub fn sweep_within(
        &self,
        budget: MemoryBudget,
        x: ArrayView2<'_, f32>,
        seed: u64,
        observer: &dyn Observer,
    ) -> Result<Vec<KMeansFit>, ClusterError> {
        budget.admit(self.sweep_memory(x.nrows(), x.ncols()))?;
        self.sweep(x, seed, observer)
    }

    /// Bytes that [`KMeans::sweep`] takes for `n` images of `n_features` features beside them, about: what one fit takes,
    /// which is counted for all threads, and centroids, labels and distances of every fit.
    fn sweep_memory(&self, n: usize, n_features: usize) -> u64 {
        let fits = self.k.values().into_iter().filter(|&k| k <= n);
        let kept = fits.map(|k| bytes_of::<f32>(&[k, n_features]).saturating_add(bytes_of::<f32>(&[n, 3])));
        kept.fold(self.memory(n, n_features), u64::saturating_add)
    }

    fn fit_data(&self, data: &Data<'_>, k: usize, n_init: usize, seed: u64) -> KMeansFit {
        let best = match self.algorithm {
            KMeansAlgorithm::Lloyd => {
                let tolerance = self.tol.get() * data.mean_variance();
                (0..n_init)
                    .into_par_iter()
                    .map(|start| lloyd::run(data, k, self.max_iter.get(), tolerance, generator(seed, k, start)))
                    .reduce_with(|a, b| if b.inertia < a.inertia { b } else { a })
                    .map(|best| lloyd::swap(data, best, self.max_iter.get(), tolerance, generator(seed, k, n_init)))
            }
            KMeansAlgorithm::MiniBatch => Some(mini_batch::run(
                data,
                k,
                n_init,
                self.max_iter.get(),
                self.batch_size.get(),
                generator(seed, k, 0),
            )),
        };
        KMeansFit::new(data, &best.expect("there is at least one start"), k)
    }
}

/// A stream of random numbers of its own for each number of clusters and start.
fn generator(seed: u64, k: usize, start: usize) -> ChaCha8Rng {
    let mut generator = ChaCha8Rng::seed_from_u64(seed);
    generator.set_stream(((k as u64) << 32) | start as u64);
    generator
}

impl ClustererRecipe for KMeans {
    type Tried = Self;

    fn first(tried: &Self) -> Self {
        Self { k: Counts::One(tried.k.first()), ..tried.clone() }
    }

    fn set_k(&mut self, k: NonZeroUsize) {
        self.k = Counts::One(k);
    }
}

impl Clusterer for KMeans {
    /// With several `k` in the recipe, the smallest.
    fn cluster(&self, x: ArrayView2<'_, f32>, seed: u64) -> Result<Clustering, ClusterError> {
        let smallest = self.k.values()[0];
        let data = Data::new(x, smallest)?;
        Ok(self.fit_data(&data, smallest, self.n_init.get(), seed).clustering)
    }

    /// The points laid out for the kernel, and for each start labels, centroids, and sums by block of rows.
    fn memory(&self, n: usize, n_features: usize) -> u64 {
        let k = self.k.largest().min(n as u64) as usize;
        let blocks = n / lloyd::ROWS_PER_TASK + 3;
        let candidates = 2 + (k.max(1) as f64).ln() as usize;
        let start = bytes_of::<f64>(&[k, n_features, blocks]).saturating_add(bytes_of::<f32>(&[n, 8 + candidates]));
        let at_once = rayon::current_num_threads() as u64;
        bytes_of::<f32>(&[n, n_features]).saturating_mul(2).saturating_add(start.saturating_mul(at_once))
    }
}

impl<'a> Data<'a> {
    fn new(x: ArrayView2<'a, f32>, needed: usize) -> Result<Self, ClusterError> {
        if x.nrows() < needed {
            return Err(ClusterError::TooFew { needed, rows: x.nrows() });
        }
        let rows = if x.is_standard_layout() { CowArray::from(x) } else { x.as_standard_layout().into_owned().into() };
        Ok(Self { points: Points::new(rows.view()), rows })
    }

    fn row(&self, index: usize) -> &[f32] {
        let d = self.rows.ncols();
        &self.rows.as_slice().expect("rows are contiguous")[index * d..(index + 1) * d]
    }

    fn mean_variance(&self) -> f64 {
        let (n, d) = (self.rows.nrows() as f64, self.rows.ncols().max(1) as f64);
        let mut sums = vec![(0.0, 0.0); self.rows.ncols()];
        let first = self.row(0); // variances do not depend on the origin; near the data nothing cancels
        for row in self.rows.rows() {
            for ((sum, &value), &origin) in sums.iter_mut().zip(row).zip(first) {
                let value = f64::from(value) - f64::from(origin);
                *sum = (sum.0 + value, sum.1 + value * value);
            }
        }
        sums.iter().map(|(sum, squares)| (squares / n - (sum / n).powi(2)).max(0.0)).sum::<f64>() / d
    }
}

impl KMeansFit {
    fn new(data: &Data<'_>, run: &Start, asked: usize) -> Self {
        let found = nearest(&data.points, run.centroids.view());
        let clustering = Clustering::by_first_appearance(found.labels.iter().map(|&label| Some(label)));
        let mut centroids = Array2::zeros((clustering.n_clusters(), run.centroids.ncols()));
        for (&label, id) in found.labels.iter().zip(clustering.labels()).rev() {
            if let Some(id) = id {
                centroids.row_mut(id.0 as usize).assign(&run.centroids.row(label as usize));
            }
        }
        Self {
            clustering,
            centroids,
            inertia: found.squared.iter().map(|&d| f64::from(d)).sum(),
            distances: found.squared.into_iter().map(f32::sqrt).collect(),
            n_iter: run.n_iter,
            asked,
        }
    }

    /// A warning about the fit, in a sentence.
    #[must_use]
    pub fn warning(&self) -> Option<String> {
        let found = self.clustering.n_clusters();
        (found < self.asked).then(|| {
            format!(
                "only {found} of {} clusters have images: fewer images are distinct than clusters were asked",
                self.asked
            )
        })
    }
}

#[cfg(test)]
mod tests;
