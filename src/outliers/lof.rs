//! Local outlier factor: how much sparser a point's surroundings are than its neighbours'.
//!
//! Reference: Breunig et al., "LOF: identifying density-based local outliers", SIGMOD 2000; numbers as scikit-learn's.

use std::num::NonZeroUsize;

use ndarray::ArrayView2;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::data::{Positive, bounds, nonzero};
use crate::memory::{MemoryBudget, StageOverBudget, bytes_of};
use crate::pairwise::Neighbours;

/// How to look for outliers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Lof {
    /// Neighbours that make up the surroundings of a point.
    #[serde(deserialize_with = "bounds::neighbours")]
    pub neighbours: NonZeroUsize,
    /// A point whose factor is above this is an outlier.
    pub threshold: Positive,
}

impl Default for Lof {
    /// 20 neighbours and a threshold of 1.5, as the paper and scikit-learn have it.
    fn default() -> Self {
        Self { neighbours: nonzero::<20>(), threshold: const { Positive::constant(1.5) } }
    }
}

/// One factor per point: about 1 inside a cluster, larger where it is lonelier than its neighbours.
#[derive(Debug, Clone, PartialEq)]
pub struct LofScores {
    /// Factors, above 0; scikit-learn's `negative_outlier_factor_` is the negative of this.
    pub factors: Vec<f64>,
    /// Which points are above the threshold.
    pub outliers: Vec<bool>,
}

impl Lof {
    /// Scores each row of `x`, shape `[n, n_features]`. A lone point has factor 1.
    #[must_use]
    pub fn score(&self, x: ArrayView2<'_, f32>) -> LofScores {
        self.score_neighbours(&Neighbours::without_self(x, self.neighbours.get()), x.nrows())
    }

    /// Bytes that [`Lof::score`] takes for `n` points of `n_features` features beside them, about: the points laid out
    /// twice, neighbours and their distances, and what is known of each point.
    #[must_use]
    pub fn memory(&self, n: usize, n_features: usize) -> u64 {
        let k = self.neighbours.get().min(n);
        bytes_of::<f32>(&[n, n_features, 2]).saturating_add(bytes_of::<u32>(&[n, 2 * k + 6]))
    }

    /// The same as [`Lof::score`] where `budget` has room for it.
    ///
    /// # Errors
    /// When it has not, before anything is allocated.
    pub fn score_within(&self, budget: MemoryBudget, x: ArrayView2<'_, f32>) -> Result<LofScores, StageOverBudget> {
        let (n, d) = x.dim();
        let stage = || format!("the local outlier factor of {n} images of {d} features");
        budget.admit_stage(self.memory(n, d), stage, "take a sample of the images (`dataset.sample`)")?;
        Ok(self.score(x))
    }

    /// Scores `n` points whose neighbours are known already.
    #[must_use]
    pub fn score_neighbours(&self, neighbours: &Neighbours, n: usize) -> LofScores {
        let k = neighbours.k();
        if k == 0 {
            return LofScores { factors: vec![1.0; n], outliers: vec![false; n] };
        }
        let (indices, distances) = (neighbours.indices(), neighbours.distances());
        let reach: Vec<f32> = distances.chunks_exact(k).map(|row| row[k - 1]).collect();
        // Reachability distances are at least the neighbour's own reach, which smooths densities within clusters.
        let densities: Vec<f64> = indices
            .par_chunks_exact(k)
            .zip(distances.par_chunks_exact(k))
            .map(|(near, distances)| {
                let pairs = near.iter().zip(distances);
                let sum: f64 = pairs.map(|(&j, &distance)| f64::from(distance.max(reach[j as usize]))).sum();
                1.0 / (sum / k as f64 + COINCIDENT)
            })
            .collect();
        let factors: Vec<f64> = indices
            .par_chunks_exact(k)
            .zip(&densities)
            .map(|(near, density)| near.iter().map(|&j| densities[j as usize] / density).sum::<f64>() / k as f64)
            .collect();
        let outliers = factors.iter().map(|&factor| factor > self.threshold.get()).collect();
        LofScores { factors, outliers }
    }
}

/// Keeps the density of more than `k` coinciding points finite.
const COINCIDENT: f64 = 1e-10;

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{Array2, array};

    #[test]
    fn the_lonely_point_stands_out() {
        let mut x = Array2::from_shape_fn((50, 2), |(i, j)| (i * 7 % 10 + j) as f32 / 10.0);
        x.row_mut(49).fill(5.0);
        let scores = Lof::default().score(x.view());
        assert!(scores.outliers[49] && scores.factors[49] > 3.0);
        assert_eq!(scores.outliers.iter().filter(|&&outlier| outlier).count(), 1);
    }

    #[test]
    fn few_and_coinciding_points_are_no_outliers() {
        assert!(Lof::default().score(Array2::zeros((0, 2)).view()).factors.is_empty());
        assert_eq!(Lof::default().score(array![[1.0, 2.0]].view()).factors, [1.0]);
        assert_eq!(Lof::default().score(Array2::ones((30, 3)).view()).factors, [1.0; 30]);
    }

    #[test]
    fn equals_scikit_learn() {
        for golden in crate::pairwise::golden::Golden::read() {
            let found = Lof::default().score(golden.x().view());
            for (found, expected) in found.factors.iter().zip(&golden.lof) {
                assert!((found / expected - 1.0).abs() < 2e-6, "{found} {expected}");
            }
        }
    }
}
