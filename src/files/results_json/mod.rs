//! `results.json`: what a run measured, in the form that `rails compare` and other programs read.

mod schema_1;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::sealed_json::{self, BrokenSeal};
use crate::atomic_file;

/// Its name in the folder of a run or checkpoint.
pub const FILE: &str = "results.json";

/// The schema this version writes.
pub const SCHEMA: &str = "rails.results/2";

/// The schema of earlier versions, which is read too: see `schema_1.rs`.
const SCHEMA_1: &str = "rails.results/1";

/// The results of one run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Results {
    schema: String,
    /// The command: `cluster`, `train`, ….
    pub kind: String,
    /// The name of the run.
    pub name: String,
    /// When it began, RFC 3339.
    pub created: String,
    /// The data set: path, fingerprint, counts.
    #[serde(default)]
    pub dataset: Map<String, Value>,
    /// The resolved recipe.
    #[serde(default)]
    pub config: Value,
    /// Metrics by name. Numbers that are not finite are `null`.
    #[serde(default)]
    pub metrics: Map<String, Value>,
    /// Seconds per stage.
    #[serde(default)]
    pub timings: BTreeMap<String, f64>,
}

/// Why results could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum ResultsError {
    /// The file cannot be read.
    #[error("cannot read results `{}`", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The operating system's error.
        source: std::io::Error,
    },
    /// The file is not the JSON of a `results.json`.
    #[error("not a results file: `{}`", path.display())]
    Parse {
        /// The file.
        path: PathBuf,
        /// Where and why.
        source: serde_json::Error,
    },
    /// A bit of it was damaged, or somebody changed it.
    #[error("damaged results: {source}: `{}`", path.display())]
    Changed {
        /// The file.
        path: PathBuf,
        /// What to do about it.
        source: BrokenSeal,
    },
    /// The file follows another schema.
    #[error("unknown schema `{found}` in `{}`", path.display())]
    Schema {
        /// The file.
        path: PathBuf,
        /// The schema that the file names.
        found: String,
    },
    /// The file cannot be written; nothing half-written is left behind.
    #[error("cannot write results `{}`", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// The operating system's error.
        source: std::io::Error,
    },
}

impl ResultsError {
    /// A hint: what to do about it.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Schema { .. } => {
                Some(format!("this version reads `{SCHEMA}` and `{SCHEMA_1}`: use the version that wrote the file"))
            }
            Self::Parse { .. } => Some("give the `results.json` of a run".to_owned()),
            Self::Read { .. } | Self::Changed { .. } | Self::Write { .. } => None,
        }
    }
}

impl Results {
    /// Results without any measurement yet.
    #[must_use]
    pub fn new(kind: &str, name: &str, created: &str) -> Self {
        Self {
            schema: SCHEMA.to_owned(),
            kind: kind.to_owned(),
            name: name.to_owned(),
            created: created.to_owned(),
            dataset: Map::new(),
            config: Value::Null,
            metrics: Map::new(),
            timings: BTreeMap::new(),
        }
    }

    /// Reads a `results.json`.
    ///
    /// # Errors
    /// When the file cannot be read, is not JSON, or follows a schema other than [`SCHEMA`] and the one before it.
    pub fn read(path: &Path) -> Result<Self, ResultsError> {
        let bytes = std::fs::read(path).map_err(|source| ResultsError::Read { path: path.to_owned(), source })?;
        let parse = |source| ResultsError::Parse { path: path.to_owned(), source };
        let value: Value = serde_json::from_slice(&bytes).map_err(parse)?;
        match value.get("schema").and_then(Value::as_str) {
            Some(SCHEMA) | None => {
                sealed_json::check(&bytes).map_err(|source| ResultsError::Changed { path: path.to_owned(), source })?;
                serde_json::from_value(value).map_err(parse) // without a schema, of a missing field
            }
            Some(SCHEMA_1) => serde_json::from_value(value).map(schema_1::upgraded).map_err(parse),
            Some(found) => Err(ResultsError::Schema { path: path.to_owned(), found: found.to_owned() }),
        }
    }

    /// Writes a `results.json`, indented; the file appears whole or not at all.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn write(&self, path: &Path) -> Result<(), ResultsError> {
        let failed = |source| ResultsError::Write { path: path.to_owned(), source };
        let mut text = serde_json::to_string_pretty(self).map_err(|error| failed(error.into()))?;
        text.push('\n');
        atomic_file::write(path, sealed_json::seal(&text).as_bytes()).map_err(failed)
    }

    /// Adds a metric; a value that cannot be JSON is left out, a number that is not finite becomes `null`.
    pub fn set(&mut self, metric: &str, value: impl Serialize) {
        if let Ok(value) = serde_json::to_value(value) {
            self.metrics.insert(metric.to_owned(), value);
        }
    }

    /// The number at a dotted path such as `kmeans.silhouette`.
    #[must_use]
    pub fn metric(&self, path: &str) -> Option<f64> {
        let mut parts = path.split('.');
        let first = self.metrics.get(parts.next()?)?;
        parts.try_fold(first, |value, part| value.get(part))?.as_f64()
    }

    /// All numbers in [`Results::metrics`] by dotted path, sorted; lists, texts and `null` are left out.
    #[must_use]
    pub fn flat_metrics(&self) -> BTreeMap<String, f64> {
        let mut flat = BTreeMap::new();
        flatten("", &self.metrics, &mut flat);
        flat
    }
}

fn flatten(prefix: &str, metrics: &Map<String, Value>, flat: &mut BTreeMap<String, f64>) {
    for (name, value) in metrics {
        let path = if prefix.is_empty() { name.clone() } else { format!("{prefix}.{name}") };
        match value {
            Value::Object(inner) => flatten(&path, inner, flat),
            Value::Number(number) => flat.extend(number.as_f64().map(|number| (path, number))),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn sample() -> Results {
        let mut results = Results::new("cluster", "railbed", "2026-11-21T20:43:00Z");
        results.set("kmeans", json!({"k": 7, "silhouette": 0.25, "sizes": [3, 4], "best": null}));
        results.set("noise", f64::NAN);
        results.timings.insert("embed".to_owned(), 1.5);
        results
    }

    #[test]
    fn written_and_read_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("results.json");
        sample().write(&path).unwrap();
        assert_eq!(Results::read(&path).unwrap(), sample());
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.starts_with("{\n  \"schema\": \"rails.results/2\""), "{text}");
    }

    #[test]
    fn numbers_are_found_by_dotted_path() {
        let results = sample();
        assert_eq!(results.metric("kmeans.silhouette"), Some(0.25));
        assert_eq!(results.metric("kmeans.sizes"), None);
        assert_eq!(results.metric("noise"), None);
        assert_eq!(results.metric(""), None);
        let flat: Vec<_> = results.flat_metrics().into_iter().collect();
        assert_eq!(flat, [("kmeans.k".to_owned(), 7.0), ("kmeans.silhouette".to_owned(), 0.25)]);
    }

    #[test]
    fn other_files_are_refused_with_a_reason() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("results.json");
        let read = |text: &str| {
            std::fs::write(&path, text).unwrap();
            Results::read(&path).unwrap_err()
        };
        let newer = read(r#"{"schema": "rails.results/3", "kind": 5}"#);
        assert!(newer.to_string().starts_with("unknown schema `rails.results/3` in `"));
        assert!(newer.hint().unwrap().contains("rails.results/2"));
        assert!(matches!(read("{}"), ResultsError::Parse { .. }));
        assert!(matches!(read("not json"), ResultsError::Parse { .. }));
        assert!(matches!(Results::read(&folder.path().join("none")), Err(ResultsError::Read { .. })));
    }
}
