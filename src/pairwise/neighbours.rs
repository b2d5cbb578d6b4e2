//! The k nearest neighbours of every point, exactly, by brute force: beyond some twenty features no index beats it.
//!
//! `f32` distances pick `k` candidates and a few more; their order is then settled in `f64`. Where the last candidate
//! is not clearly farther than the k-th neighbour (many points equally far), a second pass looks at all that may count.

use ndarray::ArrayView2;
use rayon::prelude::*;

use super::candidates::{Candidates, squared_of};
use super::tile::EMPTY_TILE;
use super::{BLOCK, Blocks, ExactRows, LANES, Lanes, Points, Threshold, at_most, bits, error_bound, squared_distances};

/// Candidates beyond `k`.
const SPARE: usize = 4;

/// The nearest neighbours of `n` points, nearest first; of equally near ones the lower index first.
#[derive(Debug, Clone, PartialEq)]
pub struct Neighbours {
    k: usize,
    indices: Vec<u32>,
    distances: Vec<f32>,
}

impl Neighbours {
    /// The `k` nearest points of each row of `x`, shape `[n, n_features]`, itself among them; at most `n`.
    #[must_use]
    pub fn with_self(x: ArrayView2<'_, f32>, k: usize) -> Self {
        Self::find(&Points::new(x), &ExactRows::new(&x), k.min(x.nrows()), true)
    }

    /// The `k` nearest other points of each row of `x`, shape `[n, n_features]`; at most `n - 1`.
    #[must_use]
    pub fn without_self(x: ArrayView2<'_, f32>, k: usize) -> Self {
        Self::find(&Points::new(x), &ExactRows::new(&x), k.min(x.nrows().saturating_sub(1)), false)
    }

    /// The `k` nearest rows of `others`, shape `[m, n_features]`, to each row of `x`, shape `[n, n_features]`; at most
    /// `m`. What is found for a row does not depend on the other rows of `x`.
    ///
    /// # Panics
    /// When the two have different numbers of features.
    #[must_use]
    pub fn among(others: ArrayView2<'_, f32>, x: ArrayView2<'_, f32>, k: usize) -> Self {
        assert_eq!(others.ncols(), x.ncols(), "points of equal features");
        let points = Points::new(x);
        let (rows, others_rows) = (ExactRows::new(&x), ExactRows::new(&others));
        let blocks = Blocks::new(others);
        Search { points: &points, rows: &rows, blocks, others: &others_rows, k: k.min(others.nrows()), with_self: true }
            .run()
    }

    /// Neighbours per point.
    #[must_use]
    pub const fn k(&self) -> usize {
        self.k
    }

    /// Neighbours of all points one after the other, shape `[n, k]` row by row.
    #[must_use]
    pub fn indices(&self) -> &[u32] {
        &self.indices
    }

    /// Their distances, ascending in each row, shape `[n, k]` row by row.
    #[must_use]
    pub fn distances(&self) -> &[f32] {
        &self.distances
    }

    fn find(points: &Points, rows: &ExactRows<'_>, k: usize, with_self: bool) -> Self {
        Search { points, rows, blocks: points.blocks(), others: rows, k, with_self }.run()
    }
}

/// Distance of every point to its `k`-th nearest neighbour, itself being the first, ascending.
///
/// A point is a core point of DBSCAN with `min_samples = k` exactly if this distance is at most eps.
#[must_use]
pub fn k_distances(x: ArrayView2<'_, f32>, k: usize) -> Vec<f32> {
    let neighbours = Neighbours::with_self(x, k);
    let mut last: Vec<f32> =
        neighbours.distances.chunks(neighbours.k.max(1)).filter_map(|row| row.last().copied()).collect();
    last.sort_unstable_by(f32::total_cmp);
    last
}

struct Search<'a> {
    /// Whose neighbours are looked for.
    points: &'a Points,
    rows: &'a ExactRows<'a>,
    /// Among whom.
    blocks: Blocks,
    others: &'a ExactRows<'a>,
    k: usize,
    /// Whether a point is its own neighbour; without, the others are the points themselves.
    with_self: bool,
}

impl Search<'_> {
    fn run(&self) -> Neighbours {
        let (n, k) = (self.points.len(), self.k);
        let mut indices = vec![0; n * k];
        let mut distances = vec![0.0; n * k];
        if k > 0 {
            indices
                .par_chunks_mut(LANES * k)
                .zip(distances.par_chunks_mut(LANES * k))
                .enumerate()
                .for_each(|(panel, (indices, distances))| self.panel(panel, indices, distances));
        }
        Neighbours { k, indices, distances }
    }

    /// Finds the neighbours of one panel's points.
    fn panel(&self, panel: usize, indices: &mut [u32], distances: &mut [f32]) {
        let mut candidates = self.candidates(panel);
        let mut open = Lanes([-1.0; LANES]);
        let mut found: Vec<Vec<(f64, u32)>> = Vec::with_capacity(LANES);
        for lane in 0..indices.len() / self.k {
            let candidates = candidates.nearest(lane);
            let point = panel * LANES + lane;
            let mut exact: Vec<(f64, u32)> = candidates
                .iter()
                .map(|&key| (self.rows.squared_distance_to(point, self.others, key as u32 as usize), key as u32))
                .collect();
            exact.sort_unstable_by(nearer);
            exact.truncate(self.k);
            let all = candidates.len() < self.k + SPARE;
            let farthest = f64::from(candidates.last().map_or(0.0, |&key| squared_of(key)));
            let kth = exact.last().map_or(0.0, |last| last.0);
            let settled = all || farthest / (1.0 + error_bound(self.points.n_features())) > kth || farthest == 0.0;
            if !settled {
                open.0[lane] = Threshold::of_squared(kth, self.points.n_features()).perhaps;
            }
            found.push(exact);
        }
        self.settle(panel, &open, &mut found);
        let places = indices.iter_mut().zip(distances);
        for ((index, distance), (squared, neighbour)) in places.zip(found.into_iter().flatten()) {
            *index = neighbour;
            *distance = squared.sqrt() as f32;
        }
    }

    /// The nearest `k + SPARE` points of each lane.
    fn candidates(&self, panel: usize) -> Candidates {
        let mut candidates = Candidates::new(self.k + SPARE);
        let mut tile = EMPTY_TILE;
        for (b, block) in self.blocks.iter().enumerate() {
            squared_distances(self.points.simd(), block, self.points.panel(panel), &mut tile);
            let near = at_most(self.points.simd(), &tile, &candidates.limits);
            for (r, (row, near)) in tile.iter().zip(near).enumerate() {
                let index = b * BLOCK + r;
                for lane in bits(near) {
                    if index < self.blocks.len() && (self.with_self || index != panel * LANES + lane) {
                        candidates.push(lane, row.0[lane], index);
                    }
                }
            }
        }
        candidates
    }

    /// Goes through all points again for the lanes with a limit, and takes whoever is nearer in `f64`.
    fn settle(&self, panel: usize, limits: &Lanes, found: &mut [Vec<(f64, u32)>]) {
        if limits.0.iter().all(|&limit| limit < 0.0) {
            return;
        }
        let mut tile = EMPTY_TILE;
        for (b, block) in self.blocks.iter().enumerate() {
            squared_distances(self.points.simd(), block, self.points.panel(panel), &mut tile);
            for (r, near) in at_most(self.points.simd(), &tile, limits).into_iter().enumerate() {
                let index = b * BLOCK + r;
                for lane in bits(near) {
                    let point = panel * LANES + lane;
                    if index >= self.blocks.len() || (!self.with_self && index == point) {
                        continue;
                    }
                    let entry = (self.rows.squared_distance_to(point, self.others, index), index as u32);
                    let exact = &mut found[lane];
                    let place = exact.partition_point(|other| nearer(other, &entry).is_lt());
                    if place < self.k && exact.get(place) != Some(&entry) {
                        exact.insert(place, entry);
                        exact.truncate(self.k);
                    }
                }
            }
        }
    }
}

fn nearer(a: &(f64, u32), b: &(f64, u32)) -> std::cmp::Ordering {
    a.0.total_cmp(&b.0).then(a.1.cmp(&b.1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pairwise::golden::Golden;
    use crate::pairwise::{Simd, SimdLevel};
    use ndarray::Array2;
    use proptest::prelude::*;

    fn naive(x: &Array2<f32>, k: usize, with_self: bool) -> Vec<u32> {
        let rows = ExactRows::new(&x.view());
        (0..x.nrows())
            .flat_map(|i| {
                let mut all: Vec<_> = (0..x.nrows())
                    .filter(|&j| with_self || j != i)
                    .map(|j| (rows.squared_distance(i, j), j as u32))
                    .collect();
                all.sort_unstable_by(nearer);
                all.into_iter().take(k).map(|(_, j)| j)
            })
            .collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]
        /// Coordinates on a coarse grid: duplicates and ties everywhere.
        #[test]
        fn equals_sorting_everything(
            values in prop::collection::vec(0_u8..4, 3..240), k in 1_usize..12, with_self: bool, step in 0.1_f32..3.0
        ) {
            let x = Array2::from_shape_fn((values.len() / 3, 3), |(i, j)| f32::from(values[i * 3 + j]) * step);
            let found = if with_self { Neighbours::with_self(x.view(), k) } else { Neighbours::without_self(x.view(), k) };
            prop_assert_eq!(found.indices(), naive(&x, k, with_self));
        }

        #[test]
        fn neighbours_among_others_equal_sorting_everything(
            values in prop::collection::vec(0_u8..4, 6..240), cut in 1_usize..70, k in 1_usize..12, step in 0.1_f32..3.0
        ) {
            let x = Array2::from_shape_fn((values.len() / 3, 3), |(i, j)| f32::from(values[i * 3 + j]) * step);
            let (others, x) = x.view().split_at(ndarray::Axis(0), cut.min(x.nrows() - 1));
            let found = Neighbours::among(others, x, k);
            prop_assert_eq!(found.k(), k.min(others.nrows()));
            let (rows, to) = (ExactRows::new(&x), ExactRows::new(&others));
            for i in 0..x.nrows() {
                let mut all: Vec<_> =
                    (0..others.nrows()).map(|j| (rows.squared_distance_to(i, &to, j), j as u32)).collect();
                all.sort_unstable_by(nearer);
                let expected: Vec<u32> = all.into_iter().take(k).map(|(_, j)| j).collect();
                prop_assert_eq!(&found.indices()[i * found.k()..(i + 1) * found.k()], expected);
                let alone = Neighbours::among(others, x.slice(ndarray::s![i..=i, ..]), k);
                prop_assert_eq!(alone.distances(), &found.distances()[i * found.k()..(i + 1) * found.k()]);
            }
        }
    }

    #[test]
    fn few_points_have_few_neighbours() {
        assert_eq!(Neighbours::with_self(Array2::zeros((0, 2)).view(), 3).k(), 0);
        assert_eq!(Neighbours::without_self(Array2::zeros((1, 2)).view(), 3).indices(), [0; 0]);
        assert_eq!(Neighbours::without_self(Array2::zeros((2, 2)).view(), 3).indices(), [1, 0]);
        assert_eq!(k_distances(Array2::zeros((2, 2)).view(), 5), [0.0, 0.0]);
        assert_eq!(k_distances(Array2::zeros((0, 2)).view(), 5), [0.0; 0]);
    }

    #[test]
    fn distances_are_those_of_scikit_learn() {
        for golden in Golden::read() {
            let found = Neighbours::without_self(golden.x().view(), 7);
            assert_eq!(found.distances().len(), golden.knn_distances.len());
            for (found, expected) in found.distances().iter().zip(&golden.knn_distances) {
                assert!((found - expected).abs() < 2e-7, "{found} {expected}");
            }
        }
    }

    #[test]
    fn instructions_change_nothing() {
        let x = Golden::read()[0].x();
        let on = |level| {
            Neighbours::find(&Points::with_simd(x.view(), Simd::at_most(level)), &ExactRows::new(&x.view()), 9, true)
        };
        assert_eq!(on(SimdLevel::Portable), on(SimdLevel::Avx2));
        assert_eq!(on(SimdLevel::Portable), on(SimdLevel::Avx512));
    }
}
