//! Every combination of eps and `min_samples` at the price of few.
//!
//! One pass counts the neighbours within every eps. Then eps ascends, with one set of components per `min_samples`,
//! since what is connected stays connected: a level only has to look from cores outside the largest component,
//! and soon there are none. Of two values of `min_samples` the stricter's cores and connections are also the other's,
//! so a pair that is joined for the stricter one is done.

use std::num::NonZeroUsize;

use ndarray::ArrayView2;
use serde::{Deserialize, Serialize};

use super::components::Components;
use super::level::EpsLevel;
use super::squared_radius;
use crate::clusterers::ClusterError;
use crate::data::{Clustering, Positive, bounds};
use crate::memory::{MemoryBudget, bytes_of};
use crate::pairwise::{ExactRows, Points, Threshold, neighbour_counts};

/// DBSCAN for every pair of `eps` and `min_samples`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DbscanGrid {
    /// Radii of a neighbourhood, in units of the features.
    pub eps: Vec<Positive>,
    /// Points, itself included, that make a point a core point.
    #[serde(deserialize_with = "bounds::neighbours")]
    pub min_samples: Vec<NonZeroUsize>,
}

impl Default for DbscanGrid {
    /// From tight to loose for L2-normalised features, and from small groups to large.
    fn default() -> Self {
        let eps = [0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.2, 1.5];
        Self {
            eps: eps.into_iter().filter_map(|eps| Positive::try_from(eps).ok()).collect(),
            min_samples: [3, 5, 7, 10, 15, 20].into_iter().filter_map(NonZeroUsize::new).collect(),
        }
    }
}

/// DBSCAN's answer for one pair of parameters.
#[derive(Debug, Clone, PartialEq)]
pub struct DbscanFit {
    /// Radius of a neighbourhood.
    pub eps: Positive,
    /// Points, itself included, that make a point a core point.
    pub min_samples: NonZeroUsize,
    /// Clusters numbered by their smallest core index; `None` is noise.
    pub clustering: Clustering,
    /// Which points are core points.
    pub core: Vec<bool>,
}

impl DbscanGrid {
    /// Fits every pair to `x`, shape `[n, n_features]`: for each eps in the order given, each `min_samples`.
    /// A pair that is asked for twice is answered once.
    ///
    /// Takes `O(n)` memory and gives the same answer whatever the number of threads: scikit-learn's labels.
    #[must_use]
    pub fn fit(&self, x: ArrayView2<'_, f32>) -> Vec<DbscanFit> {
        self.fit_points(&Points::new(x), x)
    }

    /// The same as [`DbscanGrid::fit`] where `budget` has room for it.
    ///
    /// # Errors
    /// [`ClusterError::Memory`] where it has not, before anything is allocated.
    pub fn fit_within(&self, budget: MemoryBudget, x: ArrayView2<'_, f32>) -> Result<Vec<DbscanFit>, ClusterError> {
        budget.admit(self.memory(x.nrows(), x.ncols()))?;
        Ok(self.fit(x))
    }

    /// Bytes that [`DbscanGrid::fit`] takes for `n` images of `n_features` features beside them, about: the points laid
    /// out twice, a count per radius, components and borders per density, and a label per pair of both.
    pub(super) fn memory(&self, n: usize, n_features: usize) -> u64 {
        let (eps, min_samples) = (self.eps.len(), self.min_samples.len());
        let points = bytes_of::<f32>(&[n, n_features + 8, 2]);
        let labels = bytes_of::<f32>(&[n, 3, eps, min_samples]);
        points.saturating_add(bytes_of::<u32>(&[n, eps + 6 * min_samples])).saturating_add(labels)
    }

    pub(super) fn fit_points(&self, points: &Points, x: ArrayView2<'_, f32>) -> Vec<DbscanFit> {
        let mut eps = self.eps.clone();
        eps.sort_by(|a, b| a.get().total_cmp(&b.get()));
        eps.dedup();
        let mut strictest_first = self.min_samples.clone();
        strictest_first.sort_unstable_by(|a, b| b.cmp(a));
        strictest_first.dedup();
        let Some(&strictest) = strictest_first.first() else { return Vec::new() };

        let rows = ExactRows::new(&x);
        let radii: Vec<Threshold> =
            eps.iter().map(|eps| Threshold::of_squared(squared_radius(*eps, x.dim()), x.ncols())).collect();
        let enough = u32::try_from(strictest.get()).unwrap_or(u32::MAX);
        let counts = neighbour_counts(points, &rows, &radii, enough);
        let components: Vec<Components> = strictest_first.iter().map(|_| Components::new(points.len())).collect();

        let mut found: Vec<Vec<_>> = Vec::with_capacity(eps.len());
        for (radius, counts) in radii.iter().zip(&counts) {
            let level = EpsLevel::new(points, &rows, radius, counts, &strictest_first);
            level.connect(&components);
            found.push(level.labels(&components).into_iter().map(Some).collect());
        }
        let cells = self.eps.iter().flat_map(|eps| self.min_samples.iter().map(move |min| (eps, min)));
        cells
            .filter_map(|(eps_asked, min_samples)| {
                let e = eps.iter().position(|eps| eps == eps_asked)?;
                let m = strictest_first.iter().position(|m| m == min_samples)?;
                let (clustering, core) = found[e][m].take()?;
                Some(DbscanFit { eps: *eps_asked, min_samples: *min_samples, clustering, core })
            })
            .collect()
    }
}
