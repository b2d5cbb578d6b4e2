//! [`TrainingNeighbours`] as the bytes of a safetensors file, `neighbours.safetensors` of a checkpoint.
//!
//! Tensors: `points` `[n, n_features]`, `own` `[n, 3]` (their distances to each other), `standardizer.mean` and `.scale` where features are standardised, all f32; and
//! `description`, the rest as JSON text.

use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors};
use serde::{Deserialize, Serialize};

use super::head_file::{matrix, vector};
use super::neighbours::{Metric, Reference, SCALES, TrainingNeighbours};
use super::{HeadError, Standardizer};

/// What is no number.
#[derive(Serialize, Deserialize)]
struct Description {
    metric: Metric,
    n_training: usize,
    references: Vec<Reference>,
}

impl TrainingNeighbours {
    /// The content of `neighbours.safetensors`.
    #[must_use]
    pub fn to_safetensors(&self) -> Vec<u8> {
        let bytes =
            |values: &mut dyn Iterator<Item = &f32>| -> Vec<u8> { values.flat_map(|v| v.to_le_bytes()).collect() };
        let description =
            Description { metric: self.metric, n_training: self.n_training, references: self.references.clone() };
        let text = serde_json::to_vec(&description).expect("plain data has a JSON form");
        let mut tensors = vec![
            ("description", Dtype::U8, vec![text.len()], text),
            ("own", Dtype::F32, self.own.shape().to_vec(), bytes(&mut self.own.iter())),
            ("points", Dtype::F32, self.points.shape().to_vec(), bytes(&mut self.points.iter())),
        ];
        if let Some(Standardizer { mean, scale }) = &self.standardizer {
            tensors.push(("standardizer.mean", Dtype::F32, vec![mean.len()], bytes(&mut mean.iter())));
            tensors.push(("standardizer.scale", Dtype::F32, vec![scale.len()], bytes(&mut scale.iter())));
        }
        let views = tensors.iter().map(|(name, dtype, shape, bytes)| {
            (*name, TensorView::new(*dtype, shape.clone(), bytes).expect("as many bytes as the shape says"))
        });
        safetensors::serialize(views, None).expect("names and shapes are valid")
    }

    /// Reads the content of `neighbours.safetensors`.
    ///
    /// # Errors
    /// When the bytes are truncated or no safetensors file, or what they hold does not fit together.
    pub fn from_safetensors(bytes: &[u8]) -> Result<Self, HeadError> {
        let file = SafeTensors::deserialize(bytes).map_err(|e| HeadError::NotSafetensors(e.to_string()))?;
        let text = file.tensor("description").map_err(|_| HeadError::Missing("description".to_owned()))?;
        let Description { metric, n_training, references } =
            serde_json::from_slice(text.data()).map_err(|e| HeadError::NotSafetensors(e.to_string()))?;
        let points = matrix(&file, "points")?;
        let expected = vec![references.len(), points.ncols()];
        let check = |tensor: &str, shape: &[usize], expected: &[usize], finite: bool| match finite {
            _ if shape != expected => {
                Err(HeadError::Shape { tensor: tensor.to_owned(), shape: shape.to_vec(), expected: expected.to_vec() })
            }
            true => Ok(()),
            false => Err(HeadError::NotFinite(tensor.to_owned())),
        };
        check("points", points.shape(), &expected, points.iter().all(|v| v.is_finite()))?;
        let own = matrix(&file, "own")?;
        check("own", own.shape(), &[references.len(), SCALES.len()], own.iter().all(|v| v.is_finite()))?;
        let standardizer = if file.names().iter().any(|name| name.starts_with("standardizer.")) {
            let (mean, scale) = (vector(&file, "standardizer.mean")?, vector(&file, "standardizer.scale")?);
            check("standardizer.mean", mean.shape(), &expected[1..], mean.iter().all(|v| v.is_finite()))?;
            let usable = scale.iter().all(|v| v.is_finite() && *v > 0.0);
            check("standardizer.scale", scale.shape(), &expected[1..], usable)?;
            Some(Standardizer { mean, scale })
        } else {
            None
        };
        Ok(Self { metric, standardizer, points, references, own, n_training })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{ClassId, ImageId};
    use ndarray::array;

    fn neighbours(standardizer: Option<Standardizer>) -> TrainingNeighbours {
        let reference = |path: &str| Reference {
            id: ImageId::of_bytes(path.as_bytes()),
            path: path.to_owned(),
            class: ClassId(path.len()),
        };
        TrainingNeighbours {
            metric: Metric::Cosine,
            standardizer,
            points: array![[1.0, 2.0], [0.5, -1.0]],
            references: vec![reference("a \"b\"\n.png"), reference("é.png")],
            own: array![[0.1, 0.2, 0.3], [0.1, 0.2, 0.4]],
            n_training: 7,
        }
    }

    #[test]
    fn what_is_written_is_read_to_the_bit() {
        for standardizer in [None, Some(Standardizer { mean: array![0.1, 0.2], scale: array![1.0, 3.0] })] {
            let written = neighbours(standardizer);
            assert_eq!(TrainingNeighbours::from_safetensors(&written.to_safetensors()), Ok(written));
        }
    }

    #[test]
    fn every_truncation_and_what_does_not_fit_is_refused() {
        let bytes = neighbours(None).to_safetensors();
        for length in 0..bytes.len() {
            assert!(TrainingNeighbours::from_safetensors(&bytes[..length]).is_err(), "{length}");
        }
        let mut short = neighbours(None);
        short.references.pop();
        let error = TrainingNeighbours::from_safetensors(&short.to_safetensors()).unwrap_err();
        assert_eq!(error.to_string(), "`points` has shape `[2, 2]`: expected `[1, 2]`");
        let mut sick = neighbours(None);
        sick.points[[0, 0]] = f32::NAN;
        let error = TrainingNeighbours::from_safetensors(&sick.to_safetensors()).unwrap_err();
        assert_eq!(error, HeadError::NotFinite("points".to_owned()));
    }
}
