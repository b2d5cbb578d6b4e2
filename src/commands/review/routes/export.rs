//! Labelled images for other programs, written under the run.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::response::Response;
use jiff::Zoned;
use serde::Deserialize;
use serde_json::json;

use crate::commands::review::Shared;
use crate::runs::{Placement, timestamp};
use crate::server::{Failure, blocking, json, parsed};
use crate::workflow::labelling::{ExportFormat, export as write};

#[derive(Deserialize)]
struct Asked {
    format: Format,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Format {
    Imagefolder,
    Csv,
    Parquet,
    Coco,
}

impl Format {
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
        let (format, name) = parsed::<Asked>(&body)?.format.written();
        let (view, folder) = {
            let session = shared.session();
            (Arc::clone(session.view()), session.curator().folder().join("curation/exports"))
        };
        let output = folder.join(format!("{}-{name}", timestamp(&Zoned::now())));
        let catalogue = &shared.catalogue;
        let written = write(&catalogue.table, &catalogue.root, &view.curation, &output, format);
        let summary = written.map_err(|error| Failure::refused(error.to_string()))?;
        Ok(json(json!({ "path": summary.output, "missing": summary.missing.len() }).to_string()))
    })
    .await
}
