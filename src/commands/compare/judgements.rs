//! What one run said about each image: its `predictions.csv`.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;

use crate::commands::CommandError;
use crate::data::ImageId;
use crate::images::DepthRange;
use crate::runs::{TableError, read_json};

/// The judged images of a run.
#[derive(Debug, Clone)]
pub(super) struct Judgements {
    /// The classifier's classes.
    pub classes: Vec<String>,
    /// By content: images of equal bytes count once.
    pub images: BTreeMap<ImageId, Judgement>,
    /// The brightness scale of the run.
    pub depth: DepthRange,
}

/// What was said about an image.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Judgement {
    pub path: String,
    pub truth: String,
    pub class: String,
    /// In `0.0..=1.0`.
    pub confidence: f32,
}

impl Judgements {
    /// Reads the predictions beside a `results.json`; `None` where the run judged no images.
    pub fn beside(results: &Path) -> Result<Option<Self>, CommandError> {
        let folder = results.parent().unwrap_or(Path::new("."));
        let path = folder.join("predictions.csv");
        if !path.is_file() {
            return Ok(None);
        }
        let csv_error = |source| TableError::Csv { path: path.clone(), source };
        let mut reader = csv::Reader::from_path(&path).map_err(csv_error)?;
        let headers = reader.headers().map_err(csv_error)?.clone();
        let column = |name: &str| {
            let found = headers.iter().position(|header| header == name);
            found.ok_or_else(|| TableError::NoColumn { column: name.to_owned(), path: path.clone() })
        };
        let columns = [column("id")?, column("path")?, column("truth")?, column("class")?, column("confidence")?];
        let mut images = BTreeMap::new();
        for (row, record) in (2..).zip(reader.records()) {
            let record = record.map_err(csv_error)?;
            let cell = |message: String| TableError::Cell { row, message, path: path.clone() };
            let [id, file, truth, class, confidence] = columns.map(|column| record[column].to_owned());
            let id: ImageId = id.parse().map_err(|error: crate::data::NotAnImageId| cell(error.to_string()))?;
            let confidence =
                confidence.parse().map_err(|_| cell(format!("expected a confidence, got `{confidence}`")))?;
            images.entry(id).or_insert(Judgement { path: file, truth, class, confidence });
        }
        let classes = headers.iter().filter_map(|header| header.strip_prefix("p_")).map(str::to_owned).collect();
        Ok(Some(Self { classes, images, depth: depth_of(folder) }))
    }
}

/// As a run or a checkpoint recorded it; shown in full where neither did.
fn depth_of(folder: &Path) -> DepthRange {
    let recorded = ["run.json", "bundle.json"].iter().find_map(|name| read_json::<Value>(&folder.join(name)).ok());
    let depth = recorded.and_then(|record| record.get("features")?.get("depth").cloned());
    depth.and_then(|depth| serde_json::from_value(depth).ok()).unwrap_or_default()
}
