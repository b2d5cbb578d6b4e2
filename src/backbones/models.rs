//! The list of networks and their weights, as `rails models list` shows it.

use std::path::{Path, PathBuf};

use super::{Architecture, Backbone, BackboneName, Variant};

/// Where the weights of a network are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WeightsAt {
    /// In the program.
    Embedded,
    /// In this file.
    File(PathBuf),
    /// Nowhere; an import would put them here.
    Missing(PathBuf),
    /// In this file, which cannot be used; why.
    Damaged(PathBuf, String),
}

/// A network of the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Model {
    /// Which.
    pub name: BackboneName,
    /// The trainings it comes in, the usual one first.
    pub variants: &'static [Variant],
    /// That of the weights there are.
    pub variant: Option<Variant>,
    /// Name, number of features, and whether there are weights for it.
    pub layers: Vec<(String, usize, bool)>,
    /// Where the weights are.
    pub weights: WeightsAt,
}

/// Every network, with what there is of its weights.
#[must_use]
pub fn list(checkpoints: &Path) -> Vec<Model> {
    BackboneName::ALL.iter().map(|&name| describe(name, checkpoints)).collect()
}

fn describe(name: BackboneName, checkpoints: &Path) -> Model {
    let path = name.file_in(checkpoints);
    let present = path.exists();
    let loaded = Backbone::load(name, checkpoints);
    let weights = match &loaded {
        Ok(_) if present => WeightsAt::File(path),
        Ok(_) => WeightsAt::Embedded,
        Err(error) if present => WeightsAt::Damaged(path, error.to_string()),
        Err(_) => WeightsAt::Missing(path),
    };
    let usable = loaded.as_ref().map(Backbone::layers).unwrap_or_default();
    let variants = Variant::of(name);
    let layers = Architecture::of(name, variants[0])
        .layers
        .into_iter()
        .map(|layer| (layer.name.clone(), layer.channels, usable.contains(&layer.name)))
        .collect();
    Model { name, variants, variant: loaded.ok().map(|backbone| backbone.variant()), layers, weights }
}
