//! The numbers of a network, by name: read from `.safetensors` or `.pth`, checked against the architecture.

mod file;
mod pickle;
mod pth;
mod spec;
#[cfg(test)]
mod tests;
mod zip;

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

pub use spec::{ChannelOrder, Variant, WeightsSpec};

use super::BackboneError;
use super::architecture::{Architecture, Conv};
use crate::memory::Bytes;

/// Bytes of a weights file: those of the largest network here in 64 bits are half as many.
const MOST_BYTES: u64 = 2 << 30;

/// An array in row-major order; `values.len()` is the product of `shape`.
#[derive(Debug, Clone, PartialEq)]
pub struct Tensor {
    /// Convolutions have `[outputs, inputs, rows, columns]`.
    pub shape: Vec<usize>,
    /// In 32 bits, whatever the file has.
    pub values: Vec<f32>,
}

/// The tensors of one file that a network uses, under the network's names.
///
/// Every tensor has the shape the network asks for and finite values; some may be missing, see [`Weights::require`].
#[derive(Debug, Clone, PartialEq)]
pub struct Weights {
    tensors: BTreeMap<String, Tensor>,
    source: PathBuf,
    metadata: BTreeMap<String, String>,
}

impl Weights {
    /// Reads what `architecture` uses from a file; prefixes such as `module.` are taken off the names.
    ///
    /// # Errors
    /// When the file cannot be read, is no weights file, or holds a tensor of another shape or with NaN.
    pub fn read(path: &Path, architecture: &Architecture) -> Result<Self, BackboneError> {
        let failed = |source| BackboneError::Io { doing: "cannot read weights", path: path.to_owned(), source };
        let bytes = std::fs::metadata(path).map_err(failed)?.len();
        if bytes > MOST_BYTES {
            let why = format!("it has {}, the weights of a network {} at most", Bytes(bytes), Bytes(MOST_BYTES));
            return Err(BackboneError::NotWeights { path: path.to_owned(), why });
        }
        let bytes = std::fs::read(path).map_err(failed)?;
        Self::from_bytes(&bytes, path, architecture)
    }

    /// As [`Weights::read`]; `source` is only named in messages.
    ///
    /// # Errors
    /// As [`Weights::read`].
    pub fn from_bytes(bytes: &[u8], source: &Path, architecture: &Architecture) -> Result<Self, BackboneError> {
        let not_weights = |why| BackboneError::NotWeights { path: source.to_owned(), why };
        let (all, metadata) = file::decode(bytes).map_err(not_weights)?;
        let wanted: BTreeMap<String, Vec<usize>> = architecture.convs().flat_map(tensors_of).collect();
        let prefix = prefix(&all, architecture);
        let mut tensors = BTreeMap::new();
        for (name, tensor) in all {
            let Some(name) = name.strip_prefix(prefix.as_str()) else { continue };
            let Some(shape) = wanted.get(name) else { continue };
            tensors.insert(name.to_owned(), fitted(tensor, name, shape, source)?);
        }
        Ok(Self { tensors, source: source.to_owned(), metadata })
    }

    /// The file they come from.
    #[must_use]
    pub fn source(&self) -> &Path {
        &self.source
    }

    /// The file's own words about itself.
    #[must_use]
    pub fn metadata(&self) -> &BTreeMap<String, String> {
        &self.metadata
    }

    /// By name, sorted.
    #[must_use]
    pub fn tensors(&self) -> &BTreeMap<String, Tensor> {
        &self.tensors
    }

    /// The values of a tensor.
    ///
    /// # Errors
    /// When the file has none of this name.
    pub fn get(&self, name: &str) -> Result<&[f32], BackboneError> {
        self.tensors
            .get(name)
            .map(|tensor| tensor.values.as_slice())
            .ok_or_else(|| BackboneError::MissingTensor { tensor: name.to_owned(), path: self.source.clone() })
    }

    /// A `.safetensors` file with every tensor in 32 bits, and `metadata` about itself.
    ///
    /// # Errors
    /// When the format cannot hold them; it always can.
    pub fn to_safetensors(&self, metadata: HashMap<String, String>) -> Result<Vec<u8>, BackboneError> {
        let tensors = self.tensors.iter().map(|(name, tensor)| (name.as_str(), file::StoredTensor(tensor)));
        safetensors::serialize(tensors, Some(metadata))
            .map_err(|error| BackboneError::NotWeights { path: self.source.clone(), why: error.to_string() })
    }

    /// Puts other `values` into the tensor of this name; does nothing where there is none or it is of another size.
    pub(super) fn replace(&mut self, name: &str, values: Vec<f32>) {
        if let Some(tensor) = self.tensors.get_mut(name).filter(|tensor| tensor.values.len() == values.len()) {
            tensor.values = values;
        }
    }

    /// The first tensor that `architecture` needs and the file lacks.
    #[must_use]
    pub fn first_missing(&self, architecture: &Architecture) -> Option<String> {
        architecture.convs().flat_map(tensors_of).map(|(name, _)| name).find(|name| !self.tensors.contains_key(name))
    }

    /// Names of the layers of `architecture` that the file has everything for.
    #[must_use]
    pub fn layers(&self, architecture: &Architecture) -> Vec<String> {
        let names = architecture.layers.iter().map(|layer| layer.name.clone());
        names.filter(|name| self.require(architecture, std::slice::from_ref(name)).is_ok()).collect()
    }

    /// The part of `architecture` that computes `layers`, for which the file has every tensor.
    ///
    /// # Errors
    /// When a layer is unknown, or a tensor is missing; the message says which layers the file does have.
    pub fn require(&self, architecture: &Architecture, layers: &[String]) -> Result<Architecture, BackboneError> {
        for layer in layers {
            let part = architecture.up_to(std::slice::from_ref(layer))?;
            if let Some(tensor) = self.first_missing(&part) {
                let others = architecture.layers.iter().map(|other| &other.name).filter(|other| *other != layer);
                let present = others.filter(|other| {
                    architecture
                        .up_to(std::slice::from_ref(other))
                        .is_ok_and(|part| self.first_missing(&part).is_none())
                });
                return Err(BackboneError::LayerMissing {
                    layer: layer.clone(),
                    tensor,
                    present: present.cloned().collect(),
                    path: self.source.clone(),
                });
            }
        }
        architecture.up_to(layers)
    }

    /// 16 hexadecimal digits that change whenever a tensor does; the same for `.pth` and `.safetensors` of one network.
    #[must_use]
    pub fn hash(&self) -> String {
        let mut hasher = blake3::Hasher::new();
        let mut bytes = Vec::new();
        for (name, tensor) in &self.tensors {
            hasher.update(name.as_bytes()).update(b"\0");
            bytes.clear();
            bytes.extend(tensor.values.iter().flat_map(|value| value.to_le_bytes()));
            hasher.update(&bytes);
        }
        hasher.finalize().to_hex()[..16].to_owned()
    }
}

/// Names and shapes of the tensors of a convolution and its batch norm.
pub(super) fn tensors_of(conv: &Conv) -> Vec<(String, Vec<usize>)> {
    let inputs = if conv.depthwise { 1 } else { conv.inputs };
    let mut tensors = vec![(format!("{}.weight", conv.name), vec![conv.outputs, inputs, conv.kernel, conv.kernel])];
    let vectors = match &conv.batch_norm {
        Some(norm) => {
            ["weight", "bias", "running_mean", "running_var"].map(|part| format!("{}.{part}", norm.name)).to_vec()
        }
        None => vec![format!("{}.bias", conv.name)],
    };
    tensors.extend(vectors.into_iter().map(|name| (name, vec![conv.outputs])));
    tensors
}

/// The prefix of the name of the network's first convolution; its shape tells it from others of that name.
fn prefix(all: &[(String, Tensor)], architecture: &Architecture) -> String {
    let Some((first, shape)) = architecture.convs().next().and_then(|conv| tensors_of(conv).into_iter().next()) else {
        return String::new();
    };
    all.iter()
        .filter(|(_, tensor)| tensor.shape == shape)
        .find_map(|(name, _)| name.strip_suffix(&first).filter(|prefix| prefix.is_empty() || prefix.ends_with('.')))
        .unwrap_or_default()
        .to_owned()
}

fn fitted(tensor: Tensor, name: &str, shape: &[usize], source: &Path) -> Result<Tensor, BackboneError> {
    // A fully connected layer `[outputs, inputs]` is a 1×1 convolution.
    let flat = |shape: &[usize]| shape.iter().copied().rev().skip_while(|&size| size == 1).collect::<Vec<_>>();
    if flat(&tensor.shape) != flat(shape) {
        return Err(BackboneError::WrongShape {
            tensor: name.to_owned(),
            expected: shape.to_vec(),
            found: tensor.shape,
            path: source.to_owned(),
        });
    }
    if !tensor.values.iter().all(|value| value.is_finite()) {
        return Err(BackboneError::NotFinite { tensor: name.to_owned(), path: source.to_owned() });
    }
    Ok(Tensor { shape: shape.to_vec(), ..tensor })
}
