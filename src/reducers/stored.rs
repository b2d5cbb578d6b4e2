//! A projection as a `.safetensors` file: arrays by step, and the kinds of the steps in the header.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use ndarray::{Array2, aview1};
use serde::{Deserialize, Serialize};

use crate::data::{ArraysError, ArraysReader, ArraysWriter};

use super::{Pca, Projection, RandomProjection, Standardizer, Step};

/// Key of the header entry that describes the chain.
const HEADER: &str = "rails.projection";
/// Grows when the layout changes.
const FORMAT: u32 = 1;

/// Why a projection could not be written or read.
#[derive(Debug, thiserror::Error)]
pub enum ProjectionFileError {
    /// The file cannot be written or read.
    #[error("the projection cannot be stored or read: {source}: `{}`", .path.display())]
    Io { path: PathBuf, source: io::Error },
    /// The bytes are no projection.
    #[error("not a projection: {0}")]
    Arrays(#[from] ArraysError),
    /// The header is not understood, or does not fit the arrays.
    #[error("not a projection: {0}")]
    Malformed(String),
    /// A newer program wrote it.
    #[error("projection format {found} is unknown: expected {FORMAT}")]
    Format { found: u32 },
}

impl ProjectionFileError {
    /// A hint: what to do about it.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Format { .. } => Some("use the version of rails that wrote the run, or cluster again".to_owned()),
            Self::Io { .. } | Self::Arrays(_) | Self::Malformed(_) => None,
        }
    }
}

#[derive(Serialize, Deserialize)]
struct Header {
    format: u32,
    n_features: usize,
    steps: Vec<StepKind>,
}

#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum StepKind {
    Normalize,
    Standardize,
    Clip,
    Pca,
    RandomProjection,
}

impl Projection {
    /// The contents of a `.safetensors` file.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut arrays = ArraysWriter::default();
        let mut steps = Vec::new();
        for (i, step) in self.steps.iter().enumerate() {
            let name = |name: &str| format!("{i}.{name}");
            steps.push(match step {
                Step::Normalize => StepKind::Normalize,
                Step::Standardize(fitted) => {
                    arrays.add(name("means"), aview1(&fitted.means));
                    arrays.add(name("scales"), aview1(&fitted.scales));
                    StepKind::Standardize
                }
                Step::Clip(most) => {
                    arrays.add(name("most"), aview1(&[f64::from(*most)]));
                    StepKind::Clip
                }
                Step::Pca(fitted) => {
                    arrays.add(name("means"), aview1(&fitted.means));
                    arrays.add(name("components"), fitted.components.view());
                    arrays.add(name("variances"), aview1(&fitted.variances));
                    arrays.add(name("total_variance"), aview1(&[fitted.total_variance]));
                    StepKind::Pca
                }
                Step::RandomProjection(fitted) => {
                    arrays.add(name("directions"), fitted.directions.view());
                    StepKind::RandomProjection
                }
            });
        }
        let header = Header { format: FORMAT, n_features: self.n_features, steps };
        let header = serde_json::to_string(&header).expect("plain numbers and names are valid JSON");
        arrays.into_bytes(Some((HEADER, header)))
    }

    /// The projection that [`Projection::to_bytes`] wrote.
    ///
    /// # Errors
    /// When the bytes are no projection, or one of an unknown format.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, ProjectionFileError> {
        let arrays = ArraysReader::new(bytes)?;
        let header: Header = serde_json::from_str(arrays.header(HEADER)?)
            .map_err(|error| ProjectionFileError::Malformed(error.to_string()))?;
        if header.format != FORMAT {
            return Err(ProjectionFileError::Format { found: header.format });
        }
        // Each step must fit the columns that the one before leaves.
        let mut columns = header.n_features;
        let mut steps = Vec::new();
        for (i, kind) in header.steps.into_iter().enumerate() {
            let fits = |name: &str, found: usize, expected: usize| {
                if found == expected {
                    return Ok(());
                }
                Err(ProjectionFileError::Malformed(format!("`{i}.{name}` has {found} numbers for {expected}")))
            };
            let numbers = |name: &str, len: usize| -> Result<Vec<f64>, ProjectionFileError> {
                let values = arrays.vector(&format!("{i}.{name}"))?.to_vec();
                fits(name, values.len(), len).map(|()| values)
            };
            let matrix = |name: &str| -> Result<Array2<f32>, ProjectionFileError> {
                let values: Array2<f32> = arrays.matrix(&format!("{i}.{name}"))?;
                fits(name, values.ncols(), columns).map(|()| values)
            };
            steps.push(match kind {
                StepKind::Normalize => Step::Normalize,
                StepKind::Standardize => Step::Standardize(Standardizer {
                    means: numbers("means", columns)?,
                    scales: numbers("scales", columns)?,
                }),
                StepKind::Clip => {
                    let most = numbers("most", 1)?[0] as f32;
                    if most.is_nan() || most <= 0.0 {
                        return Err(ProjectionFileError::Malformed(format!("`{i}.most` is {most}, not above 0")));
                    }
                    Step::Clip(most)
                }
                StepKind::Pca => {
                    let components = matrix("components")?;
                    let fitted = Pca {
                        means: numbers("means", columns)?,
                        variances: numbers("variances", components.nrows())?,
                        total_variance: numbers("total_variance", 1)?[0],
                        components,
                    };
                    columns = fitted.components.nrows();
                    Step::Pca(fitted)
                }
                StepKind::RandomProjection => {
                    let directions = matrix("directions")?;
                    columns = directions.nrows();
                    Step::RandomProjection(RandomProjection { directions })
                }
            });
        }
        Ok(Self { n_features: header.n_features, steps })
    }

    /// Writes a `.safetensors` file.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn save(&self, path: &Path) -> Result<(), ProjectionFileError> {
        let io = |source| ProjectionFileError::Io { path: path.to_owned(), source };
        fs::write(path, self.to_bytes()).map_err(io)
    }

    /// Reads what [`Projection::save`] wrote.
    ///
    /// # Errors
    /// When the file cannot be read or holds no projection.
    pub fn load(path: &Path) -> Result<Self, ProjectionFileError> {
        let io = |source| ProjectionFileError::Io { path: path.to_owned(), source };
        Self::from_bytes(&fs::read(path).map_err(io)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reducers::Reduction;

    #[test]
    fn a_saved_projection_is_loaded() {
        let x = Array2::from_shape_fn((50, 20), |(i, j)| ((i * 13 + j * 7 + i * i * j) % 23) as f32);
        let (projection, reduced) = Reduction::default().fit_transform(x.view(), 1).unwrap();
        let further = Reduction { standardize: true, ..Reduction::default() };
        let projection = projection.clipped(0.1).then(further.fit_transform(reduced.view(), 1).unwrap().0);
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("projection.safetensors");
        projection.save(&path).unwrap();
        assert_eq!(Projection::load(&path).unwrap(), projection);
    }

    #[test]
    fn refuses_other_files() {
        assert!(matches!(Projection::from_bytes(b"nothing"), Err(ProjectionFileError::Arrays(_))));
        let bytes = |header| {
            let mut arrays = ArraysWriter::default();
            arrays.add("a", aview1(&[1.0]));
            arrays.into_bytes(header)
        };
        let other = bytes(None);
        assert!(Projection::from_bytes(&other).unwrap_err().to_string().contains("rails.projection"));
        assert!(
            Projection::load(Path::new("missing.safetensors"))
                .unwrap_err()
                .to_string()
                .ends_with("`missing.safetensors`")
        );
        let newer = bytes(Some((HEADER, r#"{"format":2,"n_features":1,"steps":[]}"#.to_owned())));
        assert!(matches!(Projection::from_bytes(&newer), Err(ProjectionFileError::Format { found: 2 })));
    }
}
