//! [`TrainingNeighbours`] as the bytes of a safetensors file, `neighbours.safetensors` of a checkpoint.
//!
//! Tensors: `points` `[n, n_features]`, `own` `[n, 3]` (their distances to each other), `standardizer.mean` and
//! `.scale` where features are standardised, all f32; and `description`, the rest as JSON text.

use ndarray::aview1;
use serde::{Deserialize, Serialize};

use super::{Metric, Reference, SCALES, TrainingNeighbours};
use crate::data::{ArraysReader, ArraysWriter};
use crate::training::ClassifierError;
use crate::training::fitting::InputStandardizer;

const DESCRIPTION: &str = "description";

/// All but the numbers.
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
        let description =
            Description { metric: self.metric, n_training: self.n_training, references: self.references.clone() };
        let text = serde_json::to_vec(&description).expect("plain data has a JSON form");
        let mut arrays = ArraysWriter::default();
        arrays.add(DESCRIPTION, aview1(&text));
        arrays.add("own", self.own.view());
        arrays.add("points", self.points.view());
        if let Some(standardizer) = &self.standardizer {
            standardizer.write(&mut arrays);
        }
        arrays.into_bytes(None)
    }

    /// Reads the content of `neighbours.safetensors`.
    ///
    /// # Errors
    /// When the bytes are truncated or no safetensors file, or what they hold does not fit together.
    pub fn from_safetensors(bytes: &[u8]) -> Result<Self, ClassifierError> {
        let arrays = ArraysReader::new(bytes)?;
        let text = arrays.vector::<u8>(DESCRIPTION)?.to_vec();
        let Description { metric, n_training, references } = serde_json::from_slice(&text)
            .map_err(|error| ClassifierError::Text { part: DESCRIPTION, reason: error.to_string() })?;
        let points = arrays.matrix::<f32>("points")?;
        let expected = vec![references.len(), points.ncols()];
        let check = |tensor: &str, shape: &[usize], expected: &[usize], finite: bool| match finite {
            _ if shape != expected => Err(ClassifierError::Shape {
                tensor: tensor.to_owned(),
                shape: shape.to_vec(),
                expected: expected.to_vec(),
            }),
            true => Ok(()),
            false => Err(ClassifierError::NotFinite(tensor.to_owned())),
        };
        check("points", points.shape(), &expected, points.iter().all(|v| v.is_finite()))?;
        let own = arrays.matrix::<f32>("own")?;
        check("own", own.shape(), &[references.len(), SCALES.len()], own.iter().all(|v| v.is_finite()))?;
        let standardizer = InputStandardizer::read(&arrays)?;
        if let Some(InputStandardizer { mean, scale }) = &standardizer {
            check("standardizer.mean", mean.shape(), &expected[1..], mean.iter().all(|v| v.is_finite()))?;
            let usable = scale.iter().all(|v| v.is_finite() && *v > 0.0);
            check("standardizer.scale", scale.shape(), &expected[1..], usable)?;
        }
        Ok(Self { metric, standardizer, points, references, own, n_training })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{ClassId, ImageId};
    use ndarray::array;

    fn neighbours(standardizer: Option<InputStandardizer>) -> TrainingNeighbours {
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
        for standardizer in [None, Some(InputStandardizer { mean: array![0.1, 0.2], scale: array![1.0, 3.0] })] {
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
        assert_eq!(error, ClassifierError::NotFinite("points".to_owned()));
    }
}
