//! Clustering algorithms: features become groups of images.

mod assigner;
mod dbscan;
mod gaussian_mixture;
mod hdbscan;
mod hierarchical;
mod hybrid;
mod k_means;
mod search;

pub use assigner::{Assigner, AssignerFileError, Assignment};
pub use dbscan::{Dbscan, DbscanFit, DbscanGrid};
pub use gaussian_mixture::GaussianMixture;
pub use hdbscan::Hdbscan;
pub use hierarchical::{Hierarchical, Linkage};
pub use hybrid::{Hybrid, Rest};
pub use k_means::{Counts, KMeans, KMeansAlgorithm, KMeansFit};
pub(crate) use search::distinct as distinct_methods;
pub use search::{DbscanSearch, OneOrMany, PickCell, PickK, PickMetrics};

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

/// The algorithms there are; as named in recipes, columns and folders.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// See [`KMeans`].
    Kmeans,
    /// See [`Dbscan`].
    Dbscan,
    /// See [`Hierarchical`].
    Hierarchical,
    /// See [`GaussianMixture`].
    GaussianMixture,
    /// See [`Hdbscan`].
    Hdbscan,
    /// See [`Hybrid`].
    Hybrid,
}

impl Method {
    /// Every algorithm.
    pub const ALL: [Self; 6] =
        [Self::Kmeans, Self::Dbscan, Self::Hierarchical, Self::GaussianMixture, Self::Hdbscan, Self::Hybrid];

    /// As in recipes, columns and folders.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Kmeans => "kmeans",
            Self::Dbscan => "dbscan",
            Self::Hierarchical => "hierarchical",
            Self::GaussianMixture => "gaussian_mixture",
            Self::Hdbscan => "hdbscan",
            Self::Hybrid => "hybrid",
        }
    }

    /// As titles of plots and pages name it.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::Kmeans => "K-means",
            Self::Dbscan => "DBSCAN",
            Self::Hierarchical => "Hierarchical",
            Self::GaussianMixture => "Gaussian mixture",
            Self::Hdbscan => "HDBSCAN",
            Self::Hybrid => "DBSCAN + k-means",
        }
    }
}

/// The `[cluster]` section of a recipe: which algorithms run, and with what parameters.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ClusterSection {
    /// In this order, at least one, each once; the first is meant where a decision names no method.
    #[serde(deserialize_with = "search::distinct")]
    pub methods: Vec<Method>,
    /// The name field each of whose values is clustered by itself, such as `dataset`; absent: all images together.
    /// Clusters are then 0 (spoiled) and 1 (usable).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fit_per: Option<String>,
    /// How the number of clusters of k-means is picked.
    pub pick_k: PickK,
    /// K-means and the numbers of clusters to try.
    pub kmeans: KMeans,
    /// DBSCAN and the grid of radii and densities to try.
    pub dbscan: DbscanSearch,
    /// Hierarchical clustering.
    pub hierarchical: Hierarchical,
    /// A mixture of Gaussians.
    pub gaussian_mixture: GaussianMixture,
    /// HDBSCAN.
    pub hdbscan: Hdbscan,
    /// DBSCAN and k-means together.
    pub hybrid: Hybrid,
}

impl Default for ClusterSection {
    fn default() -> Self {
        Self {
            methods: vec![Method::Kmeans, Method::Dbscan],
            fit_per: None,
            pick_k: PickK::default(),
            kmeans: KMeans::default(),
            dbscan: DbscanSearch::default(),
            hierarchical: Hierarchical::default(),
            gaussian_mixture: GaussianMixture::default(),
            hdbscan: Hdbscan::default(),
            hybrid: Hybrid::default(),
        }
    }
}

impl ClusterSection {
    /// One algorithm with its parameters. Where the recipe tries several values, the first.
    #[must_use]
    pub fn clusterer(&self, method: Method) -> Box<dyn Clusterer + Sync> {
        match method {
            Method::Kmeans => Box::new(self.kmeans.clone()),
            Method::Dbscan => Box::new(self.dbscan.first()),
            Method::Hierarchical => Box::new(self.hierarchical.clone()),
            Method::GaussianMixture => Box::new(self.gaussian_mixture.clone()),
            Method::Hdbscan => Box::new(self.hdbscan.clone()),
            Method::Hybrid => Box::new(self.hybrid.clone()),
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
    /// A hint: what to do about it.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        Some(match self {
            Self::TooFew { rows, .. } => {
                format!("ask for {rows} at most, for example `--set cluster.kmeans.k=2`, or add images")
            }
            Self::TooMany { .. } => "use kmeans or dbscan, or a sample of the images".to_owned(),
        })
    }
}

#[cfg(test)]
mod contract;
