//! Numbers become groups.

mod assigner;
mod dbscan;
mod gaussian_mixture;
mod hdbscan;
mod hierarchical;
mod hybrid;
mod k_means;

pub use assigner::{Assigner, AssignerFileError, Placement};
pub use dbscan::{Dbscan, DbscanFit, DbscanGrid};
pub use gaussian_mixture::GaussianMixture;
pub use hdbscan::Hdbscan;
pub use hierarchical::{Hierarchical, Linkage};
pub use hybrid::{Hybrid, Rest};
pub use k_means::{Counts, KMeans, KMeansAlgorithm, KMeansFit};

use ndarray::ArrayView2;
use serde::{Deserialize, Serialize};

use crate::data::Clustering;

/// Assigns each row of `x`, of shape `[n_images, n_features]`, to a cluster.
///
/// The answer has `n_images` entries, `None` for noise. The same `x` and `seed` give the same answer,
/// whatever the number of threads.
pub trait Clusterer {
    /// # Errors
    /// [`ClusterError::TooFew`] when `x` has fewer rows than the algorithm needs.
    fn cluster(&self, x: ArrayView2<'_, f32>, seed: u64) -> Result<Clustering, ClusterError>;
}

/// The clusterers to choose from; in a recipe `method = "k_means"` and so on, beside the method's own keys.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "method", rename_all = "snake_case")]
pub enum Method {
    /// See [`KMeans`].
    KMeans(KMeans),
    /// See [`Dbscan`].
    Dbscan(Dbscan),
    /// See [`Hierarchical`].
    Hierarchical(Hierarchical),
    /// See [`GaussianMixture`].
    GaussianMixture(GaussianMixture),
    /// See [`Hdbscan`].
    Hdbscan(Hdbscan),
    /// See [`Hybrid`].
    Hybrid(Hybrid),
}

impl Clusterer for Method {
    fn cluster(&self, x: ArrayView2<'_, f32>, seed: u64) -> Result<Clustering, ClusterError> {
        match self {
            Self::KMeans(recipe) => recipe.cluster(x, seed),
            Self::Dbscan(recipe) => recipe.cluster(x, seed),
            Self::Hierarchical(recipe) => recipe.cluster(x, seed),
            Self::GaussianMixture(recipe) => recipe.cluster(x, seed),
            Self::Hdbscan(recipe) => recipe.cluster(x, seed),
            Self::Hybrid(recipe) => recipe.cluster(x, seed),
        }
    }
}

/// Why no grouping was found.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ClusterError {
    /// Fewer rows than the algorithm needs.
    #[error("{needed} clusters asked of {rows} images")]
    TooFew { needed: usize, rows: usize },
    /// More rows than the algorithm has memory for.
    #[error("{rows} images are more than the {most} that fit in memory pair by pair")]
    TooMany { rows: usize, most: usize },
}

impl ClusterError {
    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        Some(match self {
            Self::TooFew { rows, .. } => format!("choose k up to {rows}, or add images"),
            Self::TooMany { .. } => "use k_means or dbscan, or a sample of the images".to_owned(),
        })
    }
}

#[cfg(test)]
mod contract;
