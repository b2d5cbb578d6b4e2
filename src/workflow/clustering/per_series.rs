//! One clustering per series of frames, all with the same two clusters: 0 is spoiled, 1 usable.

use std::collections::BTreeMap;

use ndarray::ArrayView2;
use serde_json::json;

use super::evaluator::ClusteringEvaluator;
use super::methods::Found;
use super::result::{ClusteringDetails, ClusteringResult};
use crate::clusterers::{ClusterSection, Method};
use crate::data::Clustering;
use crate::detector_frames::{CLUSTER_NAMES, Flux, cluster_per_series, rows_by_field};
use crate::progress::{Observer, Warning};
use crate::report::Grouping;
use crate::workflow::WorkflowError;

/// Runs every method of `section` on the rows of `x`, shape `[n_images, n_features]`, of each value of `field`.
///
/// A series of fewer frames than a method needs is one cluster.
pub(super) fn run(
    section: &ClusterSection,
    field: &str,
    flux: &Flux,
    x: ArrayView2<'_, f32>,
    evaluator: &ClusteringEvaluator<'_>,
    observer: &dyn Observer,
) -> Result<Found, WorkflowError> {
    let series = rows_by_field(evaluator.manifest, field).map_err(|record| {
        let known = evaluator.manifest.field_names().join(", ");
        WorkflowError::Usage(format!("`{}` has no field `{field}` of cluster.fit_per (known: {known})", record.path))
    })?;
    let mut results = Vec::new();
    for method in &section.methods {
        let clusterer = section.clusterer(*method);
        let (decided_by, memory) = ((flux, section.spoiled), evaluator.memory);
        let found = cluster_per_series(clusterer.as_ref(), x, &series, decided_by, memory, evaluator.seed, observer);
        let found = match found {
            Ok(found) => found,
            Err(error) => {
                results.push((*method, Err(error)));
                continue;
            }
        };
        let mut notes = Vec::new();
        for (reason, names) in found.remarks {
            let warning = Warning::SeriesDisagree { method: method.title(), reason, names, series: series.len() };
            observer.warn(&warning);
            notes.push(warning.to_string());
        }
        let mut result = dense_result(*method, found.clustering, notes, x, evaluator, observer);
        result.parameters.insert("fit_per".to_owned(), json!(field));
        results.push((*method, Ok(result)));
    }
    Ok(results)
}

fn dense_result(
    method: Method,
    clustering: Clustering,
    notes: Vec<String>,
    x: ArrayView2<'_, f32>,
    evaluator: &ClusteringEvaluator<'_>,
    observer: &dyn Observer,
) -> ClusteringResult {
    // Where all frames are usable, or none, the other cluster is empty and has nothing to measure.
    let known: Vec<Option<u32>> = clustering.labels().iter().map(|label| label.map(|id| id.0)).collect();
    let dense = Clustering::by_number(&known);
    let silhouettes = evaluator.silhouettes(x, &[&dense], observer).pop().flatten();
    let (parameters, details, metrics) = (BTreeMap::new(), ClusteringDetails::Plain, BTreeMap::new());
    let mut result = ClusteringResult { method, clustering: dense, silhouettes, parameters, metrics, details, notes };
    evaluator.measure(&mut result, x);
    ClusteringResult { clustering, ..result }
}

/// The clusters of every series by their names.
///
/// # Panics
/// When the clusters are not those of [`run`].
pub(crate) fn grouping(clustering: &Clustering) -> Grouping {
    let of = clustering.labels().iter().map(|label| label.map(|id| id.0 as usize)).collect();
    Grouping::new(of, &CLUSTER_NAMES, "noise")
}
