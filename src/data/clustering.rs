//! Clusterings: the cluster of each image, or noise.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

/// The number of a cluster, counted from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ClusterId(pub u32);

impl fmt::Display for ClusterId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// One entry per image in manifest order; `None` is noise, written as -1.
///
/// Cluster ids are dense: every id below [`Clustering::n_clusters`] has at least one member, except where images were
/// placed into another run's clusters ([`Clustering::placed`]).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clustering {
    labels: Vec<Option<ClusterId>>,
    n_clusters: usize,
}

impl Clustering {
    /// Numbers the groups of `labels` by first appearance, whatever numbers they carry.
    #[must_use]
    pub fn by_first_appearance(labels: impl IntoIterator<Item = Option<u32>>) -> Self {
        let mut ids = BTreeMap::new();
        let labels = labels
            .into_iter()
            .map(|label| {
                label.map(|label| {
                    let next = u32::try_from(ids.len()).unwrap_or(u32::MAX);
                    ClusterId(*ids.entry(label).or_insert(next))
                })
            })
            .collect();
        Self { labels, n_clusters: ids.len() }
    }

    /// Keeps the order of the numbers in `labels` and closes gaps between them.
    #[must_use]
    pub fn by_number(labels: &[Option<u32>]) -> Self {
        let mut ids: BTreeMap<u32, u32> = labels.iter().flatten().map(|&label| (label, 0)).collect();
        for (dense, id) in (0..).zip(ids.values_mut()) {
            *id = dense;
        }
        let dense = labels.iter().map(|label| label.map(|label| ClusterId(ids[&label]))).collect();
        Self { labels: dense, n_clusters: ids.len() }
    }

    /// Keeps the numbers of another run's `n_clusters` clusters, into which these images were placed: some may be
    /// empty.
    ///
    /// # Panics
    /// When a label is not below `n_clusters`.
    #[must_use]
    pub fn placed(labels: Vec<Option<ClusterId>>, n_clusters: usize) -> Self {
        assert!(labels.iter().flatten().all(|id| (id.0 as usize) < n_clusters), "labels below n_clusters");
        Self { labels, n_clusters }
    }

    /// One entry per image, `None` for noise.
    #[must_use]
    pub fn labels(&self) -> &[Option<ClusterId>] {
        &self.labels
    }

    /// As scikit-learn writes them: -1 is noise.
    #[must_use]
    pub fn signed(&self) -> Vec<i64> {
        self.labels.iter().map(|label| label.map_or(-1, |id| i64::from(id.0))).collect()
    }

    /// Number of images.
    #[must_use]
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// Whether there are no images at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }

    /// Number of clusters, noise not counted.
    #[must_use]
    pub fn n_clusters(&self) -> usize {
        self.n_clusters
    }

    /// Number of images that belong to no cluster.
    #[must_use]
    pub fn n_noise(&self) -> usize {
        self.labels.iter().filter(|label| label.is_none()).count()
    }

    /// Images per cluster, indexed by cluster id.
    #[must_use]
    pub fn sizes(&self) -> Vec<usize> {
        let mut sizes = vec![0; self.n_clusters];
        for id in self.labels.iter().flatten() {
            sizes[id.0 as usize] += 1;
        }
        sizes
    }

    /// All cluster ids, ascending.
    pub fn ids(&self) -> impl Iterator<Item = ClusterId> + use<> {
        (0..self.n_clusters).map(|id| ClusterId(u32::try_from(id).unwrap_or(u32::MAX)))
    }

    /// Rows of the images of `cluster` (`None`: the noise), ascending.
    pub fn members(&self, cluster: Option<ClusterId>) -> impl Iterator<Item = usize> + '_ {
        self.labels.iter().enumerate().filter(move |(_, label)| **label == cluster).map(|(row, _)| row)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbering_by_first_appearance_ignores_the_names() {
        let clustering = Clustering::by_first_appearance([Some(7), None, Some(2), Some(7)]);
        assert_eq!(clustering.signed(), [0, -1, 1, 0]);
        assert_eq!(clustering.sizes(), [2, 1]);
        assert_eq!(clustering.n_noise(), 1);
    }

    #[test]
    fn numbering_by_number_closes_gaps() {
        let clustering = Clustering::by_number(&[Some(7), None, Some(2), Some(7)]);
        assert_eq!(clustering.signed(), [1, -1, 0, 1]);
        assert_eq!(clustering.members(Some(ClusterId(1))).collect::<Vec<_>>(), [0, 3]);
    }
}
