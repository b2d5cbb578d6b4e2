//! Errors of backbones.

use std::path::PathBuf;

use super::BackboneName;
use super::architecture::SMALLEST;

/// Why a backbone cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum BackboneError {
    /// Its weights are not part of the program and no file is there.
    #[error("no weights for `{name}`: `{}` does not exist", path.display())]
    NoWeights { name: BackboneName, path: PathBuf },
    /// The disk says no.
    #[error("{doing}: {source}: `{}`", path.display())]
    Io { doing: &'static str, path: PathBuf, source: std::io::Error },
    /// The file holds something else, or is damaged.
    #[error("not a weights file: {why}: `{}`", path.display())]
    NotWeights { path: PathBuf, why: String },
    /// The file has weights, but none of this network's layers.
    #[error("these are not the weights of `{name}`: tensor `{tensor}` is missing: `{}`", path.display())]
    OtherNetwork { name: BackboneName, tensor: String, path: PathBuf },
    /// A tensor is not there.
    #[error("tensor `{tensor}` is missing: `{}`", path.display())]
    MissingTensor { tensor: String, path: PathBuf },
    /// A tensor belongs to another network.
    #[error("tensor `{tensor}` has shape {found:?}, expected {expected:?}: `{}`", path.display())]
    WrongShape { tensor: String, expected: Vec<usize>, found: Vec<usize>, path: PathBuf },
    /// A tensor holds NaN or infinity.
    #[error("tensor `{tensor}` holds values that are not finite: `{}`", path.display())]
    NotFinite { tensor: String, path: PathBuf },
    /// The file does not reach as deep as asked.
    #[error(
        "the weights lack layer `{layer}` (tensor `{tensor}`), they have {}: `{}`",
        quoted(present), path.display()
    )]
    LayerMissing { layer: String, tensor: String, present: Vec<String>, path: PathBuf },
    /// The network has no such layer.
    #[error("unknown layer `{layer}`, expected one of {}", quoted(known))]
    UnknownLayer { layer: String, known: Vec<String> },
    /// The rest of the network behind a layer needs more than that layer's map.
    #[error("the network cannot be cut behind layer `{0}`")]
    NotAStage(String),
    /// A network without layers computes nothing.
    #[error("no layers are asked for")]
    NoLayers,
    /// The network does not come in this variant.
    #[error("`{name}` has no variant `{variant}`, expected one of {}", quoted(known))]
    UnknownVariant { name: BackboneName, variant: &'static str, known: Vec<String> },
    /// An image that was not prepared for this network.
    #[error("an image of shape {found:?}, expected a square of at least {SMALLEST} pixels a side and 1 or 3 channels")]
    WrongInput { found: [usize; 3] },
}

impl BackboneError {
    /// A hint: what to do about it.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::NoWeights { name, .. } => Some(format!(
                "`rails models pull {name}` fetches them, `rails models import FILE --as {name}` takes a file of \
                 torchvision's or timm's; `{}` needs neither",
                BackboneName::EfficientnetLite0
            )),
            Self::NotWeights { .. } => {
                Some("expected a .safetensors file or a .pth file with a state dict; is the download complete?".into())
            }
            Self::OtherNetwork { .. } | Self::WrongShape { .. } => {
                Some("check `--as`; `rails models list` shows the networks there are".to_owned())
            }
            Self::LayerMissing { present, .. } if !present.is_empty() => {
                Some(format!("set features.layers to {}, or import complete weights", quoted(present)))
            }
            Self::LayerMissing { .. } | Self::MissingTensor { .. } => {
                Some("import weights with the names of torchvision or timm".to_owned())
            }
            _ => None,
        }
    }
}

fn quoted(names: &[String]) -> String {
    if names.is_empty() {
        return "none".to_owned();
    }
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}
