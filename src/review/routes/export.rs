//! Labelled images for other programs, written under the run.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::response::Response;
use jiff::Zoned;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::review::Shared;
use crate::runs::{Placement, timestamp};
use crate::server::{Failure, blocking, json, parsed};
use crate::workflow::labelling::{ExportFormat, export as write};

#[derive(Deserialize)]
struct ExportRequest {
    format: ExportChoice,
}

/// Formats of export that the page offers.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(in crate::review) enum ExportChoice {
    Imagefolder,
    Csv,
    Parquet,
    Coco,
}

/// A choice in words.
#[derive(Serialize)]
pub(in crate::review) struct ExportDescription {
    name: ExportChoice,
    holds: &'static str,
}

impl ExportChoice {
    /// In the order they are offered.
    pub const ALL: [Self; 4] = [Self::Imagefolder, Self::Csv, Self::Parquet, Self::Coco];

    /// For the page.
    pub fn described(self) -> ExportDescription {
        let holds = match self {
            Self::Imagefolder => "One folder per class, removed images under _removed/<reason>",
            Self::Csv => "labels.csv and removed.csv: id, path, class, source, weight",
            Self::Parquet => "The same table as Parquet",
            Self::Coco => "COCO JSON, one category per class",
        };
        ExportDescription { name: self, holds }
    }

    /// How it is written, and the end of the folder's name.
    fn written(self) -> (ExportFormat, &'static str) {
        match self {
            Self::Imagefolder => (ExportFormat::ImageFolder(Placement::Link), "imagefolder"),
            Self::Csv => (ExportFormat::Csv, "csv"),
            Self::Parquet => (ExportFormat::Parquet, "parquet"),
            Self::Coco => (ExportFormat::Coco, "coco"),
        }
    }
}

/// `/api/export`
pub(super) async fn export(State(shared): State<Arc<Shared>>, body: Bytes) -> Result<Response, Failure> {
    blocking(move || {
        let (format, name) = parsed::<ExportRequest>(&body)?.format.written();
        let (state, folder) = {
            let mut session = shared.session();
            session.refresh()?;
            (Arc::clone(session.state()), session.curator().folder().join("curation/exports"))
        };
        let output = folder.join(format!("{}-{name}", timestamp(&Zoned::now())));
        let catalogue = &shared.catalogue;
        let written = write(&catalogue.table, &catalogue.root, &state.curation, &output, format);
        let summary = written.map_err(|error| Failure::refused(error.to_string()))?;
        Ok(json(json!({ "path": summary.output, "missing": summary.missing.len() }).to_string()))
    })
    .await
}
