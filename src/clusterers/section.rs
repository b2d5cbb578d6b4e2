//! The `[cluster]` section of a recipe: which algorithms run, and how each searches its parameters.

use std::num::NonZeroUsize;

use serde::{Deserialize, Serialize};

use super::{DbscanGrid, KMeans};
use crate::data::Positive;

/// Which groupings a run makes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ClusterSection {
    /// In this order; the first is meant where a decision names no method.
    pub methods: Vec<Method>,
    /// K-means and the numbers of clusters to try.
    pub kmeans: KMeans,
    /// What picks the number of clusters.
    pub pick_k: PickK,
    /// DBSCAN and the grid of radii and densities to try.
    pub dbscan: DbscanSearch,
}

impl Default for ClusterSection {
    fn default() -> Self {
        Self {
            methods: vec![Method::Kmeans, Method::Dbscan],
            kmeans: KMeans::default(),
            pick_k: PickK::default(),
            dbscan: DbscanSearch::default(),
        }
    }
}

/// The algorithms there are; as named in recipes, files and folders.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// [`KMeans`].
    Kmeans,
    /// [`super::Dbscan`].
    Dbscan,
}

impl Method {
    /// As in recipes, columns and folders.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Kmeans => "kmeans",
            Self::Dbscan => "dbscan",
        }
    }

    /// For people.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::Kmeans => "K-means",
            Self::Dbscan => "DBSCAN",
        }
    }
}

/// The metric that picks the number of clusters.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PickK {
    /// Largest mean silhouette.
    #[default]
    Silhouette,
    /// Smallest Davies-Bouldin index.
    DaviesBouldin,
    /// Largest Calinski-Harabasz index.
    CalinskiHarabasz,
}

/// DBSCAN over a grid of parameters.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DbscanSearch {
    /// Radii to try: one, or a list.
    pub eps: OneOrMany<Positive>,
    /// Densities to try: one, or a list.
    pub min_samples: OneOrMany<NonZeroUsize>,
    /// What picks the cell of the grid.
    pub pick: PickCell,
}

/// What picks the parameters of DBSCAN; only cells of two clusters or more are judged.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PickCell {
    /// Mean silhouette of the images that are no noise.
    Silhouette,
    /// The same times the share of images that are no noise.
    #[default]
    Balanced,
}

/// Written as one value or as a list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum OneOrMany<T> {
    /// One value.
    One(T),
    /// At least one.
    Many(Vec<T>),
}

impl<T: Clone> OneOrMany<T> {
    /// All values, in the order written.
    #[must_use]
    pub fn values(&self) -> Vec<T> {
        match self {
            Self::One(value) => vec![value.clone()],
            Self::Many(values) => values.clone(),
        }
    }
}

impl Default for DbscanSearch {
    /// The grid of the reference notebook.
    fn default() -> Self {
        let eps = [0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.2, 1.5];
        let min_samples = [3, 5, 7, 10, 15, 20];
        Self {
            eps: OneOrMany::Many(eps.into_iter().filter_map(|eps| Positive::try_from(eps).ok()).collect()),
            min_samples: OneOrMany::Many(min_samples.into_iter().filter_map(NonZeroUsize::new).collect()),
            pick: PickCell::default(),
        }
    }
}

impl DbscanSearch {
    /// The grid to fit.
    #[must_use]
    pub fn grid(&self) -> DbscanGrid {
        DbscanGrid { eps: self.eps.values(), min_samples: self.min_samples.values() }
    }
}
