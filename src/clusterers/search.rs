//! How a recipe says what to try and what to pick.

use std::num::NonZeroUsize;

use serde::{Deserialize, Serialize};

use super::{Dbscan, DbscanGrid};
use crate::data::Positive;

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

/// Written as one value or as a list of at least one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum OneOrMany<T> {
    /// One value.
    One(T),
    /// At least one.
    Many(#[serde(deserialize_with = "not_empty")] Vec<T>),
}

fn not_empty<'de, D: serde::Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Vec<T>, D::Error> {
    let list = Vec::deserialize(deserializer)?;
    if list.is_empty() { Err(serde::de::Error::custom("the list is empty")) } else { Ok(list) }
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

    fn first(&self) -> T {
        match self {
            Self::One(value) => value.clone(),
            Self::Many(values) => values[0].clone(),
        }
    }
}

impl Default for DbscanSearch {
    fn default() -> Self {
        let DbscanGrid { eps, min_samples } = DbscanGrid::default();
        Self { eps: OneOrMany::Many(eps), min_samples: OneOrMany::Many(min_samples), pick: PickCell::default() }
    }
}

impl DbscanSearch {
    /// The grid to fit.
    #[must_use]
    pub fn grid(&self) -> DbscanGrid {
        DbscanGrid { eps: self.eps.values(), min_samples: self.min_samples.values() }
    }

    /// The first cell of the grid.
    #[must_use]
    pub fn first(&self) -> Dbscan {
        Dbscan { eps: self.eps.first(), min_samples: self.min_samples.first() }
    }
}
