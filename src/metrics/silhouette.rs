//! Silhouettes: is an image nearer to its own cluster than to the next one?
//!
//! Reference: Rousseeuw, "Silhouettes: a graphical aid to the interpretation and validation of cluster analysis", 1987.
//! All clusterings of the same points share one pass over the pairs.

use ndarray::ArrayView2;

use crate::data::{ClusterId, Clustering};
use crate::memory::bytes_of;
use crate::pairwise::{LANES, Points, distance_sums, pair_seconds};

/// Silhouettes of one clustering.
#[derive(Debug, Clone, PartialEq)]
pub struct Silhouettes {
    /// Mean over the images that belong to a cluster, in `-1.0..=1.0`.
    pub mean: f64,
    /// One per image in `-1.0..=1.0`, 0 in a cluster of one; `None` for noise.
    pub per_image: Vec<Option<f32>>,
}

/// Silhouettes of every clustering of the rows of `x`, shape `[n, n_features]`.
///
/// `None` for a clustering of fewer than two clusters. Noise counts neither as an image nor as a cluster.
/// Equal to scikit-learn's to 1e-6, and the same bits whatever the number of threads.
#[must_use]
pub fn silhouettes(x: ArrayView2<'_, f32>, clusterings: &[&Clustering]) -> Vec<Option<Silhouettes>> {
    let judged: Vec<&Clustering> =
        clusterings.iter().copied().filter(|clustering| clustering.n_clusters() >= 2).collect();
    let sizes: Vec<Vec<usize>> = judged.iter().map(|clustering| clustering.sizes()).collect();
    let panels = if judged.is_empty() {
        Vec::new()
    } else {
        distance_sums(&Points::new(x), &judged, |panel, sums| {
            let mut rest = sums;
            let mut all = Vec::with_capacity(judged.len());
            for (clustering, sizes) in judged.iter().zip(&sizes) {
                let (sums, next) = rest.split_at(sizes.len());
                rest = next;
                let labels = clustering.labels().chunks(LANES).nth(panel).unwrap_or(&[]);
                all.push(of_panel(labels, sizes, sums));
            }
            all
        })
    };
    let mut found = (0..judged.len()).map(|c| collect(panels.iter().map(|panel| panel[c].as_slice()), x.nrows()));
    clusterings.iter().map(|clustering| if clustering.n_clusters() >= 2 { found.next() } else { None }).collect()
}

/// Seconds that [`silhouettes`] takes for `n` images, about: to decide for a sample before it starts.
///
/// The number of clusterings hardly matters.
#[must_use]
pub fn silhouette_cost(n: usize, n_features: usize) -> f64 {
    (n as f64).powi(2) * pair_seconds(n_features)
}

/// Bytes that [`silhouettes`] takes for `n` images of `n_features` features beside them, about: the points laid out
/// twice, and a value per image and clustering, twice.
#[must_use]
pub fn silhouette_memory(n: usize, n_features: usize, n_clusterings: usize) -> u64 {
    bytes_of::<f32>(&[n, n_features + 2, 2]).saturating_add(bytes_of::<f32>(&[n, n_clusterings, 4]))
}

/// Bytes that it takes besides for sums of distances to `n_clusters` clusters, those of all clusterings together: on each
/// thread.
#[must_use]
pub fn silhouette_sums(n_clusters: usize) -> u64 {
    let sums = bytes_of::<f32>(&[n_clusters, LANES]).saturating_add(bytes_of::<f64>(&[n_clusters, LANES]));
    sums.saturating_mul(rayon::current_num_threads() as u64)
}

/// Silhouettes of up to 32 images, from the `sums` of their distances to each cluster.
fn of_panel(labels: &[Option<ClusterId>], sizes: &[usize], sums: &[[f64; LANES]]) -> Vec<Option<f32>> {
    let mut own = [u32::MAX; LANES];
    for (own, label) in own.iter_mut().zip(labels) {
        *own = label.map_or(u32::MAX, |id| id.0);
    }
    let mut nearest = [f64::INFINITY; LANES];
    for ((id, &size), sums) in (0..).zip(sizes).zip(sums) {
        let share = 1.0 / size as f64;
        for lane in 0..LANES {
            let mean = sums[lane] * share;
            let nearer = own[lane] != id && mean < nearest[lane];
            nearest[lane] = if nearer { mean } else { nearest[lane] };
        }
    }
    let silhouette = |(lane, label): (usize, &Option<ClusterId>)| {
        let id = label.as_ref()?.0 as usize;
        if sizes[id] == 1 {
            return Some(0.0);
        }
        let inside = sums[id][lane] / (sizes[id] - 1) as f64;
        let widest = inside.max(nearest[lane]);
        Some(if widest > 0.0 { ((nearest[lane] - inside) / widest) as f32 } else { 0.0 })
    };
    labels.iter().enumerate().map(silhouette).collect()
}

fn collect<'a>(panels: impl Iterator<Item = &'a [Option<f32>]>, n: usize) -> Silhouettes {
    let mut per_image = Vec::with_capacity(n);
    panels.for_each(|panel| per_image.extend_from_slice(panel));
    let (count, sum) =
        per_image.iter().flatten().fold((0_usize, 0.0), |(count, sum), &value| (count + 1, sum + f64::from(value)));
    Silhouettes { mean: sum / count as f64, per_image }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{Array2, array};
    use proptest::prelude::*;

    fn naive(x: &Array2<f32>, clustering: &Clustering) -> Vec<Option<f64>> {
        let distance = |i: usize, j: usize| -> f64 {
            x.row(i).iter().zip(x.row(j)).map(|(&a, &b)| (f64::from(a) - f64::from(b)).powi(2)).sum::<f64>().sqrt()
        };
        let sizes = clustering.sizes();
        let mean = |i: usize, id: ClusterId, size: usize| {
            clustering.members(Some(id)).map(|j| distance(i, j)).sum::<f64>() / size as f64
        };
        let of = |(i, label): (usize, &Option<ClusterId>)| {
            let own = (*label)?;
            let size = sizes[own.0 as usize];
            if size == 1 {
                return Some(0.0);
            }
            let a = mean(i, own, size - 1);
            let others = clustering.ids().filter(|&id| id != own);
            let b = others.map(|id| mean(i, id, sizes[id.0 as usize])).fold(f64::INFINITY, f64::min);
            Some(if a.max(b) > 0.0 { (b - a) / a.max(b) } else { 0.0 })
        };
        clustering.labels().iter().enumerate().map(of).collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]
        /// Far from the origin, with duplicates and a constant column.
        #[test]
        fn equals_the_definition(
            rows in prop::collection::vec((0_u8..30, prop::option::of(0_u32..6), prop::option::of(0_u32..3)), 1..150)
        ) {
            let x = Array2::from_shape_fn((rows.len(), 3), |(i, j)| match j {
                0 => 1000.0 + f32::from(rows[i].0) / 16.0,
                1 => f32::from(rows[i].0 % 7),
                _ => 5.0,
            });
            let first = Clustering::by_number(&rows.iter().map(|row| row.1).collect::<Vec<_>>());
            let second = Clustering::by_number(&rows.iter().map(|row| row.2).collect::<Vec<_>>());
            let found = silhouettes(x.view(), &[&first, &second]);
            for (clustering, found) in [first, second].iter().zip(found) {
                prop_assert_eq!(found.is_some(), clustering.n_clusters() >= 2);
                let Some(found) = found else { continue };
                for (expected, found) in naive(&x, clustering).into_iter().zip(found.per_image) {
                    prop_assert_eq!(expected.is_some(), found.is_some());
                    prop_assert!((expected.unwrap_or(0.0) - f64::from(found.unwrap_or(0.0))).abs() < 1e-6);
                }
            }
        }
    }

    #[test]
    fn nothing_to_compare_is_none() {
        let one = Clustering::by_number(&[Some(0), Some(0), None]);
        let noise = Clustering::by_number(&[None, None, None]);
        assert_eq!(silhouettes(Array2::zeros((3, 2)).view(), &[&one, &noise]), [None, None]);
        assert_eq!(silhouettes(Array2::zeros((0, 2)).view(), &[&Clustering::by_number(&[])]), [None]);
    }

    #[test]
    fn a_pair_and_a_loner() {
        let clustering = Clustering::by_number(&[Some(0), Some(0), Some(1), None]);
        let found = silhouettes(array![[0.0_f32], [1.0], [4.0], [9.0]].view(), &[&clustering]).remove(0).unwrap();
        assert_eq!(found.per_image, [Some(0.75), Some(2.0 / 3.0), Some(0.0), None]);
        assert!((found.mean - (0.75 + 2.0 / 3.0) / 3.0).abs() < 1e-7);
    }

    #[test]
    fn equals_scikit_learn() {
        for golden in crate::pairwise::golden::Golden::read() {
            let clustering = |labels: &[i64]| {
                Clustering::by_number(&labels.iter().map(|&label| u32::try_from(label).ok()).collect::<Vec<_>>())
            };
            let clusterings: Vec<Clustering> = golden.silhouettes.iter().map(|one| clustering(&one.labels)).collect();
            let found = silhouettes(golden.x().view(), &clusterings.iter().collect::<Vec<_>>());
            assert!(!found.is_empty());
            for (found, expected) in found.into_iter().zip(&golden.silhouettes) {
                let found = found.unwrap();
                assert!((found.mean - expected.mean).abs() < 1e-7);
                for (found, expected) in found.per_image.iter().zip(&expected.per_image) {
                    assert!((found.unwrap_or(0.0) - expected).abs() < 1e-6);
                }
            }
        }
    }

    #[test]
    fn threads_change_nothing() {
        let x = Array2::from_shape_fn((500, 3), |(i, j)| ((i * 31 + j * 17) % 101) as f32 / 7.0);
        let clustering = Clustering::by_number(&(0..500).map(|i| Some(i % 5)).collect::<Vec<_>>());
        let on = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| silhouettes(x.view(), &[&clustering]))
        };
        assert_eq!(on(1), on(3));
    }
}
