//! A projection as a `.safetensors` file: arrays by step, and the kinds of the steps in the header.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use ndarray::Array2;
use safetensors::tensor::{Dtype, SafeTensors, View, serialize};
use serde::{Deserialize, Serialize};

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
    Malformed(String),
    /// A newer program wrote it.
    #[error("projection format {found} is unknown: expected {FORMAT}")]
    Format { found: u32 },
}

impl ProjectionFileError {
    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Format { .. } => Some("use the version of rails that wrote the run, or cluster again".to_owned()),
            Self::Io { .. } | Self::Malformed(_) => None,
        }
    }
}

#[derive(Serialize, Deserialize)]
struct Header {
    format: u32,
    n_features: usize,
    steps: Vec<Kind>,
}

#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    Normalize,
    Standardize,
    Pca,
    RandomProjection,
}

/// An array on its way into a file, little-endian.
struct Stored {
    dtype: Dtype,
    shape: Vec<usize>,
    bytes: Vec<u8>,
}

impl Stored {
    fn numbers(values: &[f64]) -> Self {
        let bytes = values.iter().flat_map(|v| v.to_le_bytes()).collect();
        Self { dtype: Dtype::F64, shape: vec![values.len()], bytes }
    }

    fn matrix(values: &Array2<f32>) -> Self {
        let bytes = values.iter().flat_map(|v| v.to_le_bytes()).collect();
        Self { dtype: Dtype::F32, shape: values.shape().to_vec(), bytes }
    }
}

impl View for Stored {
    fn dtype(&self) -> Dtype {
        self.dtype
    }

    fn shape(&self) -> &[usize] {
        &self.shape
    }

    fn data(&self) -> Cow<'_, [u8]> {
        Cow::Borrowed(&self.bytes)
    }

    fn data_len(&self) -> usize {
        self.bytes.len()
    }
}

impl Projection {
    /// The contents of a `.safetensors` file.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut arrays = Vec::new();
        let mut steps = Vec::new();
        for (i, step) in self.steps.iter().enumerate() {
            let mut add = |name: &str, array: Stored| arrays.push((format!("{i}.{name}"), array));
            steps.push(match step {
                Step::Normalize => Kind::Normalize,
                Step::Standardize(fitted) => {
                    add("means", Stored::numbers(&fitted.means));
                    add("scales", Stored::numbers(&fitted.scales));
                    Kind::Standardize
                }
                Step::Pca(fitted) => {
                    add("means", Stored::numbers(&fitted.means));
                    add("components", Stored::matrix(&fitted.components));
                    add("variances", Stored::numbers(&fitted.variances));
                    add("total_variance", Stored::numbers(&[fitted.total_variance]));
                    Kind::Pca
                }
                Step::RandomProjection(fitted) => {
                    add("directions", Stored::matrix(&fitted.directions));
                    Kind::RandomProjection
                }
            });
        }
        let header = Header { format: FORMAT, n_features: self.n_features, steps };
        let header = serde_json::to_string(&header).expect("plain numbers and names are valid JSON");
        serialize(arrays, Some(HashMap::from([(HEADER.to_owned(), header)])))
            .expect("names, shapes and sizes are consistent by construction")
    }

    /// The projection that [`Projection::to_bytes`] wrote.
    ///
    /// # Errors
    /// When the bytes are no projection, or one of an unknown format.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, ProjectionFileError> {
        let malformed = |why: String| ProjectionFileError::Malformed(why);
        let arrays = SafeTensors::deserialize(bytes).map_err(|e| malformed(e.to_string()))?;
        let (_, metadata) = SafeTensors::read_metadata(bytes).map_err(|e| malformed(e.to_string()))?;
        let header = metadata.metadata().as_ref().and_then(|all| all.get(HEADER));
        let header = header.ok_or_else(|| malformed(format!("no `{HEADER}` in the header")))?;
        let header: Header = serde_json::from_str(header).map_err(|e| malformed(e.to_string()))?;
        if header.format != FORMAT {
            return Err(ProjectionFileError::Format { found: header.format });
        }
        let mut columns = header.n_features;
        let mut steps = Vec::new();
        for (i, kind) in header.steps.into_iter().enumerate() {
            let numbers = |name: &str, len| read(&arrays, &format!("{i}.{name}"), &[Some(len)], f64::from_le_bytes);
            let matrix = |name: &str| -> Result<Array2<f32>, ProjectionFileError> {
                let (shape, values) =
                    read(&arrays, &format!("{i}.{name}"), &[None, Some(columns)], f32::from_le_bytes)?;
                Array2::from_shape_vec((shape[0], shape[1]), values).map_err(|e| malformed(e.to_string()))
            };
            steps.push(match kind {
                Kind::Normalize => Step::Normalize,
                Kind::Standardize => Step::Standardize(Standardizer {
                    means: numbers("means", columns)?.1,
                    scales: numbers("scales", columns)?.1,
                }),
                Kind::Pca => {
                    let components = matrix("components")?;
                    let fitted = Pca {
                        means: numbers("means", columns)?.1,
                        variances: numbers("variances", components.nrows())?.1,
                        total_variance: numbers("total_variance", 1)?.1[0],
                        components,
                    };
                    columns = fitted.components.nrows();
                    Step::Pca(fitted)
                }
                Kind::RandomProjection => {
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

/// Shape and values of array `name`, whose sizes must be those given (`None`: any).
fn read<const N: usize, T>(
    arrays: &SafeTensors<'_>,
    name: &str,
    sizes: &[Option<usize>],
    number: fn([u8; N]) -> T,
) -> Result<(Vec<usize>, Vec<T>), ProjectionFileError> {
    let array = arrays.tensor(name).map_err(|e| ProjectionFileError::Malformed(e.to_string()))?;
    let shape = array.shape();
    let fits =
        shape.len() == sizes.len() && shape.iter().zip(sizes).all(|(&has, wants)| wants.is_none_or(|w| w == has));
    let dtype = if N == 8 { Dtype::F64 } else { Dtype::F32 };
    if !fits || array.dtype() != dtype {
        return Err(ProjectionFileError::Malformed(format!("`{name}` has shape {shape:?} of {:?}", array.dtype())));
    }
    Ok((shape.to_vec(), array.data().as_chunks::<N>().0.iter().map(|bytes| number(*bytes)).collect()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reducers::{Method, Reduction};

    #[test]
    fn a_stored_projection_maps_new_images_to_the_same_bits() {
        let x = Array2::from_shape_fn((50, 20), |(i, j)| ((i * 13 + j * 7 + i * i * j) % 23) as f32);
        for method in [Method::Pca, Method::RandomProjection, Method::None] {
            let recipe =
                Reduction { standardize: true, method, n_components: 5.try_into().unwrap(), ..Reduction::default() };
            let (projection, reduced) = recipe.fit_transform(x.view(), 1).unwrap();
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("projection.safetensors");
            projection.save(&path).unwrap();
            let again = Projection::load(&path).unwrap();
            assert_eq!(again, projection);
            assert_eq!(again.transform(x.view()).unwrap(), reduced);
        }
    }

    #[test]
    fn refuses_other_files() {
        assert!(matches!(Projection::from_bytes(b"nothing"), Err(ProjectionFileError::Malformed(_))));
        let other = serialize([("a", Stored::numbers(&[1.0]))], None).unwrap();
        assert!(Projection::from_bytes(&other).unwrap_err().to_string().contains("rails.projection"));
        assert!(
            Projection::load(Path::new("missing.safetensors"))
                .unwrap_err()
                .to_string()
                .ends_with("`missing.safetensors`")
        );
        let newer = HashMap::from([(HEADER.to_owned(), r#"{"format":2,"n_features":1,"steps":[]}"#.to_owned())]);
        let newer = serialize([("a", Stored::numbers(&[1.0]))], Some(newer)).unwrap();
        assert!(matches!(Projection::from_bytes(&newer), Err(ProjectionFileError::Format { found: 2 })));
    }
}
