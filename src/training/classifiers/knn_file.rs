//! A [`Knn`] as the bytes of a safetensors file, `model.safetensors` of a checkpoint.
//!
//! One tensor of bytes, `neighbours`, is the file of [`TrainingNeighbours`]; another, `knn`, the rest as JSON text.

use std::num::NonZeroUsize;

use ndarray::aview1;
use serde::{Deserialize, Serialize};

use super::knn::{Knn, Votes};
use crate::data::{ArraysReader, ArraysWriter};
use crate::training::ClassifierError;
use crate::training::neighbours::TrainingNeighbours;

const VOTE: &str = "knn";
const NEIGHBOURS: &str = "neighbours";

/// The settings of the vote: all but the training images.
#[derive(Serialize, Deserialize)]
struct Vote {
    n_classes: usize,
    k: NonZeroUsize,
    votes: Votes,
}

impl Knn {
    /// Whether a file holds one.
    pub(super) fn is_one(bytes: &[u8]) -> bool {
        ArraysReader::new(bytes).is_ok_and(|arrays| arrays.names().contains(&VOTE))
    }

    /// The content of `model.safetensors`.
    #[must_use]
    pub fn to_safetensors(&self) -> Vec<u8> {
        let vote = Vote { n_classes: self.n_classes, k: self.k, votes: self.votes };
        let text = serde_json::to_vec(&vote).expect("plain data has a JSON form");
        let mut arrays = ArraysWriter::default();
        arrays.add(NEIGHBOURS, aview1(&self.neighbours.to_safetensors()));
        arrays.add(VOTE, aview1(&text));
        arrays.into_bytes(None)
    }

    /// Reads the content of `model.safetensors`.
    ///
    /// # Errors
    /// When the bytes are truncated or no safetensors file, or what they hold does not fit together.
    pub fn from_safetensors(bytes: &[u8]) -> Result<Self, ClassifierError> {
        let arrays = ArraysReader::new(bytes)?;
        let Vote { n_classes, k, votes } = serde_json::from_slice(&arrays.vector::<u8>(VOTE)?.to_vec())
            .map_err(|error| ClassifierError::Text { part: VOTE, reason: error.to_string() })?;
        let neighbours = TrainingNeighbours::from_safetensors(&arrays.vector::<u8>(NEIGHBOURS)?.to_vec())?;
        if neighbours.references().iter().any(|reference| reference.class.0 >= n_classes) {
            return Err(ClassifierError::Unknown("a class of the training images".to_owned()));
        }
        Ok(Self { neighbours, n_classes, k, votes })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{ClassId, ImageId};
    use crate::training::{KnnRecipe, TrainingSet};

    #[test]
    fn a_damaged_file_is_refused() {
        let x = ndarray::array![[0.0, 1.0], [1.0, 0.0]];
        let ids = [1_u8, 2].map(|i| ImageId::of_bytes(&[i]));
        let (y, classes) = ([0, 1].map(ClassId), ["a", "b"].map(str::to_owned));
        let data = TrainingSet { ids: &ids, x: x.view(), y: &y, classes: &classes, weights: None };
        let knn = Knn::fit(&KnnRecipe::default(), &data, &[0, 1], 0);
        let bytes = knn.to_safetensors();
        assert_eq!(Knn::from_safetensors(&bytes), Ok(knn.clone()));
        assert!((0..bytes.len()).all(|length| Knn::from_safetensors(&bytes[..length]).is_err()));
        let fewer = Knn { n_classes: 1, ..knn }.to_safetensors();
        let error = Knn::from_safetensors(&fewer).unwrap_err().to_string();
        assert_eq!(error, "`a class of the training images` does not belong to a classifier");
    }
}
