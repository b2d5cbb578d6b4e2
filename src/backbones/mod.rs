//! Networks that turn an image into a vector: described once, run by two engines.
//!
//! [`Architecture`] is a network as data, [`Weights`] are its numbers. [`native::Native`] runs both on the CPU,
//! [`network::Network`] is the same as a burn module, for CUDA; [`trainable::Trainable`] is the part that fine-tuning
//! changes.

pub mod architecture;
mod builder;
mod efficientnet;
mod error;
mod fold;
mod graph;
mod import;
mod models;
pub mod native;
pub mod network;
mod pull;
mod resnet;
#[cfg(test)]
pub(crate) mod seeded;
mod stages;
#[cfg(test)]
mod tests;
pub mod trainable;
mod vgg;
pub mod weights;

use std::collections::HashMap;
use std::fmt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

pub use architecture::Architecture;
pub use error::BackboneError;
pub use import::{ImportedNetwork, import};
pub use models::{Model, WeightsAt, list};
use native::Native;
pub use pull::{FetchError, Hub, HubFile, PullError, pull};
pub use weights::{ChannelOrder, Variant, Weights, WeightsSpec};

/// The networks there are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BackboneName {
    /// Small and fast; its weights are part of the program.
    #[default]
    EfficientnetLite0,
    /// The network of the reference notebook.
    Resnet50,
    /// Wide and slow, known for its texture features.
    Vgg16,
}

impl BackboneName {
    /// Every network.
    pub const ALL: [Self; 3] = [Self::EfficientnetLite0, Self::Resnet50, Self::Vgg16];

    /// As in recipes and on the command line.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::EfficientnetLite0 => "efficientnet-lite0",
            Self::Resnet50 => "resnet50",
            Self::Vgg16 => "vgg16",
        }
    }

    /// The layer taken where a recipe names none.
    #[must_use]
    pub const fn default_layer(self) -> &'static str {
        match self {
            Self::EfficientnetLite0 | Self::Vgg16 => "head",
            Self::Resnet50 => "conv4_block6_out",
        }
    }

    /// Where an imported file lies.
    #[must_use]
    pub fn file_in(self, checkpoints: &Path) -> PathBuf {
        checkpoints.join(format!("{self}.safetensors"))
    }
}

impl fmt::Display for BackboneName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A network with its weights, ready to become an engine.
#[derive(Debug, Clone)]
pub struct Backbone {
    name: BackboneName,
    variant: Variant,
    architecture: Architecture,
    weights: Weights,
    hash: String,
}

impl Backbone {
    /// From `checkpoints/<name>.safetensors`, or from the program where it has the weights and the file is not there.
    ///
    /// # Errors
    /// When there are no weights, or the file is not right.
    pub fn load(name: BackboneName, checkpoints: &Path) -> Result<Self, BackboneError> {
        let path = name.file_in(checkpoints);
        match (path.exists(), name) {
            (true, _) => Self::open(name, &path, None),
            (false, BackboneName::EfficientnetLite0) => Self::embedded(),
            (false, _) => Err(BackboneError::NoWeights { name, path }),
        }
    }

    /// Bytes that a network takes whose weights are in `file`, about: its numbers as they are read, folded, and packed for
    /// the processor; without such a file those of the default backbone.
    #[must_use]
    pub fn memory(file: &Path) -> u64 {
        let embedded = 2 * railbed_weights::EFFICIENTNET_LITE0.len() as u64; // numbers of 16 bits
        std::fs::metadata(file).map_or(embedded, |file| file.len()).saturating_mul(3)
    }

    /// The default backbone, from the program itself.
    ///
    /// # Errors
    /// Never in a sound build; a test loads it.
    pub fn embedded() -> Result<Self, BackboneError> {
        let name = BackboneName::EfficientnetLite0;
        let architecture = Architecture::of(name, Variant::Tensorflow);
        let weights = Weights::from_bytes(railbed_weights::EFFICIENTNET_LITE0, Path::new("<embedded>"), &architecture)?;
        Self::new(name, Variant::Tensorflow, weights)
    }

    /// From any file; without `variant`, the one the file tells of (see [`Variant::guess`]).
    ///
    /// # Errors
    /// When the file is not right, or the network has no such variant.
    pub fn open(name: BackboneName, path: &Path, variant: Option<Variant>) -> Result<Self, BackboneError> {
        // The variant changes neither names nor shapes of tensors.
        let architecture = Architecture::of(name, variant.unwrap_or(Variant::of(name)[0]));
        let weights = Weights::read(path, &architecture)?;
        let variant = variant.unwrap_or_else(|| Variant::guess(name, &weights));
        Self::new(name, variant, weights)
    }

    /// # Errors
    /// When the network has no such variant, or the weights have none of its layers.
    pub fn new(name: BackboneName, variant: Variant, weights: Weights) -> Result<Self, BackboneError> {
        let known = Variant::of(name);
        if !known.contains(&variant) {
            return Err(BackboneError::UnknownVariant {
                name,
                variant: variant.as_str(),
                known: known.iter().map(|variant| variant.as_str().to_owned()).collect(),
            });
        }
        let architecture = Architecture::of(name, variant);
        if weights.layers(&architecture).is_empty() {
            let tensor = weights.first_missing(&architecture).unwrap_or_default();
            return Err(BackboneError::OtherNetwork { name, tensor, path: weights.source().to_owned() });
        }
        let hash = weights.hash();
        Ok(Self { name, variant, architecture, weights, hash })
    }

    /// The same network with weights that it learned.
    ///
    /// # Errors
    /// When they are another network's.
    pub fn with_weights(&self, weights: Weights) -> Result<Self, BackboneError> {
        Self::new(self.name, self.variant, weights)
    }

    /// The weights as a `.safetensors` file that [`Backbone::open`] reads.
    ///
    /// # Errors
    /// When the format cannot hold them; it always can.
    pub fn to_safetensors(&self) -> Result<Vec<u8>, BackboneError> {
        // One entry: the format writes several in any order, and the same weights are to be the same bytes.
        let variant = self.variant.as_str().to_owned();
        self.weights.to_safetensors(HashMap::from([("rails.variant".to_owned(), variant)]))
    }

    /// Which network.
    #[must_use]
    pub const fn name(&self) -> BackboneName {
        self.name
    }

    /// Which training of it.
    #[must_use]
    pub const fn variant(&self) -> Variant {
        self.variant
    }

    /// The input that the weights expect.
    #[must_use]
    pub fn spec(&self) -> WeightsSpec {
        WeightsSpec::of(self.variant)
    }

    /// The whole network, also what the weights lack.
    #[must_use]
    pub const fn architecture(&self) -> &Architecture {
        &self.architecture
    }

    /// Its numbers.
    #[must_use]
    pub const fn weights(&self) -> &Weights {
        &self.weights
    }

    /// See [`Weights::hash`].
    #[must_use]
    pub fn hash(&self) -> &str {
        &self.hash
    }

    /// The layers the weights suffice for, from shallow to deep.
    #[must_use]
    pub fn layers(&self) -> Vec<String> {
        self.weights.layers(&self.architecture)
    }

    /// The CPU engine, as deep as `layers` need.
    ///
    /// # Errors
    /// When a layer is unknown or the weights lack it.
    pub fn native(&self, layers: &[String]) -> Result<Native, BackboneError> {
        Native::new(&self.weights.require(&self.architecture, layers)?, &self.weights, &self.spec())
    }
}
