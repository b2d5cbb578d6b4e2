//! The recipe of a projection.

use std::num::NonZeroUsize;

use ndarray::{Array2, ArrayView2};
use serde::{Deserialize, Serialize};

use super::pca::PrincipalComponents;
use super::random_projection::RandomDirections;
use super::standardize::{Standardize, WeightedBlock};
use super::{Projection, ReduceError, Reducer, Step, Transform, check, normalize};
use crate::data::{bounds, nonzero};
use crate::memory::{MemoryBudget, bytes_of};

/// How features become fewer: rows to unit length, columns to unit variance, then a linear map; each can be left out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Reduction {
    /// Scale each image's features to length 1.
    pub l2: bool,
    /// Scale each feature to mean 0 and standard deviation 1.
    pub standardize: bool,
    /// The linear map.
    pub method: ReductionMethod,
    /// Features to keep; fewer where there are fewer images or features. `none` keeps all.
    #[serde(deserialize_with = "bounds::components")]
    pub n_components: NonZeroUsize,
}

/// The linear maps to choose from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReductionMethod {
    /// Exact principal components.
    #[default]
    Pca,
    /// Gaussian random directions.
    RandomProjection,
    /// No map.
    None,
}

impl ReductionMethod {
    /// Every map.
    pub const ALL: [Self; 3] = [Self::Pca, Self::RandomProjection, Self::None];
}

impl Default for Reduction {
    fn default() -> Self {
        let n_components = nonzero::<50>();
        Self { l2: true, standardize: false, method: ReductionMethod::Pca, n_components }
    }
}

impl Reduction {
    /// Bytes that [`Reduction::fit_blocks`] takes for `n` images of `n_features` features beside them, about.
    #[must_use]
    pub fn memory(&self, n: usize, n_features: usize) -> u64 {
        let kept = self.n_components.get().min(n_features);
        let scaled = bytes_of::<f32>(&[n, n_features]);
        let map = match self.method {
            ReductionMethod::Pca => PrincipalComponents { n_components: kept }.memory(n, n_features),
            // The directions as they are drawn, from a unit matrix.
            ReductionMethod::RandomProjection => bytes_of::<f32>(&[n_features, n_features + kept, 3]),
            // Without a map the scaled data are the answer.
            ReductionMethod::None => return scaled,
        };
        scaled.saturating_add(map).saturating_add(bytes_of::<f32>(&[n, kept]))
    }

    /// The same as [`Reduction::fit_blocks`] where `budget` has room for it.
    ///
    /// # Errors
    /// [`ReduceError::Memory`] where it has not, before anything is allocated; else as [`Reduction::fit_transform`].
    pub fn fit_within(
        &self,
        budget: MemoryBudget,
        x: ArrayView2<'_, f32>,
        blocks: &[WeightedBlock],
        seed: u64,
    ) -> Result<(Projection, Array2<f32>), ReduceError> {
        let (n, d) = x.dim();
        let stage = || format!("the reduction of {n} images of {d} features");
        let remedy = match self.method {
            ReductionMethod::Pca if d > 2 * n => "take another `reduce.method`",
            _ => "take a sample of the images (`dataset.sample`)",
        };
        budget.admit_stage(self.memory(n, d), stage, remedy)?;
        self.fit_blocks(x, blocks, seed)
    }

    /// Learns the projection from `x` of shape `[n_images, n_features]` and applies it to `x`.
    ///
    /// [`Projection::n_components`] says how many features were kept.
    ///
    /// # Errors
    /// When `x` has no rows, no columns, or a value that is not finite.
    pub fn fit_transform(&self, x: ArrayView2<'_, f32>, seed: u64) -> Result<(Projection, Array2<f32>), ReduceError> {
        self.fit_blocks(x, &[], seed)
    }

    /// The same after standardising the columns of `x` and weighing its blocks; without any block, the same.
    ///
    /// # Errors
    /// As [`Reduction::fit_transform`].
    pub fn fit_blocks(
        &self,
        x: ArrayView2<'_, f32>,
        blocks: &[WeightedBlock],
        seed: u64,
    ) -> Result<(Projection, Array2<f32>), ReduceError> {
        check(x)?;
        let mut chain = Chain { steps: Vec::new(), original: x, current: None };
        if !blocks.is_empty() {
            chain.add(Step::Standardize(Standardize.fit(x, seed)?.weighted(blocks)))?;
        }
        if self.l2 {
            chain.add(Step::Normalize)?;
        }
        if self.standardize {
            chain.add(Step::Standardize(Standardize.fit(chain.view(), seed)?))?;
        }
        let n_components = self.n_components.get();
        match self.method {
            ReductionMethod::Pca => {
                chain.add(Step::Pca(PrincipalComponents { n_components }.fit(chain.view(), seed)?))?;
            }
            ReductionMethod::RandomProjection => {
                chain.add(Step::RandomProjection(RandomDirections { n_components }.fit(chain.view(), seed)?))?;
            }
            ReductionMethod::None => {}
        }
        let reduced = chain.current.unwrap_or_else(|| x.to_owned());
        Ok((Projection { n_features: x.ncols(), steps: chain.steps }, reduced))
    }
}

/// Steps so far, and what they made of the data.
struct Chain<'a> {
    steps: Vec<Step>,
    original: ArrayView2<'a, f32>,
    current: Option<Array2<f32>>,
}

impl Chain<'_> {
    fn view(&self) -> ArrayView2<'_, f32> {
        self.current.as_ref().map_or_else(|| self.original.view(), Array2::view)
    }

    fn add(&mut self, step: Step) -> Result<(), ReduceError> {
        self.current = Some(match (&step, self.current.take()) {
            (Step::Normalize, current) => {
                let mut x = current.unwrap_or_else(|| self.original.to_owned());
                normalize::to_unit_length(&mut x);
                x
            }
            (Step::Standardize(fitted), Some(mut x)) => {
                fitted.apply(&mut x);
                x
            }
            (step, current) => step.transform(current.as_ref().map_or_else(|| self.original.view(), Array2::view))?,
        });
        self.steps.push(step);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_is_the_reference_chain() {
        let recipe: Reduction = toml::from_str("").unwrap();
        assert_eq!(recipe, Reduction::default());
        assert_eq!((recipe.l2, recipe.n_components.get(), recipe.method), (true, 50, ReductionMethod::Pca));
        assert!(toml::from_str::<Reduction>("components = 3").is_err());
        assert!(toml::from_str::<Reduction>("n_components = 0").is_err());
        let random: Reduction = toml::from_str("method = \"random_projection\"").unwrap();
        assert_eq!(random.method, ReductionMethod::RandomProjection);
    }

    #[test]
    fn components_are_capped_by_the_data() {
        for (n, d) in [(1, 7), (2, 7), (7, 2), (60, 64)] {
            let x = Array2::from_shape_fn((n, d), |(i, j)| ((i * 5 + j * 3 + i * j) % 7) as f32);
            let (projection, reduced) = Reduction::default().fit_transform(x.view(), 0).unwrap();
            assert_eq!(reduced.dim(), (n, n.min(d).min(50)));
            assert_eq!(projection.n_components(), reduced.ncols());
            assert!(reduced.iter().all(|v| v.is_finite()));
        }
    }
}
