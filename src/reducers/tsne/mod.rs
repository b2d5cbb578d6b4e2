//! t-SNE: a map of the images in the plane in which neighbours stay neighbours.
//!
//! References: van der Maaten & Hinton, "Visualizing data using t-SNE", 2008; van der Maaten, "Accelerating t-SNE using
//! tree-based algorithms", 2014; parameters, start and stopping as in scikit-learn. Neighbours are exact; the tree is
//! walked once for every sixteen points, which share their far fields.

mod affinities;
mod descent;
mod quad_tree;

use std::num::NonZeroUsize;

use ndarray::{Array2, ArrayView2, Axis};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use super::pca::PrincipalComponents;
use super::{ReduceError, Reducer, Transform, check};
use crate::data::{Positive, bounds, nonzero};
use crate::memory::{MemoryBudget, bytes_of};
use crate::progress::Observer;

/// Standard deviation of the first axis of the start.
const START_SIZE: f64 = 1e-4;

/// Recipe of t-SNE.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Tsne {
    /// Roughly how many neighbours count; left out: a hundredth of the images, between 5 and 50.
    pub perplexity: Option<Positive>,
    /// Steps of gradient descent; the first 250 with exaggerated attraction.
    #[serde(deserialize_with = "bounds::passes")]
    pub n_iter: NonZeroUsize,
    /// Factor on the attraction in the first 250 steps.
    pub early_exaggeration: Positive,
    /// Length of a step; left out: `n / exaggeration / 4`, at least 50.
    pub learning_rate: Option<Positive>,
    /// A group of far points counts as one where its width over its distance is below this; smaller is more exact.
    pub angle: Positive,
}

impl Default for Tsne {
    fn default() -> Self {
        Self {
            perplexity: None,
            n_iter: nonzero::<1500>(),
            early_exaggeration: const { Positive::constant(12.0) },
            learning_rate: None,
            angle: const { Positive::constant(0.5) },
        }
    }
}

/// A map of the images.
#[derive(Debug, Clone, PartialEq)]
pub struct Layout {
    /// Shape `[n_images, 2]`.
    pub points: Array2<f32>,
    /// Kullback–Leibler divergence of the neighbourhoods in the plane from those in the features, from 0 up.
    pub kl_divergence: f64,
    /// The perplexity that was used.
    pub perplexity: f64,
}

impl Tsne {
    /// Bytes that [`Tsne::layout`] takes for `n` images of `n_features` features beside them, about: the neighbours of
    /// each with their affinities on both sides, the plane that it starts from, and the tree.
    #[must_use]
    pub fn memory(&self, n: usize, n_features: usize) -> u64 {
        let neighbours = (3.0 * self.perplexity_of(n) + 1.0) as usize;
        let start = PrincipalComponents { n_components: 2 }.memory(n, n_features);
        let points = bytes_of::<f32>(&[n, n_features, 2]);
        let map = bytes_of::<u32>(&[n, neighbours, 14]).saturating_add(bytes_of::<f32>(&[n, 64]));
        map.saturating_add(points.max(start))
    }

    /// The perplexity for `n` images: no more than a third of the others, of which three times as many are looked at.
    fn perplexity_of(&self, n: usize) -> f64 {
        let wanted = self.perplexity.map_or_else(|| (n as f64 / 100.0).clamp(5.0, 50.0), Positive::get);
        wanted.min((n.saturating_sub(1) as f64 / 3.0).max(1.0))
    }

    /// The same as [`Tsne::layout`] where `budget` has room for it.
    ///
    /// # Errors
    /// [`ReduceError::Memory`] where it has not, before anything is allocated; else as [`Tsne::layout`].
    pub fn layout_within(
        &self,
        budget: MemoryBudget,
        x: ArrayView2<'_, f32>,
        seed: u64,
        observer: &dyn Observer,
    ) -> Result<Layout, ReduceError> {
        let (n, d) = x.dim();
        let stage = || format!("the map of {n} images by t-SNE");
        budget.admit_stage(self.memory(n, d), stage, "lower `tsne.perplexity`, or set `report.layout = \"pca\"`")?;
        self.layout(x, seed, observer)
    }

    /// Lays out the rows of `x`, shape `[n_images, n_features]`. One `Advanced` event per step.
    ///
    /// The same `x` and `seed` give the same bits, whatever the number of threads.
    ///
    /// # Errors
    /// When `x` has no rows, no columns, or a value that is not finite.
    pub fn layout(&self, x: ArrayView2<'_, f32>, seed: u64, observer: &dyn Observer) -> Result<Layout, ReduceError> {
        check(x)?;
        let n = x.nrows();
        let perplexity = self.perplexity_of(n);
        if n == 1 {
            return Ok(Layout { points: Array2::zeros((1, 2)), kl_divergence: 0.0, perplexity });
        }
        let affinities = affinities::Affinities::new(x, perplexity);
        let learning_rate = self
            .learning_rate
            .map_or_else(|| (n as f64 / self.early_exaggeration.get() / 4.0).max(50.0), Positive::get);
        let descent = descent::Descent {
            affinities: &affinities,
            n_iter: self.n_iter.get(),
            exaggeration: self.early_exaggeration.get() as f32,
            learning_rate: learning_rate as f32,
            angle: self.angle.get() as f32,
        };
        let (points, kl_divergence) = descent.run(start(x, seed)?, observer);
        Ok(Layout { points, kl_divergence, perplexity })
    }
}

/// The first two principal components, made very small; random where the data has fewer.
fn start(x: ArrayView2<'_, f32>, seed: u64) -> Result<Array2<f32>, ReduceError> {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let plane = PrincipalComponents { n_components: 2 }.fit(x, seed)?.transform(x)?;
    let width = plane.column(0).mapv(f64::from).std(0.0);
    let mut points = Array2::zeros((x.nrows(), 2));
    for (axis, mut column) in points.axis_iter_mut(Axis(1)).enumerate() {
        let spreads = axis < plane.ncols() && width > 0.0 && plane.column(axis).iter().any(|&v| v != 0.0);
        for (i, value) in column.iter_mut().enumerate() {
            let at = if spreads { f64::from(plane[[i, axis]]) / width } else { random.random_range(-1.0..1.0) };
            *value = (START_SIZE * at) as f32;
        }
    }
    Ok(points)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::progress::Silent;

    fn groups(n: usize) -> Array2<f32> {
        Array2::from_shape_fn((n, 6), |(i, j)| {
            let group = if i % 3 == j % 3 { 8.0 } else { 0.0 };
            group + ((i * 31 + j * 17 + i * j) % 23) as f32 / 23.0
        })
    }

    #[test]
    fn neighbours_in_the_plane_are_of_one_group() {
        let x = groups(300);
        let tsne = Tsne { n_iter: NonZeroUsize::new(400).unwrap(), ..Tsne::default() };
        let layout = tsne.layout(x.view(), 1, &Silent).unwrap();
        assert_eq!(layout, tsne.layout(x.view(), 1, &Silent).unwrap());
        for i in 0..300 {
            let distance = |j: usize| (&layout.points.row(i) - &layout.points.row(j)).mapv(|d| d * d).sum();
            let nearest = (0..300).filter(|&j| j != i).min_by(|&a, &b| distance(a).total_cmp(&distance(b))).unwrap();
            assert_eq!(nearest % 3, i % 3, "image {i}");
        }
        assert!(layout.kl_divergence > 0.0 && layout.kl_divergence < 1.5, "{}", layout.kl_divergence);
    }

    #[test]
    fn the_bits_do_not_depend_on_the_threads() {
        let x = groups(200);
        let tsne = Tsne { n_iter: NonZeroUsize::new(60).unwrap(), ..Tsne::default() };
        let with = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| tsne.layout(x.view(), 1, &Silent).unwrap())
        };
        assert_eq!(with(1), with(3));
    }

    #[test]
    fn few_or_equal_images_are_laid_out_too() {
        let tsne = Tsne { n_iter: NonZeroUsize::new(300).unwrap(), ..Tsne::default() };
        for x in [groups(1), groups(2), groups(3), groups(7), Array2::ones((40, 3)), Array2::ones((5, 1))] {
            let layout = tsne.layout(x.view(), 1, &Silent).unwrap();
            assert_eq!(layout.points.dim(), (x.nrows(), 2));
            assert!(layout.points.iter().all(|v| v.is_finite()) && layout.kl_divergence.is_finite());
        }
        assert!(tsne.layout(Array2::zeros((0, 3)).view(), 1, &Silent).is_err());
    }
}
