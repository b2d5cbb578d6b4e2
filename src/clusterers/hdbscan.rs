//! HDBSCAN: density-based clusters of differing density, without a radius to choose.
//!
//! Reference: Campello, Moulavi & Sander, "Density-based clustering based on hierarchical density estimates", 2013;
//! done by the crate `hdbscan`. Time grows with the square of the number of images.

use std::num::NonZeroUsize;

use hdbscan::{HdbscanHyperParams, NnAlgorithm};
use ndarray::ArrayView2;
use serde::{Deserialize, Serialize};

use super::{ClusterError, Clusterer, ClustererRecipe};
use crate::data::{Clustering, bounds, nonzero};
use crate::memory::bytes_of;

/// Recipe of HDBSCAN.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Hdbscan {
    /// Images that make a cluster; at least 2 are taken.
    #[serde(deserialize_with = "bounds::neighbours")]
    pub min_cluster_size: NonZeroUsize,
    /// Images, itself included, that make an image dense; left out: as many as make a cluster.
    #[serde(deserialize_with = "bounds::neighbours")]
    pub min_samples: Option<NonZeroUsize>,
}

impl Default for Hdbscan {
    fn default() -> Self {
        Self { min_cluster_size: nonzero::<5>(), min_samples: None }
    }
}

impl ClustererRecipe for Hdbscan {
    type Tried = Self;

    fn first(tried: &Self) -> Self {
        tried.clone()
    }
}

impl Clusterer for Hdbscan {
    /// Nothing is drawn at random; no number of rows is too few. Clusters are numbered by first appearance.
    fn cluster(&self, x: ArrayView2<'_, f32>, _seed: u64) -> Result<Clustering, ClusterError> {
        let size = self.min_cluster_size.get().max(2);
        let min_samples = self.min_samples.map_or(size, NonZeroUsize::get);
        let noise = || Clustering::by_first_appearance(vec![None; x.nrows()]);
        if x.nrows() < size.max(min_samples) || x.ncols() == 0 {
            return Ok(noise());
        }
        let rows: Vec<Vec<f32>> = x.rows().into_iter().map(|row| row.to_vec()).collect();
        let params = HdbscanHyperParams::builder()
            .min_cluster_size(size)
            .min_samples(min_samples)
            .nn_algorithm(NnAlgorithm::BruteForce)
            .build();
        let labels = hdbscan::Hdbscan::new(&rows, params).cluster().unwrap_or_else(|_| vec![-1; rows.len()]);
        Ok(Clustering::by_first_appearance(labels.into_iter().map(|label| u32::try_from(label).ok())))
    }

    /// A row of distances per image, and the features once more.
    fn memory(&self, n: usize, n_features: usize) -> u64 {
        bytes_of::<f32>(&[n, n]).saturating_add(bytes_of::<f32>(&[n, n_features + 64]))
    }
}
