//! The kernel: squared distances of 8 broadcast points to 32 points side by side.
//!
//! Differences are squared and summed, rather than expanding `|x|² − 2xy + |y|²`: nothing cancels, so the relative
//! error is bounded whatever the offset of the data, and coinciding points are at distance 0 exactly. On processors
//! with separate adders it costs no time either. Sums run over at most 64 features at a time, which keeps the bound
//! small for long vectors.

use super::{BLOCK, LANES, Simd, SimdLevel, portable};

/// Features that are summed before the sum joins the total.
pub(super) const RUN: usize = 64;

/// One value for each of 32 points.
#[derive(Debug, Clone, Copy, PartialEq)]
#[repr(C, align(64))]
pub struct Lanes(pub [f32; LANES]);

/// One value for each of 8 points.
#[derive(Debug, Clone, Copy, PartialEq)]
#[repr(C, align(32))]
pub struct Row8(pub [f32; BLOCK]);

/// Squared distances: row `r`, lane `l` is broadcast point `r` to panel point `l`.
pub type DistanceTile = [Lanes; BLOCK];

/// A tile to start with.
pub const EMPTY_TILE: DistanceTile = [Lanes([0.0; LANES]); BLOCK];

/// Fills `tile` with the squared distances of a block to a panel of equal depth.
///
/// Each distance is a function of its two points alone, and symmetric: it does not depend on their place.
#[inline]
pub fn squared_distances(simd: Simd, block: &[Row8], panel: &[Lanes], tile: &mut DistanceTile) {
    match simd.level() {
        // SAFETY: a `Simd` of this level exists only where the processor has these instructions.
        #[cfg(target_arch = "x86_64")]
        SimdLevel::Avx512 => unsafe { super::avx512::squared_distances(block, panel, tile) },
        // SAFETY: as above.
        #[cfg(target_arch = "x86_64")]
        SimdLevel::Avx2 => unsafe { super::avx2::squared_distances(block, panel, tile) },
        _ => portable::squared_distances(block, panel, tile),
    }
}

/// Which squared distances of a tile are at most the limit of their lane: for each row, bit `l` for lane `l`.
#[inline]
#[must_use]
pub fn at_most(simd: Simd, tile: &DistanceTile, limits: &Lanes) -> [u32; BLOCK] {
    match simd.level() {
        // SAFETY: a `Simd` of this level exists only where the processor has these instructions.
        #[cfg(target_arch = "x86_64")]
        SimdLevel::Avx512 => unsafe { super::avx512::at_most(tile, limits) },
        // SAFETY: as above.
        #[cfg(target_arch = "x86_64")]
        SimdLevel::Avx2 => unsafe { super::avx2::at_most(tile, limits) },
        _ => portable::at_most(tile, limits),
    }
}

/// Adds to `counts`, lane by lane, how many distances of a tile are at most `surely`.
///
/// True where a different number is at most `perhaps`: then some pairs are too close to call.
#[inline]
pub(super) fn count(simd: Simd, tile: &DistanceTile, surely: f32, perhaps: f32, counts: &mut [u32; LANES]) -> bool {
    match simd.level() {
        // SAFETY: a `Simd` of this level exists only where the processor has these instructions.
        #[cfg(target_arch = "x86_64")]
        SimdLevel::Avx512 => unsafe { super::avx512::count(tile, surely, perhaps, counts) },
        // SAFETY: as above.
        #[cfg(target_arch = "x86_64")]
        SimdLevel::Avx2 => unsafe { super::avx2::count(tile, surely, perhaps, counts) },
        _ => portable::count(tile, surely, perhaps, counts),
    }
}

/// Bound on the relative error of a squared distance over `n_features` features, as long as it is a normal number.
///
/// A difference and its square carry three roundings of half a unit, each addition one (Higham, "Accuracy and
/// Stability of Numerical Algorithms", 2002, section 3.1); the slack of three covers the terms of second order.
#[must_use]
pub fn error_bound(n_features: usize) -> f64 {
    let additions = n_features.min(RUN) + n_features.div_ceil(RUN);
    (additions + 6) as f64 * f64::from(f32::EPSILON) / 2.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pairwise::{Blocks, Points};
    use ndarray::Array2;
    use proptest::prelude::*;

    fn f64_distance(x: &Array2<f32>, i: usize, j: usize) -> f64 {
        x.row(i).iter().zip(x.row(j)).map(|(&a, &b)| (f64::from(a) - f64::from(b)).powi(2)).sum()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]
        #[test]
        fn every_level_is_within_the_bound(n in 1_usize..70, d in 1_usize..200, seed in 0_u32..1000) {
            let x = Array2::from_shape_fn((n, d), |(i, j)| {
                let hash = (i as u32 * 7919 + j as u32 * 104_729 + seed).wrapping_mul(2_654_435_761);
                100.0 + (hash >> 8) as f32 / 16_777_216.0
            });
            for level in SimdLevel::ALL {
                let simd = Simd::at_most(level);
                let points = Points::with_simd(x.view(), simd);
                let mut tile = EMPTY_TILE;
                for (b, block) in Blocks::new(x.view()).iter().enumerate() {
                    for p in 0..points.n_panels() {
                        squared_distances(simd, block, points.panel(p), &mut tile);
                        let (mut counts, mut expected) = ([7; LANES], [7; LANES]);
                        prop_assert_eq!(
                            count(simd, &tile, 2.9, 3.0, &mut counts),
                            portable::count(&tile, 2.9, 3.0, &mut expected)
                        );
                        prop_assert_eq!(counts, expected);
                        let limits = Lanes([3.0; LANES]);
                        prop_assert_eq!(at_most(simd, &tile, &limits), portable::at_most(&tile, &limits));
                        for (r, row) in tile.iter().enumerate() {
                            for (l, &found) in row.0.iter().enumerate() {
                                let (i, j) = (b * BLOCK + r, p * LANES + l);
                                if i < n && j < n {
                                    let exact = f64_distance(&x, i, j);
                                    prop_assert!((f64::from(found) - exact).abs() <= error_bound(d) * exact);
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}
