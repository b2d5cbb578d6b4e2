//! images.csv of a clustering: a row per image, with what every method made of it.

use ndarray::ArrayView2;

use super::ClusteringResult;
use crate::clusterers::Method;
use crate::data::Manifest;
use crate::files::Column;
use crate::files::images_csv::{self, columns};
use crate::runs::RunDir;
use crate::workflow::WorkflowError;

/// Refuses name fields that are called like a column of a clustering by `methods`, before any work is done.
pub(crate) fn check_field_names(manifest: &Manifest, methods: &[Method]) -> Result<(), WorkflowError> {
    let written = columns::of_clustering(methods.iter().map(|method| method.name()));
    Ok(columns::check_fields(&manifest.field_names(), written)?)
}

/// `points` are the positions of the images in the map, shape `[n_images, 2]`.
pub(crate) fn images_csv(
    run: &RunDir,
    manifest: &Manifest,
    results: &[ClusteringResult],
    outliers: Option<&[f64]>,
    points: ArrayView2<'_, f32>,
) -> Result<(), WorkflowError> {
    let mut columns = Vec::new();
    for result in results {
        let name = result.method.name();
        columns.push(Column::clusters(name, &result.clustering));
        if let Some(distances) = result.distances() {
            columns.push(Column::distance(name, distances.iter().copied()));
        }
        let silhouettes = match &result.silhouettes {
            Some(silhouettes) => silhouettes.per_image.clone(),
            None => vec![None; manifest.records.len()],
        };
        columns.push(Column::silhouette(name, silhouettes));
    }
    if let Some(outliers) = outliers {
        columns.push(Column::outlier(outliers.iter().map(|factor| *factor as f32)));
    }
    columns.extend(Column::positions(points));
    Ok(images_csv::write(&run.file(images_csv::FILE)?, manifest, &columns)?)
}
