//! Provenance of a run: enough to make it again.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use jiff::Zoned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::bundle::hash;
use super::{FeatureChain, ImagesPlace, RunError, RunKind, features_recipe_1};
use crate::clusterers::Assigner;
use crate::data::{Manifest, path_text};
use crate::device::Device;
use crate::files::sealed_json;
use crate::recipes::DatasetRecipe;
use crate::reducers::Projection;

/// The schema of run.json that this program writes. It also reads the one before, which had no name.
pub const RUN_SCHEMA: &str = "rails.run/2";

/// The projection of a run with clusters.
pub const PROJECTION_FILE: &str = "projection.safetensors";
/// What places new images into its clusters.
pub const ASSIGNER_FILE: &str = "assigner.safetensors";

/// `run.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Provenance {
    /// See [`RUN_SCHEMA`].
    #[serde(default)]
    pub schema: String,
    /// The command that made the run; earlier versions call separate and assign `cluster`.
    pub command: RunKind,
    /// The recipe's name.
    pub name: String,
    /// When the run started, RFC 3339.
    pub created: String,
    /// The resolved recipe.
    pub recipe: Value,
    /// The data set it ran on.
    pub dataset: DatasetSummary,
    /// Where its images lie; earlier versions did not note it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub images: Option<ImagesPlace>,
    /// Grows from run to run in a folder of runs, whatever the clock says; 0 in runs of earlier versions.
    #[serde(default)]
    pub sequence: u64,
    /// The recipe's seed.
    pub seed: u64,
    /// Version of rails.
    pub version: String,
    /// Everything that determines the features.
    pub features: FeatureChain,
    /// Clustering methods, the first being meant where none is named; empty for other commands.
    pub methods: Vec<String>,
    /// `cpu` or `cuda`.
    pub device: Device,
    /// Operating system and processor architecture.
    pub host: String,
    /// Threads the work was spread over.
    pub threads: usize,
    /// Seconds per stage.
    pub timings: BTreeMap<String, f64>,
    /// BLAKE3 of the files that later commands rely on, by name; none in runs of earlier versions.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub files: BTreeMap<String, String>,
}

/// Summary of the images that a run looked at.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DatasetSummary {
    /// The folder as it was given: relative to the working folder, or absolute.
    #[serde(with = "path_text::serde_text")]
    pub root: PathBuf,
    /// Changes with any image, name or path.
    pub fingerprint: String,
    /// Images used.
    pub n_images: usize,
    /// Files left out.
    pub n_skipped: usize,
    /// Images that share their bytes with an earlier one.
    pub n_duplicates: usize,
    /// Images whose name does not match the template.
    pub n_unmatched: usize,
    /// Names of the fields found in file names.
    pub field_names: Vec<String>,
    /// Per name field: images per value; fields of more than 100 values are left out.
    pub fields: BTreeMap<String, BTreeMap<String, usize>>,
}

impl DatasetSummary {
    /// Summarises a manifest.
    #[must_use]
    pub fn of(manifest: &Manifest) -> Self {
        let mut fields = fields_of(manifest);
        fields.retain(|_, values| values.len() <= 100);
        Self {
            root: manifest.root.clone(),
            fingerprint: manifest.fingerprint(),
            n_images: manifest.records.len(),
            n_skipped: manifest.skipped.len(),
            n_duplicates: manifest.duplicates(),
            n_unmatched: manifest.unmatched,
            field_names: manifest.field_names(),
            fields,
        }
    }
}

/// Per name field: how many images carry each of its values.
#[must_use]
pub fn fields_of(manifest: &Manifest) -> BTreeMap<String, BTreeMap<String, usize>> {
    let mut counts: BTreeMap<String, BTreeMap<String, usize>> = BTreeMap::new();
    for (field, value) in manifest.records.iter().flat_map(|record| &record.fields) {
        *counts.entry(field.clone()).or_default().entry(value.clone()).or_default() += 1;
    }
    counts
}

impl Provenance {
    /// Reads `run.json` of a run folder, of any schema.
    ///
    /// # Errors
    /// When it cannot be read, or a later version wrote it.
    pub fn read(folder: &Path) -> Result<Self, RunError> {
        let path = folder.join("run.json");
        let damaged = |message: String| RunError::Damaged { path: path.clone(), message };
        let unreadable = |error: serde_json::Error| damaged(format!("not readable ({error})"));
        let text = fs::read(&path).map_err(RunError::at(&path))?;
        let mut document: Value = serde_json::from_slice(&text).map_err(unreadable)?;
        match document.get("schema").and_then(Value::as_str) {
            None => features_recipe_1::upgrade(&mut document).map_err(unreadable)?,
            Some(RUN_SCHEMA) => {}
            Some(other) => {
                return Err(damaged(format!("has schema `{other}`, this program knows up to `{RUN_SCHEMA}`")));
            }
        }
        sealed_json::check(&text).map_err(|broken| damaged(broken.to_string()))?;
        serde_json::from_value(document).map_err(unreadable)
    }

    /// Hashes of the files in `folder`, a run in the making, that later commands rely on.
    ///
    /// # Errors
    /// When one of them cannot be read.
    pub fn hashes(folder: &Path) -> Result<BTreeMap<String, String>, RunError> {
        let there = [PROJECTION_FILE, ASSIGNER_FILE].into_iter().filter(|name| folder.join(name).is_file());
        there.map(|name| Ok((name.to_owned(), hash(&read(&folder.join(name))?)))).collect()
    }

    /// The projection of this run, which lies in `folder`.
    ///
    /// # Errors
    /// When there is none, or it is not the one the run wrote.
    pub fn projection(&self, folder: &Path) -> Result<Projection, RunError> {
        self.load(folder, PROJECTION_FILE, Projection::from_bytes)
    }

    /// What places images into the clusters of this run, which lies in `folder`.
    ///
    /// # Errors
    /// When there is none, or it is not the one the run wrote.
    pub fn assigner(&self, folder: &Path) -> Result<Assigner, RunError> {
        self.load(folder, ASSIGNER_FILE, Assigner::from_bytes)
    }

    /// What `parse` makes of a file of the run, compared with its hash; runs of earlier versions have none.
    fn load<T, E: fmt::Display>(
        &self,
        folder: &Path,
        name: &str,
        parse: impl FnOnce(&[u8]) -> Result<T, E>,
    ) -> Result<T, RunError> {
        let path = folder.join(name);
        let bytes = read(&path)?;
        let found = hash(&bytes);
        match self.files.get(name) {
            Some(expected) if *expected != found => {
                let [found, expected] = [&found, expected].map(|hash| hash.chars().take(12).collect());
                Err(RunError::OtherFile { path, found, expected })
            }
            _ => parse(&bytes).map_err(|error| RunError::Damaged { path, message: error.to_string() }),
        }
    }

    /// How the run read its files and their names: `naming`, `series` and `frames`, the rest by default.
    #[must_use]
    pub fn reading(&self) -> DatasetRecipe {
        let of = |key: &str| self.recipe.pointer(&format!("/dataset/{key}")).cloned();
        DatasetRecipe {
            naming: of("naming").and_then(|naming| serde_json::from_value(naming).ok()),
            series: of("series").and_then(|series| series.as_bool()).unwrap_or_default(),
            frames: of("frames").and_then(|frames| Some(frames.as_str()?.to_owned())),
            ..DatasetRecipe::default()
        }
    }

    /// The operating system and processor architecture.
    #[must_use]
    pub fn host() -> String {
        format!("{}-{}", std::env::consts::OS, std::env::consts::ARCH)
    }
}

fn read(path: &Path) -> Result<Vec<u8>, RunError> {
    fs::read(path).map_err(RunError::at(path))
}

/// `YYYYMMDD_HHMMSS` in local time, as run folders carry it.
#[must_use]
pub fn timestamp(at: &Zoned) -> String {
    at.strftime("%Y%m%d_%H%M%S").to_string()
}

/// Seconds per stage, measured from one lap to the next.
#[derive(Debug)]
pub struct Timings {
    last: Instant,
    laps: BTreeMap<String, f64>,
}

impl Timings {
    /// Starts the clock.
    #[must_use]
    pub fn start() -> Self {
        Self { last: Instant::now(), laps: BTreeMap::new() }
    }

    /// Ends a lap: the time since the last one was spent in `stage`.
    pub fn lap(&mut self, stage: &str) {
        let now = Instant::now();
        *self.laps.entry(stage.to_owned()).or_default() += (now - self.last).as_secs_f64();
        self.last = now;
    }

    /// Seconds per stage.
    #[must_use]
    pub fn seconds(&self) -> &BTreeMap<String, f64> {
        &self.laps
    }
}
