//! Images as numbers.

use ndarray::{Array2, ArrayView2};

use super::ImageId;

/// One feature vector per image.
///
/// `values` has shape `[n_images, n_features]` and is finite; row `i` belongs to `ids[i]`.
/// [`Embeddings::new`] is the only way in, so code that holds one need not check again.
#[derive(Debug, Clone, PartialEq)]
pub struct Embeddings {
    ids: Vec<ImageId>,
    values: Array2<f32>,
}

/// Why numbers are not embeddings.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EmbeddingsError {
    /// Rows and ids must match.
    #[error("{rows} rows of features for {ids} images")]
    Rows { rows: usize, ids: usize },
    /// No feature may be NaN or infinite.
    #[error("feature {column} of image `{id}` is not finite")]
    NotFinite { id: ImageId, column: usize },
}

impl Embeddings {
    /// # Errors
    /// When the number of rows differs from the number of ids, or a value is not finite.
    pub fn new(ids: Vec<ImageId>, values: Array2<f32>) -> Result<Self, EmbeddingsError> {
        if ids.len() != values.nrows() {
            return Err(EmbeddingsError::Rows { rows: values.nrows(), ids: ids.len() });
        }
        for (row, id) in values.rows().into_iter().zip(&ids) {
            if let Some(column) = row.iter().position(|value| !value.is_finite()) {
                return Err(EmbeddingsError::NotFinite { id: *id, column });
            }
        }
        Ok(Self { ids, values })
    }

    /// Shape `[n_images, n_features]`.
    #[must_use]
    pub fn values(&self) -> ArrayView2<'_, f32> {
        self.values.view()
    }

    /// One id per row.
    #[must_use]
    pub fn ids(&self) -> &[ImageId] {
        &self.ids
    }

    /// The images of these rows.
    #[must_use]
    pub fn select(&self, rows: &[usize]) -> Self {
        let ids = rows.iter().map(|&row| self.ids[row]).collect();
        Self { ids, values: self.values.select(ndarray::Axis(0), rows) }
    }

    /// The array itself, shape `[n_images, n_features]`.
    #[must_use]
    pub fn into_values(self) -> Array2<f32> {
        self.values
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    #[test]
    fn refuses_what_is_not_finite_or_not_aligned() {
        let id = ImageId::of_bytes(b"a");
        assert!(Embeddings::new(vec![id], array![[1.0, 2.0]]).is_ok());
        assert_eq!(
            Embeddings::new(vec![id], array![[1.0, f32::NAN]]),
            Err(EmbeddingsError::NotFinite { id, column: 1 })
        );
        assert_eq!(Embeddings::new(vec![], array![[1.0]]), Err(EmbeddingsError::Rows { rows: 1, ids: 0 }));
    }
}
