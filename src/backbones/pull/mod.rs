//! Weights come from the Hugging Face hub: fetched, resumed, checked against the hub's own hash, then imported.
//!
//! The hub answers a HEAD request for a file's address with its size and SHA-256 (`x-linked-size`, `x-linked-etag`), as
//! huggingface.co/docs/hub describes; nothing about a file is known here but its address.

mod download;
mod error;
mod hub;
#[cfg(test)]
mod server;
#[cfg(test)]
mod tests;

use std::path::Path;

pub use error::{FetchError, PullError};
pub use hub::Hub;

use super::{BackboneName, ImportedNetwork, Variant, import};
use crate::progress::{Note, Observer};

/// A file on the hub.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HubFile {
    /// Owner and name of the repository.
    pub repository: &'static str,
    /// Path inside it.
    pub file: &'static str,
    /// The variant of the weights in it.
    pub variant: Variant,
}

impl HubFile {
    /// Where the weights of `name` are; nothing where the program has them, as timm's file of the same network has
    /// other tensors.
    #[must_use]
    pub const fn of(name: BackboneName) -> Option<Self> {
        let repository = match name {
            BackboneName::EfficientnetLite0 => return None,
            BackboneName::Resnet50 => "timm/resnet50.tv_in1k",
            BackboneName::Vgg16 => "timm/vgg16.tv_in1k",
        };
        Some(Self { repository, file: "model.safetensors", variant: Variant::Torchvision })
    }
}

/// Fetches the weights of `name` from `hub` and imports them as `<checkpoints>/<name>.safetensors`.
///
/// The bytes that have arrived lie in `<checkpoints>/*.part`, and the next call goes on there. Without `variant`, the
/// one the hub has.
///
/// # Errors
/// When the hub has no such weights, cannot be reached, breaks off, or sends something else than its hash says.
pub fn pull(
    name: BackboneName,
    variant: Option<Variant>,
    hub: &Hub,
    checkpoints: &Path,
    observer: &dyn Observer,
) -> Result<ImportedNetwork, PullError> {
    let source = HubFile::of(name).ok_or(PullError::Embedded(name))?;
    if let Some(variant) = variant.filter(|variant| *variant != source.variant) {
        return Err(PullError::NoSuchVariant { name, variant: variant.as_str(), offered: source.variant.as_str() });
    }
    let url = hub.address(source.repository, source.file);
    let failed = |why| PullError::Fetch { why, url: url.clone(), name, variant: source.variant.as_str() };
    let remote = hub.describe(&url).map_err(failed)?;
    observer.note(&Note::Fetching { bytes: remote.size, url: url.clone() });
    let stem = source.repository.replace('/', "-");
    let part = checkpoints.join(format!("{stem}.{}.part", &remote.sha256[..12]));
    download::fetch(hub, &remote, &part, observer).map_err(failed)?;
    let imported = import(&part, name, Some(source.variant), checkpoints)?;
    std::fs::remove_file(&part).map_err(|source| PullError::Io { path: part, source })?;
    Ok(imported)
}
