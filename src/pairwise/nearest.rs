//! The nearest of a few centroids for every point: the assignment step of k-means.

use ndarray::{Array2, ArrayView2};
use rayon::prelude::*;

use super::simd::multiversion;
use super::tile::EMPTY_TILE;
use super::{BLOCK, Blocks, DistanceTile, LANES, Lanes, Points, squared_distances};

/// For every point the nearest centroid, the lowest index where two are equally near.
#[derive(Debug, Clone, PartialEq)]
pub struct Nearest {
    /// Index of the nearest centroid.
    pub labels: Vec<u32>,
    /// Squared distance to it; infinite where there are no centroids.
    pub squared: Vec<f32>,
    /// Squared distance to the second nearest; infinite where there is only one.
    pub second: Vec<f32>,
}

/// Panels a thread takes at a time: enough work to be worth handing out.
const PANELS_PER_TASK: usize = 8;

/// The two smallest values of each lane, and where the smallest was.
struct Best {
    label: [u32; LANES],
    squared: Lanes,
    second: Lanes,
}

impl Best {
    const NONE: Self =
        Self { label: [0; LANES], squared: Lanes([f32::INFINITY; LANES]), second: Lanes([f32::INFINITY; LANES]) };
}

multiversion! {
    /// Takes in the first `n_rows` rows of a tile; row 0 is centroid `first`.
    fn take(best: &mut Best, tile: &DistanceTile, first: u32, n_rows: usize) {
        for (label, row) in (first..).zip(&tile[..n_rows]) {
            for lane in 0..LANES {
                let value = row.0[lane];
                let nearest = best.squared.0[lane];
                let better = value < nearest;
                let loser = if better { nearest } else { value };
                best.second.0[lane] = if loser < best.second.0[lane] { loser } else { best.second.0[lane] };
                best.squared.0[lane] = if better { value } else { nearest };
                best.label[lane] = if better { label } else { best.label[lane] };
            }
        }
    }
}

/// Finds for each of `points` the nearest row of `centroids`, shape `[k, n_features]`.
///
/// The same bits whatever the number of threads.
#[must_use]
pub fn nearest(points: &Points, centroids: ArrayView2<'_, f32>) -> Nearest {
    let blocks = Blocks::new(centroids);
    let n = points.len();
    let mut labels = vec![0; n];
    let mut squared = vec![f32::INFINITY; n];
    let mut second = vec![f32::INFINITY; n];
    labels
        .par_chunks_mut(LANES)
        .zip(squared.par_chunks_mut(LANES))
        .zip(second.par_chunks_mut(LANES))
        .enumerate()
        .with_min_len(PANELS_PER_TASK)
        .for_each(|(index, ((labels, squared), second))| {
            let best = nearest_to_panel(points, index, &blocks);
            labels.copy_from_slice(&best.label[..labels.len()]);
            squared.copy_from_slice(&best.squared.0[..squared.len()]);
            second.copy_from_slice(&best.second.0[..second.len()]);
        });
    Nearest { labels, squared, second }
}

fn nearest_to_panel(points: &Points, index: usize, blocks: &Blocks) -> Best {
    let mut best = Best::NONE;
    let mut tile = EMPTY_TILE;
    for (b, block) in blocks.iter().enumerate() {
        squared_distances(points.simd(), block, points.panel(index), &mut tile);
        let first = b * BLOCK;
        take(points.simd(), &mut best, &tile, first as u32, BLOCK.min(blocks.len() - first));
    }
    best
}

/// Squared distances of the rows of `others`, shape `[k, n_features]`, to all points: shape `[k, n]`.
#[must_use]
pub fn squared_distances_to(points: &Points, others: ArrayView2<'_, f32>) -> Array2<f32> {
    let n = points.len();
    let mut all = Array2::zeros((others.nrows(), n));
    if all.is_empty() {
        return all;
    }
    let blocks = Blocks::new(others);
    let rows: Vec<_> = all.axis_chunks_iter_mut(ndarray::Axis(0), BLOCK).zip(blocks.iter()).collect();
    for (mut rows, block) in rows {
        rows.axis_chunks_iter_mut(ndarray::Axis(1), LANES)
            .enumerate()
            .collect::<Vec<_>>()
            .into_par_iter()
            .with_min_len(4 * PANELS_PER_TASK)
            .for_each(|(index, mut part)| {
                let mut tile = EMPTY_TILE;
                squared_distances(points.simd(), block, points.panel(index), &mut tile);
                for (mut row, distances) in part.rows_mut().into_iter().zip(&tile) {
                    row.iter_mut().zip(&distances.0).for_each(|(place, &value)| *place = value);
                }
            });
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pairwise::{Simd, SimdLevel};
    use ndarray::array;

    #[test]
    fn finds_the_nearest_and_the_second() {
        let x = Array2::from_shape_fn((100, 2), |(i, j)| if j == 0 { i as f32 } else { 1.0 });
        let centroids = array![[90.0, 1.0], [10.0, 1.0], [10.0, 1.0]];
        for level in SimdLevel::ALL {
            let found = nearest(&Points::with_simd(x.view(), Simd::at_most(level)), centroids.view());
            assert_eq!((found.labels[0], found.squared[0], found.second[0]), (1, 100.0, 100.0));
            assert_eq!((found.labels[50], found.squared[50], found.second[50]), (0, 1600.0, 1600.0));
            assert_eq!((found.labels[99], found.squared[99], found.second[99]), (0, 81.0, 7921.0));
        }
    }

    #[test]
    fn distances_to_others_have_their_place() {
        let x = Array2::from_shape_fn((40, 1), |(i, _)| i as f32);
        let others = Array2::from_shape_fn((9, 1), |(i, _)| 10.0 * i as f32);
        let all = squared_distances_to(&Points::new(x.view()), others.view());
        assert_eq!(all.dim(), (9, 40));
        assert_eq!((all[[0, 39]], all[[8, 39]]), (1521.0, 1681.0));
        assert_eq!(squared_distances_to(&Points::new(x.view()), Array2::zeros((0, 1)).view()).dim(), (0, 40));
    }
}
