//! `rails models`: the networks there are, and import of weights from a file or from the Hugging Face hub.

use std::path::Path;

use serde::Serialize;

use super::CommandError;
use crate::backbones::{BackboneName, Hub, ImportedNetwork, Variant, WeightsAt, import, list, pull};
use crate::data::path_text;
use crate::progress::Observer;
use crate::workflow::Workspace;

/// A network of `rails models list`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ModelRow {
    /// As recipes name it.
    pub name: String,
    /// Trainings it comes in.
    pub variants: Vec<String>,
    /// That of the weights at hand.
    pub variant: Option<String>,
    /// `embedded`, a path, or empty where there are none.
    pub weights: String,
    /// Why the weights cannot be used.
    pub problem: Option<String>,
    /// Name, number of features, and whether the weights suffice for it.
    pub layers: Vec<(String, usize, bool)>,
}

/// Summary of an import of weights.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ImportSummary {
    /// Where the weights are now.
    pub path: String,
    /// As asked, or as the file tells.
    pub variant: String,
    /// Layers the weights suffice for.
    pub layers: Vec<String>,
    /// Layers they lack, each with the first tensor that is missing.
    pub missing: Vec<(String, String)>,
    /// Hash of the weights.
    pub hash: String,
}

/// Every network, with what there is of its weights.
#[must_use]
pub fn list_models(workspace: &Workspace) -> Vec<ModelRow> {
    list(&workspace.checkpoints)
        .into_iter()
        .map(|model| {
            let (weights, problem) = match model.weights {
                WeightsAt::Embedded => ("embedded".to_owned(), None),
                WeightsAt::File(path) => (path_text::to_text(&path), None),
                WeightsAt::Missing(_) => (String::new(), None),
                WeightsAt::Damaged(path, why) => (path_text::to_text(&path), Some(why)),
            };
            ModelRow {
                name: model.name.to_string(),
                variants: model.variants.iter().map(|variant| variant.as_str().to_owned()).collect(),
                variant: model.variant.map(|variant| variant.as_str().to_owned()),
                weights,
                problem,
                layers: model.layers,
            }
        })
        .collect()
}

/// Takes downloaded weights in as those of `name`.
///
/// # Errors
/// When the file is not right for the network, or cannot be written.
pub fn import_model(
    file: &Path,
    name: BackboneName,
    variant: Option<Variant>,
    workspace: &Workspace,
) -> Result<ImportSummary, CommandError> {
    Ok(import(file, name, variant, &workspace.checkpoints)?.into())
}

/// Fetches the weights of `name` from the Hugging Face hub and takes them in.
///
/// # Errors
/// When the hub does not have them, the transfer fails, or the file is not right.
pub fn pull_model(
    name: BackboneName,
    variant: Option<Variant>,
    workspace: &Workspace,
    observer: &dyn Observer,
) -> Result<ImportSummary, CommandError> {
    Ok(pull(name, variant, &Hub::from_environment()?, &workspace.checkpoints, observer)?.into())
}

impl From<ImportedNetwork> for ImportSummary {
    fn from(imported: ImportedNetwork) -> Self {
        Self {
            path: path_text::to_text(&imported.path),
            variant: imported.variant.as_str().to_owned(),
            layers: imported.layers,
            missing: imported.missing,
            hash: imported.hash,
        }
    }
}
