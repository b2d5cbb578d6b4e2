//! A trained classifier of any kind, as a checkpoint keeps it.

use ndarray::{Array2, ArrayView2};

use super::head::Head;
use super::knn::Knn;
use crate::training::ClassifierError;

/// A trained classifier on feature vectors.
#[derive(Debug, Clone, PartialEq)]
pub enum Classifier {
    /// A linear classifier or a multilayer perceptron.
    Mlp(Head),
    /// The training images nearest by vote.
    Knn(Knn),
}

impl Classifier {
    /// Length of the feature vectors it was trained on.
    #[must_use]
    pub fn n_features(&self) -> usize {
        match self {
            Self::Mlp(head) => head.n_features(),
            Self::Knn(knn) => knn.n_features(),
        }
    }

    /// Number of classes it tells apart.
    #[must_use]
    pub fn n_classes(&self) -> usize {
        match self {
            Self::Mlp(head) => head.n_classes(),
            Self::Knn(knn) => knn.n_classes(),
        }
    }

    /// The linear classifier or multilayer perceptron, where it is one.
    #[must_use]
    pub fn mlp(&self) -> Option<&Head> {
        match self {
            Self::Mlp(head) => Some(head),
            Self::Knn(_) => None,
        }
    }

    /// Score of each class, `[n, n_classes]`, for `x` of shape `[n, n_features]`; softmax makes probabilities of it.
    ///
    /// # Errors
    /// When `x` has another number of features than the classifier was trained on.
    pub fn logits(&self, x: ArrayView2<'_, f32>) -> Result<Array2<f32>, ClassifierError> {
        match self {
            Self::Mlp(head) => head.logits(x),
            Self::Knn(knn) => knn.logits(x),
        }
    }

    /// Probability of each class, `[n, n_classes]`, for `x` of shape `[n, n_features]`; each row sums to 1.
    ///
    /// # Errors
    /// When `x` has another number of features than the classifier was trained on.
    pub fn probabilities(&self, x: ArrayView2<'_, f32>) -> Result<Array2<f32>, ClassifierError> {
        match self {
            Self::Mlp(head) => head.probabilities(x),
            Self::Knn(knn) => knn.probabilities(x),
        }
    }

    /// The content of `model.safetensors`.
    #[must_use]
    pub fn to_safetensors(&self) -> Vec<u8> {
        match self {
            Self::Mlp(head) => head.to_safetensors(),
            Self::Knn(knn) => knn.to_safetensors(),
        }
    }

    /// Reads the content of `model.safetensors`.
    ///
    /// # Errors
    /// When the bytes are truncated, or tensors are missing, of another type or shape, not finite or of something else.
    pub fn from_safetensors(bytes: &[u8]) -> Result<Self, ClassifierError> {
        if Knn::is_one(bytes) {
            return Knn::from_safetensors(bytes).map(Self::Knn);
        }
        Head::from_safetensors(bytes).map(Self::Mlp)
    }
}

impl From<Head> for Classifier {
    fn from(head: Head) -> Self {
        Self::Mlp(head)
    }
}
