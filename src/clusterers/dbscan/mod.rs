//! Density-based clustering: dense groups become clusters, the rest is noise.
//!
//! Reference: Ester et al., "A density-based algorithm for discovering clusters", KDD 1996.
//! Memory is `O(n_images)`: neighbours are counted tile by tile, never listed.

mod components;
mod grid;
mod level;

use std::num::NonZeroUsize;

use ndarray::ArrayView2;
use serde::{Deserialize, Serialize};

pub use grid::{DbscanFit, DbscanGrid};

use super::{ClusterError, Clusterer};
use crate::data::{Clustering, Positive, bounds, nonzero};

/// DBSCAN with one radius and one density. [`DbscanGrid`] tries many at once.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Dbscan {
    /// Radius of a neighbourhood, in units of the reduced features.
    pub eps: Positive,
    /// Points, itself included, that make a point a core point.
    #[serde(deserialize_with = "bounds::neighbours")]
    pub min_samples: NonZeroUsize,
}

impl Default for Dbscan {
    /// scikit-learn's choice; rarely yours.
    fn default() -> Self {
        Self { eps: const { Positive::constant(0.5) }, min_samples: nonzero::<5>() }
    }
}

impl Clusterer for Dbscan {
    /// Nothing is drawn at random; no number of rows is too few.
    fn cluster(&self, x: ArrayView2<'_, f32>, _seed: u64) -> Result<Clustering, ClusterError> {
        let grid = DbscanGrid { eps: vec![self.eps], min_samples: vec![self.min_samples] };
        let fit = grid.fit(x).pop();
        Ok(fit.map_or_else(|| Clustering::by_number(&vec![None; x.nrows()]), |fit| fit.clustering))
    }

    /// As the grid of one pair.
    fn memory(&self, n: usize, n_features: usize) -> u64 {
        DbscanGrid { eps: vec![self.eps], min_samples: vec![self.min_samples] }.memory(n, n_features)
    }
}

/// The square of `eps` that squared distances are compared with, for data of shape `(n, n_features)`.
///
/// Two points are neighbours where their distance, computed in `f64`, is at most eps. Where scikit-learn 1.9 would not
/// build a tree (beyond 15 features, or below 12 points), it rounds eps and its square to the precision of the data;
/// we do too, since among millions of pairs some are always close enough to tell the difference.
fn squared_radius(eps: Positive, (n, n_features): (usize, usize)) -> f64 {
    if n_features > 15 || n < 12 {
        let rounded = eps.get() as f32;
        f64::from(rounded * rounded)
    } else {
        eps.get() * eps.get()
    }
}

#[cfg(test)]
mod tests;
