//! Clustering algorithms: features become groups of images.

mod assigner;
mod dbscan;
mod gaussian_mixture;
mod hdbscan;
mod hierarchical;
mod hybrid;
mod k_means;
mod search;
mod spoiled;

pub use assigner::{Assigner, AssignerFileError, Assignment};
pub use dbscan::{Dbscan, DbscanFit, DbscanGrid};
pub use gaussian_mixture::GaussianMixture;
pub use hdbscan::Hdbscan;
pub use hierarchical::{Hierarchical, Linkage};
pub use hybrid::{Hybrid, Rest};
pub use k_means::{Counts, KMeans, KMeansAlgorithm, KMeansFit};
pub use search::{DbscanSearch, OneOrMany, PickCell, PickK, PickMetrics};
pub use spoiled::SpoiledCluster;

use std::num::NonZeroUsize;

use ndarray::ArrayView2;
use serde::{Deserialize, Serialize};

use crate::data::Clustering;
use crate::memory::{MemoryBudget, OverBudget};

/// Assigns each row of `x`, of shape `[n_images, n_features]`, to a cluster.
///
/// The answer has `n_images` entries, `None` for noise. The same `x` and `seed` give the same answer,
/// whatever the number of threads.
pub trait Clusterer {
    /// # Errors
    /// [`ClusterError::TooFew`] when `x` has fewer rows than the algorithm needs.
    fn cluster(&self, x: ArrayView2<'_, f32>, seed: u64) -> Result<Clustering, ClusterError>;

    /// Bytes that [`Clusterer::cluster`] takes for `n` images of `n_features` features beside them, about.
    fn memory(&self, n: usize, n_features: usize) -> u64;

    /// The same as [`Clusterer::cluster`] where `budget` has room for it.
    ///
    /// # Errors
    /// [`ClusterError::Memory`] where it has not, before anything is allocated; else as [`Clusterer::cluster`].
    fn cluster_within(
        &self,
        budget: MemoryBudget,
        x: ArrayView2<'_, f32>,
        seed: u64,
    ) -> Result<Clustering, ClusterError> {
        budget.admit(self.memory(x.nrows(), x.ncols()))?;
        self.cluster(x, seed)
    }
}

/// The parameters of an algorithm, as recipes write them.
pub trait ClustererRecipe: Clusterer + Clone + PartialEq + Sync + 'static {
    /// The same as `[cluster]` writes them for whole images, where some may be several values to try.
    type Tried;

    /// The first of each of the values to try.
    fn first(tried: &Self::Tried) -> Self;

    /// Asks for `k` clusters, where their number is a parameter.
    fn set_k(&mut self, _k: NonZeroUsize) {}
}

/// A clusterer is a module with parameters that are a [`ClustererRecipe`]. Here stand its name in recipes, columns and
/// folders, those parameters, how `[cluster]` writes them where it tries several, and its title in plots and pages.
macro_rules! clusterers {
    ($($(#[$doc:meta])* $method:ident => $name:ident: $recipe:ty, tried as $tried:ty, titled $title:literal;)+) => {
        /// The algorithms there are; as named in recipes, columns and folders.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum Method {
            $(#[doc = concat!("See [`", stringify!($recipe), "`].")] $method,)+
        }

        impl Method {
            /// Every algorithm.
            pub const ALL: [Self; [$($title),+].len()] = [$(Self::$method),+];

            /// As in recipes, columns and folders.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$method => stringify!($name),)+
                }
            }

            /// As titles of plots and pages name it.
            #[must_use]
            pub const fn title(self) -> &'static str {
                match self {
                    $(Self::$method => $title,)+
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
            /// The name field each of whose values is clustered by itself, such as `dataset`; absent: all images
            /// together. Clusters are then 0 (spoiled) and 1 (usable).
            #[serde(skip_serializing_if = "Option::is_none")]
            pub fit_per: Option<String>,
            /// With `fit_per`, which cluster of each series is the spoiled one.
            pub spoiled: SpoiledCluster,
            /// How the number of clusters of k-means is picked.
            pub pick_k: PickK,
            $($(#[$doc])* pub $name: $tried,)+
        }

        impl Default for ClusterSection {
            fn default() -> Self {
                Self {
                    methods: vec![Method::Kmeans, Method::Dbscan],
                    fit_per: None,
                    spoiled: SpoiledCluster::default(),
                    pick_k: PickK::default(),
                    $($name: Default::default(),)+
                }
            }
        }

        impl ClusterSection {
            /// One algorithm with its parameters. Where the recipe tries several values, the first.
            #[must_use]
            pub fn clusterer(&self, method: Method) -> Box<dyn Clusterer + Sync> {
                match method {
                    $(Method::$method => Box::new(<$recipe>::first(&self.$name)),)+
                }
            }
        }

        /// The `[cluster]` section of a recipe that tries nothing: which algorithms run, each with one set of
        /// parameters.
        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
        #[serde(default, deny_unknown_fields)]
        pub struct SingleClusterSection {
            /// In this order, at least one, each once.
            #[serde(deserialize_with = "search::distinct")]
            pub methods: Vec<Method>,
            $($(#[$doc])* #[serde(deserialize_with = "search::first")] pub $name: $recipe,)+
        }

        impl Default for SingleClusterSection {
            fn default() -> Self {
                let ClusterSection { methods, $($name,)+ .. } = ClusterSection::default();
                Self { methods, $($name: <$recipe>::first(&$name),)+ }
            }
        }

        impl SingleClusterSection {
            /// One algorithm with its parameters.
            #[must_use]
            pub fn clusterer(&self, method: Method) -> Box<dyn Clusterer + Sync> {
                match method {
                    $(Method::$method => Box::new(self.$name.clone()),)+
                }
            }

            /// The same with `k` clusters, of every algorithm that takes their number.
            #[must_use]
            pub fn with_k(mut self, k: NonZeroUsize) -> Self {
                $(self.$name.set_k(k);)+
                self
            }
        }
    };
}

clusterers! {
    /// K-means and the numbers of clusters to try.
    Kmeans => kmeans: KMeans, tried as KMeans, titled "K-means";
    /// DBSCAN and the grid of radii and densities to try.
    Dbscan => dbscan: Dbscan, tried as DbscanSearch, titled "DBSCAN";
    /// Hierarchical clustering.
    Hierarchical => hierarchical: Hierarchical, tried as Hierarchical, titled "Hierarchical";
    /// A mixture of Gaussians.
    GaussianMixture => gaussian_mixture: GaussianMixture, tried as GaussianMixture, titled "Gaussian mixture";
    /// HDBSCAN.
    Hdbscan => hdbscan: Hdbscan, tried as Hdbscan, titled "HDBSCAN";
    /// DBSCAN and k-means together.
    Hybrid => hybrid: Hybrid, tried as Hybrid, titled "DBSCAN + k-means";
}

/// Why no grouping was found.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ClusterError {
    /// Fewer rows than the algorithm needs.
    #[error("{needed} clusters asked of {rows} images")]
    TooFew { needed: usize, rows: usize },
    /// More rows than there is memory for.
    #[error("it {0}")]
    Memory(#[from] OverBudget),
    /// Fewer rows lie densely than groups are asked of them.
    #[error("{needed} clusters asked of the {dense} images that lie densely, of {rows}")]
    TooFewDense { needed: usize, dense: usize, rows: usize },
}

impl ClusterError {
    /// A hint: what to do about it.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        Some(match self {
            Self::TooFew { rows: 0 | 1, .. } => "add images: a single one has nothing to be grouped with".to_owned(),
            Self::TooFew { rows, .. } => format!("ask for {rows} clusters at most, or add images"),
            Self::TooFewDense { .. } => {
                "raise `cluster.hybrid.eps`, or lower `cluster.hybrid.min_samples` or `cluster.hybrid.k`".to_owned()
            }
            Self::Memory(why) => format!("use kmeans with few clusters, or a sample of the images, or {}", why.hint()),
        })
    }
}

#[cfg(test)]
mod contract;
