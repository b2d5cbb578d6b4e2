//! Takes downloaded weights in: checked, brought to the network's names, written whole or not at all.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use super::{Backbone, BackboneError, BackboneName, Variant};
use crate::atomic_file;

/// Summary of an import.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportedNetwork {
    /// Where the weights now lie.
    pub path: PathBuf,
    /// As asked for, or as the file tells.
    pub variant: Variant,
    /// Layers the weights suffice for.
    pub layers: Vec<String>,
    /// Layers they lack, each with the first tensor that is missing.
    pub missing: Vec<(String, String)>,
    /// See [`super::Weights::hash`].
    pub hash: String,
}

/// Checks `file` and writes it to `<checkpoints>/<name>.safetensors`; without `variant`, see [`Variant::guess`].
///
/// An earlier import of the network is replaced.
///
/// # Errors
/// When the file is not right for the network, or cannot be written.
pub fn import(
    file: &Path,
    name: BackboneName,
    variant: Option<Variant>,
    checkpoints: &Path,
) -> Result<ImportedNetwork, BackboneError> {
    let backbone = Backbone::open(name, file, variant)?;
    let path = name.file_in(checkpoints);
    write(&backbone, file, &path)?;
    let layers = backbone.layers();
    let missing = backbone.architecture().layers.iter().filter(|layer| !layers.contains(&layer.name));
    let missing = missing
        .filter_map(|layer| {
            let part = backbone.architecture().up_to(std::slice::from_ref(&layer.name)).ok()?;
            Some((layer.name.clone(), backbone.weights().first_missing(&part)?))
        })
        .collect();
    Ok(ImportedNetwork { path, variant: backbone.variant(), layers, missing, hash: backbone.hash().to_owned() })
}

fn write(backbone: &Backbone, file: &Path, path: &Path) -> Result<(), BackboneError> {
    let failed = |source| BackboneError::Io { doing: "cannot write weights", path: path.to_owned(), source };
    let folder = path.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder).map_err(failed)?;
    let origin = file.file_name().unwrap_or(file.as_os_str()).to_string_lossy().into_owned();
    let content = std::fs::read(file).map_err(failed)?;
    let mut metadata = HashMap::from([
        ("rails.backbone".to_owned(), backbone.name().to_string()),
        ("rails.variant".to_owned(), backbone.variant().as_str().to_owned()),
        ("rails.source".to_owned(), origin),
        ("rails.source_blake3".to_owned(), blake3::hash(&content).to_hex().to_string()),
    ]);
    let told = backbone.weights().metadata().iter().filter(|(key, _)| !key.starts_with("rails."));
    metadata.extend(told.map(|(key, value)| (key.clone(), value.clone())));
    let bytes = backbone.weights().to_safetensors(metadata)?;
    atomic_file::write(path, &bytes).map_err(failed)
}
