//! Numbers become groups.

mod assigner;
mod dbscan;
mod k_means;
mod section;

pub use assigner::{Assigner, AssignerFileError, Placement};
pub use dbscan::{Dbscan, DbscanFit, DbscanGrid};
pub use k_means::{Counts, KMeans, KMeansAlgorithm, KMeansFit};
pub use section::{ClusterSection, DbscanSearch, Method, OneOrMany, PickCell, PickK};

use ndarray::ArrayView2;

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

/// Why no grouping was found.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ClusterError {
    /// Fewer rows than the algorithm needs.
    #[error("{needed} clusters asked of {rows} images")]
    TooFew { needed: usize, rows: usize },
}
