//! Hierarchical clustering: the two nearest groups are joined again and again until `k` are left.
//!
//! Reference: Müllner, "Modern hierarchical, agglomerative clustering algorithms", 2011; the joining is done by `kodama`.
//! All pairwise distances are kept, so memory grows with the square of the number of images.

use std::num::NonZeroUsize;

use kodama::{Method, linkage};
use ndarray::{ArrayView2, s};
use serde::{Deserialize, Serialize};

use super::{ClusterError, Clusterer, ClustererRecipe};
use crate::data::{Clustering, bounds, nonzero};
use crate::memory::bytes_of;
use crate::pairwise::{Points, squared_distances_to};

/// Rows whose distances are computed together.
const ROWS_PER_PASS: usize = 64;

/// Recipe of hierarchical clustering.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Hierarchical {
    /// Number of clusters.
    #[serde(deserialize_with = "bounds::clusters")]
    pub k: NonZeroUsize,
    /// Linkage: the distance of two groups.
    pub linkage: Linkage,
}

/// Distance of two groups.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Linkage {
    /// Of their nearest images.
    Single,
    /// Of their farthest images.
    Complete,
    /// Mean over all pairs of images.
    Average,
    /// Mean of the distances of the two halves, whatever their sizes.
    Weighted,
    /// Growth of the sum of squares when they are joined.
    #[default]
    Ward,
    /// Of their means.
    Centroid,
    /// Of their midpoints, whatever their sizes.
    Median,
}

impl Default for Hierarchical {
    fn default() -> Self {
        Self { k: nonzero::<8>(), linkage: Linkage::default() }
    }
}

impl From<Linkage> for Method {
    fn from(linkage: Linkage) -> Self {
        match linkage {
            Linkage::Single => Self::Single,
            Linkage::Complete => Self::Complete,
            Linkage::Average => Self::Average,
            Linkage::Weighted => Self::Weighted,
            Linkage::Ward => Self::Ward,
            Linkage::Centroid => Self::Centroid,
            Linkage::Median => Self::Median,
        }
    }
}

impl ClustererRecipe for Hierarchical {
    type Tried = Self;

    fn first(tried: &Self) -> Self {
        tried.clone()
    }

    fn set_k(&mut self, k: NonZeroUsize) {
        self.k = k;
    }
}

impl Clusterer for Hierarchical {
    /// Nothing is drawn at random. Clusters are numbered by first appearance.
    fn cluster(&self, x: ArrayView2<'_, f32>, _seed: u64) -> Result<Clustering, ClusterError> {
        let (n, k) = (x.nrows(), self.k.get());
        if n < k {
            return Err(ClusterError::TooFew { needed: k, rows: n });
        }
        let mut distances = condensed(x);
        let dendrogram = linkage(&mut distances, n, self.linkage.into());
        // Step `i` joins two clusters into number `n + i`; the first `n - k` steps leave `k` clusters.
        let mut joined_into: Vec<usize> = (0..2 * n).collect();
        for (step, number) in dendrogram.steps().iter().take(n - k).zip(n..) {
            joined_into[step.cluster1] = number;
            joined_into[step.cluster2] = number;
        }
        for number in (0..2 * n).rev() {
            joined_into[number] = joined_into[joined_into[number]]; // later numbers are settled already
        }
        Ok(Clustering::by_first_appearance(joined_into[..n].iter().map(|&root| Some(root as u32))))
    }

    /// The distances of all pairs; the points once more, and the tree.
    fn memory(&self, n: usize, n_features: usize) -> u64 {
        let pairs = bytes_of::<f32>(&[n, n.saturating_sub(1)]) / 2;
        pairs.saturating_add(bytes_of::<f32>(&[n, n_features + 64]))
    }
}

/// Distances of all pairs, `(0, 1), (0, 2), …, (1, 2), …`.
fn condensed(x: ArrayView2<'_, f32>) -> Vec<f32> {
    let n = x.nrows();
    let points = Points::new(x);
    let mut distances = Vec::with_capacity(n * n.saturating_sub(1) / 2);
    for first in (0..n).step_by(ROWS_PER_PASS) {
        let last = n.min(first + ROWS_PER_PASS);
        let rows = squared_distances_to(&points, x.slice(s![first..last, ..]));
        for (i, row) in (first..last).zip(rows.rows()) {
            distances.extend(row.iter().skip(i + 1).map(|squared| squared.sqrt()));
        }
    }
    distances
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::memory::MemoryBudget;
    use ndarray::array;

    const ALL: [Linkage; 7] = [
        Linkage::Single,
        Linkage::Complete,
        Linkage::Average,
        Linkage::Weighted,
        Linkage::Ward,
        Linkage::Centroid,
        Linkage::Median,
    ];

    #[test]
    fn every_linkage_finds_plain_groups() {
        let x = array![[0.0, 0.0], [9.0, 9.0], [0.5, 0.0], [9.0, 8.5], [0.0, 20.0]];
        for linkage in ALL {
            let recipe = Hierarchical { k: NonZeroUsize::new(3).unwrap(), linkage };
            assert_eq!(recipe.cluster(x.view(), 0).unwrap().signed(), [0, 1, 0, 1, 2], "{linkage:?}");
        }
    }

    /// A chain whose links grow: single linkage cuts the last link, complete linkage cuts in the middle.
    #[test]
    fn linkages_differ_where_they_should() {
        let x = array![[0.0], [1.0], [2.1], [3.3], [4.6], [6.0]];
        let with = |linkage| Hierarchical { k: NonZeroUsize::new(2).unwrap(), linkage }.cluster(x.view(), 0).unwrap();
        assert_eq!(with(Linkage::Single).signed(), [0, 0, 0, 0, 0, 1]);
        assert_eq!(with(Linkage::Complete).signed(), [0, 0, 0, 0, 1, 1]);
    }

    #[test]
    fn too_many_images_are_refused_before_memory_is() {
        let x = ndarray::Array2::zeros((3000, 1));
        let refused = |budget| Hierarchical::default().cluster_within(MemoryBudget::of(budget), x.view(), 0);
        let ClusterError::Memory(_) = refused(17 << 20).unwrap_err() else { panic!("it fits") };
        assert!(refused(u64::MAX).is_ok());
        assert!(Hierarchical::default().memory(200_000, 50) > 80_000_000_000);
        assert_eq!(Hierarchical::default().memory(usize::MAX, 50), u64::MAX);
    }
}
