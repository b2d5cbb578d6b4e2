//! Both kinds of clusters: DBSCAN says which images lie densely, k-means divides those into `k` groups.

use std::num::NonZeroUsize;

use ndarray::{ArrayView2, Axis};
use serde::{Deserialize, Serialize};

use super::{Assigner, ClusterError, Clusterer, ClustererRecipe, Dbscan, KMeans};
use crate::data::{Clustering, Positive, nonzero};

/// Recipe of the hybrid.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Hybrid {
    /// Radius of a neighbourhood, in units of the reduced features.
    pub eps: Positive,
    /// Images, itself included, within `eps` of an image that make it dense.
    pub min_samples: NonZeroUsize,
    /// Groups to divide the dense images into.
    pub k: NonZeroUsize,
    /// How the images that DBSCAN calls noise are treated.
    pub rest: Rest,
}

impl Default for Hybrid {
    fn default() -> Self {
        Self {
            eps: const { Positive::constant(0.5) },
            min_samples: nonzero::<5>(),
            k: nonzero::<2>(),
            rest: Rest::default(),
        }
    }
}

/// How images that do not lie densely are treated.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rest {
    /// They stay noise.
    #[default]
    Noise,
    /// They join the nearest group.
    Assign,
}

impl ClustererRecipe for Hybrid {
    type Tried = Self;

    fn first(tried: &Self) -> Self {
        tried.clone()
    }

    fn set_k(&mut self, k: NonZeroUsize) {
        self.k = k;
    }
}

impl Clusterer for Hybrid {
    /// # Errors
    /// [`ClusterError::TooFewDense`] when fewer than `k` images lie densely.
    fn cluster(&self, x: ArrayView2<'_, f32>, seed: u64) -> Result<Clustering, ClusterError> {
        let density = Dbscan { eps: self.eps, min_samples: self.min_samples }.cluster(x, seed)?;
        let dense: Vec<usize> =
            density.labels().iter().enumerate().filter_map(|(row, label)| label.map(|_| row)).collect();
        if dense.len() < self.k.get() {
            let (needed, dense, rows) = (self.k.get(), dense.len(), x.nrows());
            return Err(ClusterError::TooFewDense { needed, dense, rows });
        }
        let fit = KMeans::with_k(self.k).fit(x.select(Axis(0), &dense).view(), self.k, seed)?;
        let mut labels = match self.rest {
            Rest::Noise => vec![None; x.nrows()],
            Rest::Assign => {
                let placed = Assigner::to_centroids(fit.centroids).place(x);
                placed.into_iter().map(|place| place.cluster.map(|id| id.0)).collect()
            }
        };
        for (row, label) in dense.into_iter().zip(fit.clustering.labels()) {
            labels[row] = label.map(|id| id.0);
        }
        Ok(Clustering::by_first_appearance(labels))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    #[test]
    fn noise_stays_or_joins() {
        let x = array![[9.0], [0.0], [0.1], [1.0], [1.1], [4.0]];
        let recipe = |rest| Hybrid {
            eps: Positive::try_from(1.0).unwrap(),
            min_samples: NonZeroUsize::new(2).unwrap(),
            k: NonZeroUsize::new(2).unwrap(),
            rest,
        };
        assert_eq!(recipe(Rest::Noise).cluster(x.view(), 0).unwrap().signed(), [-1, 0, 0, 1, 1, -1]);
        assert_eq!(recipe(Rest::Assign).cluster(x.view(), 0).unwrap().signed(), [0, 1, 1, 0, 0, 0]);
        let sparse = array![[0.0], [10.0]];
        let refused = recipe(Rest::Noise).cluster(sparse.view(), 0).unwrap_err();
        assert_eq!(refused, ClusterError::TooFewDense { needed: 2, dense: 0, rows: 2 });
    }
}
