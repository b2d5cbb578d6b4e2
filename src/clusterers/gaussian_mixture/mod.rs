//! Gaussian mixture: clusters are clouds, each with its own shape.
//!
//! Reference: Dempster, Laird & Rubin, "Maximum likelihood from incomplete data via the EM algorithm", 1977; full
//! covariances and the stopping rule of scikit-learn. Densities stay logarithms throughout, so that images far from
//! every cloud do not underflow (linfa 0.8 takes the exponential first and loses them).

mod cholesky;
mod component;

use std::num::NonZeroUsize;

use ndarray::{Array2, ArrayView2, Axis};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::{ClusterError, Clusterer, ClustererRecipe, KMeans};
use crate::data::{Clustering, Positive, bounds, nonzero};
use crate::memory::bytes_of;
use component::Component;

/// Recipe of a Gaussian mixture.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct GaussianMixture {
    /// Number of clouds; some may end up without images.
    #[serde(deserialize_with = "bounds::clusters")]
    pub k: NonZeroUsize,
    /// Starts of the k-means that gives the first guess.
    #[serde(deserialize_with = "bounds::starts")]
    pub n_init: NonZeroUsize,
    /// Passes over the data at most.
    #[serde(deserialize_with = "bounds::passes")]
    pub max_iter: NonZeroUsize,
    /// It ends when the mean log-likelihood of an image grows by less.
    pub tol: Positive,
    /// Added to the variance of every feature, so that no cloud is flat.
    pub reg_covar: Positive,
}

impl Default for GaussianMixture {
    fn default() -> Self {
        Self {
            k: nonzero::<8>(),
            n_init: nonzero::<10>(),
            max_iter: nonzero::<100>(),
            tol: const { Positive::constant(1e-3) },
            reg_covar: const { Positive::constant(1e-6) },
        }
    }
}

impl ClustererRecipe for GaussianMixture {
    type Tried = Self;

    fn first(tried: &Self) -> Self {
        tried.clone()
    }

    fn set_k(&mut self, k: NonZeroUsize) {
        self.k = k;
    }
}

impl Clusterer for GaussianMixture {
    /// Each image goes to the cloud that most likely made it. Clusters are numbered by first appearance.
    fn cluster(&self, x: ArrayView2<'_, f32>, seed: u64) -> Result<Clustering, ClusterError> {
        let guess = KMeans { n_init: self.n_init, ..KMeans::with_k(self.k) }.fit(x, self.k, seed)?.clustering;
        let x = x.mapv(f64::from);
        let mut shares = Array2::zeros((guess.n_clusters(), x.nrows()));
        for (row, label) in guess.labels().iter().enumerate() {
            if let Some(id) = label {
                shares[[id.0 as usize, row]] = 1.0;
            }
        }
        let mut before = f64::NEG_INFINITY;
        for _ in 0..self.max_iter.get() {
            let likelihood = self.improve(&x, &mut shares);
            if (likelihood - before).abs() < self.tol.get() {
                break;
            }
            before = likelihood;
        }
        let labels = shares.axis_iter(Axis(1)).map(|shares| {
            let best = shares
                .iter()
                .enumerate()
                .fold((0, f64::NEG_INFINITY), |best, (i, &share)| if share > best.1 { (i, share) } else { best });
            Some(best.0 as u32)
        });
        Ok(Clustering::by_first_appearance(labels))
    }

    /// The images in 64 bits, also centred by every thread, the share of each in each cloud, and the clouds.
    fn memory(&self, n: usize, n_features: usize) -> u64 {
        let k = self.k.get().min(n);
        let copies = 1 + rayon::current_num_threads().min(k);
        let clouds = bytes_of::<f64>(&[k, n_features, n_features]).saturating_mul(2);
        bytes_of::<f64>(&[n, n_features, copies]).saturating_add(bytes_of::<f64>(&[k, n])).saturating_add(clouds)
    }
}

impl GaussianMixture {
    /// Fits clouds to the shares, shape `[k, n]`, and shares the images `x`, shape `[n, d]`, out anew;
    /// returns the mean log-likelihood of an image.
    fn improve(&self, x: &Array2<f64>, shares: &mut Array2<f64>) -> f64 {
        shares.axis_iter_mut(Axis(0)).into_par_iter().for_each(|mut shares| {
            let densities = Component::fit(x, shares.view(), self.reg_covar.get()).log_densities(x);
            shares.assign(&densities);
        });
        let mut total = 0.0;
        for mut densities in shares.axis_iter_mut(Axis(1)) {
            let most = densities.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            let sum: f64 = densities.iter().map(|density| (density - most).exp()).sum();
            let log_sum = most + sum.ln();
            densities.mapv_inplace(|density| (density - log_sum).exp());
            total += log_sum;
        }
        total / x.nrows() as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A small dense disc beside a large one: k-means cuts the large one, a mixture knows that clouds differ in size.
    #[test]
    fn a_small_cloud_takes_nothing_from_a_large_one() {
        let x = Array2::from_shape_fn((400, 2), |(i, j)| {
            let (radius, centre) = if i % 4 == 0 { (0.3, 0.0) } else { (3.0, 3.5) };
            let angle = i as f32 * 2.399_963; // the golden angle fills a disc evenly
            let from_centre = radius * ((i as f32 + 0.5) / 400.0).sqrt();
            if j == 0 { centre + from_centre * angle.cos() } else { from_centre * angle.sin() }
        });
        let k = NonZeroUsize::new(2).unwrap();
        let expected: Vec<i64> = (0..400).map(|i| i64::from(i % 4 != 0)).collect();
        let recipe = GaussianMixture { k, ..GaussianMixture::default() };
        assert_eq!(recipe.cluster(x.view(), 3).unwrap().signed(), expected);
        assert_ne!(KMeans::with_k(k).cluster(x.view(), 3).unwrap().signed(), expected);
    }

    #[test]
    fn an_image_far_from_everything_has_a_cluster_too() {
        let mut x = Array2::from_shape_fn((60, 3), |(i, j)| ((i * 7 + j * 3) % 10) as f32 * 0.01 + (i % 2) as f32);
        x.row_mut(0).fill(1e4);
        let recipe = GaussianMixture { k: NonZeroUsize::new(2).unwrap(), ..GaussianMixture::default() };
        assert_eq!(recipe.cluster(x.view(), 0).unwrap().n_noise(), 0);
    }
}
