//! images.csv of a clustering: a row per image, with what every method made of it.

use ndarray::ArrayView2;

use super::ClusteringResult;
use crate::clusterers::Method;
use crate::data::Manifest;
use crate::files::{Column, images_csv};
use crate::runs::RunDir;
use crate::workflow::WorkflowError;

const RESERVED: [&str; 5] = ["id", "path", "outlier", "x", "y"];

/// A name field becomes a column of images.csv, so it must not be called like another one.
pub(crate) fn check_field_names(manifest: &Manifest) -> Result<(), WorkflowError> {
    let methods = Method::ALL.map(Method::name);
    let clash = manifest.field_names().into_iter().find(|name| {
        RESERVED.contains(&name.as_str())
            || methods.iter().any(|method| name == method || name.starts_with(&format!("{method}_")))
    });
    match clash {
        Some(name) => Err(WorkflowError::Usage(format!(
            "the name field `{name}` is called like a column of images.csv: call it otherwise in dataset.naming"
        ))),
        None => Ok(()),
    }
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
        columns.push(Column::of_clusters(name, &result.clustering));
        if let Some(distances) = result.distances() {
            columns.push(Column::of_numbers(&format!("{name}_distance"), distances.iter().map(|d| Some(*d))));
        }
        let silhouettes = match &result.silhouettes {
            Some(silhouettes) => silhouettes.per_image.clone(),
            None => vec![None; manifest.records.len()],
        };
        columns.push(Column::of_numbers(&format!("{name}_silhouette"), silhouettes));
    }
    if let Some(outliers) = outliers {
        columns.push(Column::of_numbers("outlier", outliers.iter().map(|factor| Some(*factor as f32))));
    }
    columns.push(Column::of_numbers("x", points.column(0).iter().map(|v| Some(*v))));
    columns.push(Column::of_numbers("y", points.column(1).iter().map(|v| Some(*v))));
    Ok(images_csv::write(&run.file(images_csv::FILE)?, manifest, &columns)?)
}
