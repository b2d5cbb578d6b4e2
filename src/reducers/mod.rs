//! Many features become few: every reducer learns from a matrix and can then be applied to new images.

use ndarray::{Array2, ArrayView2};

/// Learns a map to fewer (or better scaled) features.
pub trait Reducer {
    /// The fitted map.
    type Fitted;

    /// Learns from `x` of shape `[n_images, n_features]`.
    ///
    /// # Errors
    /// When `x` has too few rows or columns for what was asked.
    fn fit(&self, x: ArrayView2<'_, f32>) -> Result<Self::Fitted, ReduceError>;
}

/// Why nothing could be learned.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReduceError {
    /// More components than the data has.
    #[error("{wanted} components asked of {rows} images with {columns} features")]
    TooFew { wanted: usize, rows: usize, columns: usize },
    /// Nothing to learn from.
    #[error("no images to learn from")]
    Empty,
}

/// A step of a fitted projection; see [`Projection`].
pub trait Transform {
    /// Maps `x` of shape `[n, n_features]` to `[n, n_components]`.
    fn transform(&self, x: ArrayView2<'_, f32>) -> Array2<f32>;
}
