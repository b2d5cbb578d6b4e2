//! The review clustering, which people name: more clusters than there are kinds, so that each is nearly of one kind.
//!
//! On textures k-means with as many clusters as kinds puts three images of five with their own; four times as many
//! clusters put four of five there, and beyond some forty little is won, whatever the number of images.

use std::num::NonZeroUsize;

use ndarray::ArrayView2;

use crate::clusterers::KMeans;
use crate::data::Clustering;

/// Name of this clustering in decisions.
pub const REVIEW: &str = "review";

/// Clusters where there are images enough.
const CLUSTERS: usize = 40;
/// Images per cluster at least, on average: one name should label a handful.
const IMAGES_PER_CLUSTER: usize = 8;
/// Starts of k-means.
const STARTS: usize = 3;

/// Over-clusters the images for review. `x` has shape `[n_images, n_features]`; no image is noise.
#[must_use]
pub fn review_clusters(x: ArrayView2<'_, f32>, seed: u64) -> Clustering {
    let k = (x.nrows() / IMAGES_PER_CLUSTER).clamp(1, CLUSTERS);
    k_means(x, k, seed)
}

fn k_means(x: ArrayView2<'_, f32>, k: usize, seed: u64) -> Clustering {
    let some = |n: usize| NonZeroUsize::new(n).unwrap_or(NonZeroUsize::MIN);
    let recipe = KMeans { n_init: some(STARTS), ..KMeans::with_k(some(k)) };
    recipe
        .fit(x, some(k), seed)
        .map_or_else(|_| Clustering::by_first_appearance(vec![None; x.nrows()]), |fit| fit.clustering)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::Array2;

    #[test]
    fn few_images_have_few_clusters() {
        assert_eq!(review_clusters(Array2::zeros((0, 2)).view(), 0).len(), 0);
        let x = Array2::from_shape_fn((40, 2), |(i, j)| (i * (j + 1)) as f32);
        assert_eq!(review_clusters(x.view(), 0).n_clusters(), 5);
        let x = Array2::from_shape_fn((1000, 2), |(i, j)| ((i * 37 + j * 11) % 101) as f32);
        assert_eq!(review_clusters(x.view(), 0).n_clusters(), 40);
    }
}
