//! Provenance of a run: enough to make it again.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Instant;

use jiff::Zoned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{FeatureChain, RunError, RunKind, features_recipe_1, read_json};
use crate::data::{Manifest, path_text};
use crate::device::Device;
use crate::recipes::DatasetRecipe;

/// The schema of run.json that this program writes. It also reads the one before, which had no name.
pub const RUN_SCHEMA: &str = "rails.run/2";

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
        let mut document: Value = read_json(&path)?;
        match document.get("schema").and_then(Value::as_str) {
            None => features_recipe_1::upgrade(&mut document).map_err(unreadable)?,
            Some(RUN_SCHEMA) => {}
            Some(other) => {
                return Err(damaged(format!("has schema `{other}`, this program knows up to `{RUN_SCHEMA}`")));
            }
        }
        serde_json::from_value(document).map_err(unreadable)
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
