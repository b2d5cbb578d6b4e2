//! A checkpoint: a classifier with everything `predict` needs, in `checkpoints/<name>/`.
//!
//! `bundle.json` describes it, `model.safetensors` holds the weights; a loader that does not know the format, or finds
//! other weights than described, refuses.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::{FeatureChain, RunDir, RunError};
use crate::training::{Classifier, HeadError};

/// The format this program writes and reads.
pub const FORMAT: u32 = 1;

const DESCRIPTION: &str = "bundle.json";
const MODEL: &str = "model.safetensors";
/// The network's own weights, where it was fine-tuned.
pub const BACKBONE_FILE: &str = "backbone.safetensors";

/// `bundle.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Bundle {
    /// See [`FORMAT`].
    pub format: u32,
    /// The recipe's name.
    pub name: String,
    /// When it was trained, RFC 3339.
    pub created: String,
    /// In the order of the classifier's answers.
    pub classes: Vec<String>,
    /// How images become the classifier's features.
    pub features: FeatureChain,
    /// Height and width of the network's input in pixels.
    pub input_size: (usize, usize),
    /// For calibration; training writes 1 and prediction does not apply it.
    pub temperature: f64,
    /// Confidence below which an image is `unknown`; `None` where no threshold was chosen.
    pub reject_threshold: Option<f64>,
    /// What it was trained on.
    pub training_set: TrainedOn,
    /// BLAKE3 of `model.safetensors`.
    pub model_hash: String,
    /// BLAKE3 of `backbone.safetensors`; absent where the network was not fine-tuned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backbone_hash: Option<String>,
}

/// The training set of a checkpoint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrainedOn {
    /// Changes with any image or label.
    pub fingerprint: String,
    /// Labelled images, split into train, validation and test.
    pub n_images: usize,
}

/// Why a checkpoint cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum BundleError {
    /// No checkpoint in this folder.
    #[error("not a checkpoint (no {missing}): `{}`", .path.display())]
    NotABundle { missing: &'static str, path: PathBuf },
    /// Nothing was trained yet.
    #[error("no trained checkpoint yet under `{}`", .0.display())]
    None(PathBuf),
    /// Written by a program of another age.
    #[error("the checkpoint has format {found}, this program knows {FORMAT}: `{}`", .path.display())]
    Newer { found: u64, path: PathBuf },
    /// The description is not what it should be.
    #[error("the description of the checkpoint is damaged ({message}): `{}`", .path.display())]
    Damaged { message: String, path: PathBuf },
    /// The weights are not those described.
    #[error("the weights are not those the checkpoint was made with: `{}`", .0.display())]
    OtherWeights(PathBuf),
    /// The weights are no classifier.
    #[error("{source}: `{}`", .path.display())]
    Head { source: HeadError, path: PathBuf },
    /// Reading failed.
    #[error("{source}: `{}`", .path.display())]
    Io { source: io::Error, path: PathBuf },
    /// Writing failed.
    #[error(transparent)]
    Run(#[from] RunError),
}

impl BundleError {
    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::NotABundle { .. } => Some("give a folder under checkpoints/ that `rails train` made".to_owned()),
            Self::None(_) => Some("make one with `rails train`".to_owned()),
            Self::Newer { .. } => Some("update rails, or train again with this version".to_owned()),
            Self::Damaged { .. } | Self::OtherWeights(_) | Self::Head { .. } => {
                Some("copy the whole folder again from where it was trained, or train again".to_owned())
            }
            Self::Run(error) => error.hint(),
            Self::Io { .. } => None,
        }
    }
}

impl Bundle {
    /// Writes description and weights, the network's too where it was fine-tuned, into a checkpoint folder in the making.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn write(mut self, head: &Classifier, backbone: Option<&[u8]>, folder: &RunDir) -> Result<(), BundleError> {
        if let Some(backbone) = backbone {
            self.backbone_hash = Some(blake3::hash(backbone).to_hex().to_string());
            super::write_whole(&folder.file(BACKBONE_FILE)?, backbone)?;
        }
        let model = head.to_safetensors();
        self.model_hash = blake3::hash(&model).to_hex().to_string();
        let path = folder.file(MODEL)?;
        super::write_whole(&path, &model)?;
        folder.write_json(DESCRIPTION, &self)?;
        Ok(())
    }

    /// Reads a checkpoint and makes sure that it is whole. A network of its own is named by where it lies now.
    ///
    /// # Errors
    /// [`BundleError`] says what is wrong with it.
    pub fn read(folder: &Path) -> Result<(Self, Classifier), BundleError> {
        let path = folder.join(DESCRIPTION);
        let text = read(&path, folder, DESCRIPTION)?;
        let damaged =
            |error: serde_json::Error| BundleError::Damaged { message: error.to_string(), path: path.clone() };
        // The format is read alone first: a newer one may have other fields.
        let value: serde_json::Value = serde_json::from_slice(&text).map_err(damaged)?;
        let found = value.get("format").and_then(serde_json::Value::as_u64).unwrap_or(0);
        if found != u64::from(FORMAT) {
            return Err(BundleError::Newer { found, path: folder.to_owned() });
        }
        let mut bundle: Self = serde_json::from_value(value).map_err(damaged)?;
        if let Some(hash) = &bundle.backbone_hash {
            let path = folder.join(BACKBONE_FILE);
            if blake3::hash(&read(&path, folder, BACKBONE_FILE)?).to_hex().as_str() != hash {
                return Err(BundleError::OtherWeights(path));
            }
            bundle.features.recipe.weights = Some(path);
        }
        let path = folder.join(MODEL);
        let model = read(&path, folder, MODEL)?;
        if blake3::hash(&model).to_hex().as_str() != bundle.model_hash {
            return Err(BundleError::OtherWeights(path));
        }
        let head =
            Classifier::from_safetensors(&model).map_err(|source| BundleError::Head { source, path: path.clone() })?;
        if head.n_classes() != bundle.classes.len() || head.n_features() != bundle.features.n_features {
            return Err(BundleError::OtherWeights(path));
        }
        Ok((bundle, head))
    }
}

/// The checkpoint trained last under `folder`.
///
/// # Errors
/// [`BundleError::None`] where there is none.
pub fn newest_checkpoint(folder: &Path) -> Result<PathBuf, BundleError> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_none_or(|e| e != "partial") && path.join(DESCRIPTION).is_file())
        .max_by_key(|path| {
            // `<name>-<YYYYMMDD_HHMMSS>`, maybe with a number after it: the time decides, whatever the name.
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let mut parts = name.rsplit('-');
            let last = parts.next().unwrap_or_default();
            let number: usize = last.parse().unwrap_or(1);
            let time = if last.parse::<usize>().is_ok() { parts.next().unwrap_or_default() } else { last };
            (time.to_owned(), number, name)
        })
        .ok_or_else(|| BundleError::None(folder.to_owned()))
}

fn read(path: &Path, folder: &Path, missing: &'static str) -> Result<Vec<u8>, BundleError> {
    fs::read(path).map_err(|source| match source.kind() {
        io::ErrorKind::NotFound => BundleError::NotABundle { missing, path: folder.to_owned() },
        _ => BundleError::Io { source, path: path.to_owned() },
    })
}
