//! Search settings: parameters to try, and the metric that picks among them.

use std::fmt;
use std::marker::PhantomData;
use std::num::NonZeroUsize;

use serde::de::value::SeqAccessDeserializer;
use serde::de::{Error, IntoDeserializer, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

use super::{ClustererRecipe, Dbscan, DbscanGrid, Method};
use crate::data::Positive;
use crate::data::bounds::{self, Numbers};

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

/// Metrics of a clustering that can pick the number of clusters, as far as they were measured.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PickMetrics {
    /// Mean silhouette, in `-1.0..=1.0`.
    pub silhouette: Option<f64>,
    /// Davies-Bouldin index, 0 or more.
    pub davies_bouldin: Option<f64>,
    /// Calinski-Harabasz index, 0 or more.
    pub calinski_harabasz: Option<f64>,
}

impl PickK {
    /// The metric so that larger is better; negative infinity where it was not measured.
    #[must_use]
    pub fn score(self, metrics: PickMetrics) -> f64 {
        match self {
            Self::Silhouette => metrics.silhouette,
            Self::DaviesBouldin => metrics.davies_bouldin.map(|index| -index),
            Self::CalinskiHarabasz => metrics.calinski_harabasz,
        }
        .unwrap_or(f64::NEG_INFINITY)
    }
}

/// DBSCAN over a grid of parameters.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DbscanSearch {
    /// Radii to try: one, or a list.
    pub eps: OneOrMany<Positive>,
    /// Densities to try: one, or a list.
    #[serde(deserialize_with = "bounds::neighbours")]
    pub min_samples: OneOrMany<NonZeroUsize>,
    /// How the cell of the grid is picked.
    pub pick: PickCell,
}

/// Criterion that picks the parameters of DBSCAN; only cells of two clusters or more are judged.
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
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum OneOrMany<T> {
    /// One value.
    One(T),
    /// At least one.
    Many(Vec<T>),
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for OneOrMany<T> {
    /// Written by hand, so that a value out of range gives an error that says so.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(OneOrManyVisitor(PhantomData))
    }
}

impl<T: Numbers> Numbers for OneOrMany<T> {
    fn largest(&self) -> u64 {
        match self {
            Self::One(value) => value.largest(),
            Self::Many(values) => values.largest(),
        }
    }
}

struct OneOrManyVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for OneOrManyVisitor<T> {
    type Value = OneOrMany<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number or a list of numbers")
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Self::Value, E> {
        T::deserialize(number.into_deserializer()).map(OneOrMany::One)
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Self::Value, E> {
        T::deserialize(number.into_deserializer()).map(OneOrMany::One)
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Self::Value, E> {
        T::deserialize(number.into_deserializer()).map(OneOrMany::One)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Self::Value, A::Error> {
        let list = Vec::deserialize(SeqAccessDeserializer::new(list))?;
        if list.is_empty() { Err(A::Error::custom("the list is empty")) } else { Ok(OneOrMany::Many(list)) }
    }
}

/// The first of each of the values to try, written as where all of them are.
pub(super) fn first<'de, D: Deserializer<'de>, R>(deserializer: D) -> Result<R, D::Error>
where
    R: ClustererRecipe<Tried: Deserialize<'de>>,
{
    Ok(R::first(&R::Tried::deserialize(deserializer)?))
}

/// A list of at least one, without repetition.
pub(super) fn distinct<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Method>, D::Error> {
    let methods = Vec::<Method>::deserialize(deserializer)?;
    match methods.iter().enumerate().find(|(index, method)| methods[..*index].contains(method)) {
        Some((_, twice)) => Err(D::Error::custom(format!("`{}` is named twice", twice.name()))),
        None if methods.is_empty() => Err(D::Error::custom("name at least one method")),
        None => Ok(methods),
    }
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
}

impl ClustererRecipe for Dbscan {
    type Tried = DbscanSearch;

    fn first(grid: &DbscanSearch) -> Self {
        Self { eps: grid.eps.first(), min_samples: grid.min_samples.first() }
    }
}
