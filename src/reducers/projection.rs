//! A fitted chain of reducers, for the images at hand and those to come.

use ndarray::{Array2, ArrayView2};

use super::{Pca, RandomProjection, ReduceError, Standardizer, Transform, check_columns, normalize};

/// One link of a [`Projection`].
#[derive(Debug, Clone, PartialEq)]
pub enum Step {
    /// Each row to length 1.
    Normalize,
    /// Each column to mean 0 and standard deviation 1.
    Standardize(Standardizer),
    /// Each value cut to at most this far from 0, which is above 0.
    Clip(f32),
    /// On the principal components.
    Pca(Pca),
    /// On random directions.
    RandomProjection(RandomProjection),
}

impl Transform for Step {
    fn transform(&self, x: ArrayView2<'_, f32>) -> Result<Array2<f32>, ReduceError> {
        match self {
            Self::Normalize => {
                let mut out = x.to_owned();
                normalize::to_unit_length(&mut out);
                Ok(out)
            }
            Self::Standardize(fitted) => fitted.transform(x),
            Self::Clip(most) => Ok(x.mapv(|value| value.clamp(-most, *most))),
            Self::Pca(fitted) => fitted.transform(x),
            Self::RandomProjection(fitted) => fitted.transform(x),
        }
    }
}

/// A fitted normalise / standardise / linear chain. It can be saved, and applies to new images.
///
/// Every step takes as many columns as the step before it gives; the first takes [`Projection::n_features`].
#[derive(Debug, Clone, PartialEq)]
pub struct Projection {
    pub(super) n_features: usize,
    pub(super) steps: Vec<Step>,
}

impl Projection {
    /// Features it takes.
    #[must_use]
    pub fn n_features(&self) -> usize {
        self.n_features
    }

    /// Features it gives.
    #[must_use]
    pub fn n_components(&self) -> usize {
        self.steps.iter().fold(self.n_features, |columns, step| match step {
            Step::Normalize | Step::Standardize(_) | Step::Clip(_) => columns,
            Step::Pca(fitted) => fitted.components.nrows(),
            Step::RandomProjection(fitted) => fitted.directions.nrows(),
        })
    }

    /// The links of the chain, first to last.
    #[must_use]
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// Share of the variance of all features along each principal component, in `0.0..=1.0`; `None` without PCA.
    #[must_use]
    pub fn explained_variance_ratio(&self) -> Option<Vec<f64>> {
        self.steps.iter().find_map(|step| match step {
            Step::Pca(fitted) => Some(fitted.explained_variance_ratio()),
            _ => None,
        })
    }

    /// The same with every value then cut to at most `most` from 0.
    #[must_use]
    pub(crate) fn clipped(mut self, most: f32) -> Self {
        self.steps.push(Step::Clip(most));
        self
    }

    /// The links of `next` after those of this chain.
    ///
    /// # Panics
    /// When `next` takes other features than this one gives.
    #[must_use]
    pub(crate) fn then(mut self, next: Self) -> Self {
        assert_eq!(next.n_features, self.n_components(), "features between two projections");
        self.steps.extend(next.steps);
        self
    }

    /// Maps new images: `x` of shape `[n, n_features]` to `[n, n_components]`.
    ///
    /// # Errors
    /// [`ReduceError::Columns`] when `x` has other features than the chain was fitted on.
    pub fn transform(&self, x: ArrayView2<'_, f32>) -> Result<Array2<f32>, ReduceError> {
        check_columns(x, self.n_features)?;
        let mut current: Option<Array2<f32>> = None;
        for step in &self.steps {
            current = Some(step.transform(current.as_ref().map_or_else(|| x.view(), Array2::view))?);
        }
        Ok(current.unwrap_or_else(|| x.to_owned()))
    }
}
