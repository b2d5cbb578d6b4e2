//! Many features become few: what is learned from a matrix can be applied to new images.
//!
//! A [`Reduction`] is the recipe, a [`Projection`] what was learned: a chain of [`Step`]s that can be saved.

mod covariance;
mod eigen;
mod krylov;
mod normalize;
mod pca;
mod projection;
mod random_projection;
mod reduction;
mod standardize;
mod stored;
mod tsne;

pub use pca::Pca;
pub use projection::{Projection, Step};
pub use random_projection::RandomProjection;
pub use reduction::{Reduction, ReductionMethod};
pub use standardize::{Standardize, Standardizer, WeightedBlock};
pub use stored::ProjectionFileError;
pub use tsne::{Layout as TsneLayout, Tsne};

use ndarray::{Array2, ArrayView2};

use crate::memory::StageOverBudget;

/// Learns a map to fewer (or better scaled) features.
pub trait Reducer {
    /// The fitted map.
    type Fitted: Transform;

    /// Learns from `x` of shape `[n_images, n_features]`. The same `x` and `seed` give the same map.
    ///
    /// # Errors
    /// When `x` has no rows, no columns, or a value that is not finite.
    fn fit(&self, x: ArrayView2<'_, f32>, seed: u64) -> Result<Self::Fitted, ReduceError>;
}

/// A fitted map; see [`Projection`] for chains of them.
pub trait Transform {
    /// Maps `x` of shape `[n, n_features]` to `[n, n_components]`.
    ///
    /// # Errors
    /// [`ReduceError::Columns`] when `x` has other features than the map was learned from.
    fn transform(&self, x: ArrayView2<'_, f32>) -> Result<Array2<f32>, ReduceError>;
}

/// Why nothing could be learned or applied.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReduceError {
    /// Nothing to learn from.
    #[error("no images to learn from")]
    Empty,
    /// Images without a single feature.
    #[error("the images have no features")]
    NoFeatures,
    /// NaN or infinity.
    #[error("feature {column} of row {row} is not finite")]
    NotFinite { row: usize, column: usize },
    /// The features of new images are not those the map was learned from.
    #[error("the projection takes {expected} features, the images have {found}")]
    Columns { expected: usize, found: usize },
    /// Neither the data nor what is learned from it fits in memory.
    #[error(transparent)]
    Memory(#[from] StageOverBudget),
}

impl ReduceError {
    /// A hint: what to do about it.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Columns { .. } => {
                Some("embed the new images with the network and layers that the projection was fitted on".to_owned())
            }
            Self::Memory(why) => Some(why.hint()),
            Self::Empty | Self::NoFeatures | Self::NotFinite { .. } => None,
        }
    }
}

/// Refuses matrices nothing can be learned from.
fn check(x: ArrayView2<'_, f32>) -> Result<(), ReduceError> {
    if x.nrows() == 0 {
        return Err(ReduceError::Empty);
    }
    if x.ncols() == 0 {
        return Err(ReduceError::NoFeatures);
    }
    for (row, values) in x.rows().into_iter().enumerate() {
        if let Some(column) = values.iter().position(|value| !value.is_finite()) {
            return Err(ReduceError::NotFinite { row, column });
        }
    }
    Ok(())
}

/// Refuses matrices a map was not learned for.
fn check_columns(x: ArrayView2<'_, f32>, expected: usize) -> Result<(), ReduceError> {
    if x.ncols() == expected { Ok(()) } else { Err(ReduceError::Columns { expected, found: x.ncols() }) }
}

#[cfg(test)]
mod contract;
#[cfg(test)]
mod golden;
