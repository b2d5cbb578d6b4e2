//! Runs the recipe's algorithms and measures what they found in one pass over all pairs of images.

use std::collections::BTreeMap;

use ndarray::{Array2, ArrayView2};
use serde_json::Value;

use super::evaluator::ClusteringEvaluator;
use super::failed_method::{FailedMethod, leave_out};
use super::result::{ClusteringDetails, ClusteringResult};
use super::{per_series, pick_dbscan, pick_k_means};
use crate::clusterers::{Assigner, ClusterError, ClusterSection, Method};
use crate::data::Clustering;
use crate::detector_frames::Flux;
use crate::progress::{Observer, Stage};
use crate::workflow::WorkflowError;

/// What the methods of a recipe found.
pub(crate) struct Clusterings {
    /// At least one, in the order of the recipe.
    pub results: Vec<ClusteringResult>,
    /// The methods that could not group the images.
    pub failed: Vec<FailedMethod>,
}

/// Runs every method of `section` on `x`, shape `[n_images, n_features]`: on all images together, or where the section
/// wants it and the `flux` of frames is known, on each series by itself. A method that cannot is left out.
///
/// # Errors
/// When no method can be run on so many images, or a frame lacks the field that tells its series.
pub(crate) fn run(
    section: &ClusterSection,
    x: ArrayView2<'_, f32>,
    flux: Option<&Flux>,
    evaluator: &ClusteringEvaluator<'_>,
    observer: &dyn Observer,
) -> Result<Clusterings, WorkflowError> {
    let found = match (&section.fit_per, flux) {
        (Some(field), Some(flux)) => per_series::run(section, field, flux, x, evaluator, observer)?,
        _ => run_together(section, x, evaluator, observer),
    };
    let (mut results, mut failed) = (Vec::new(), Vec::new());
    for (method, found) in found {
        match found {
            Ok(result) => results.push(result),
            Err(error) => failed.push((method, error)),
        }
    }
    let failed = leave_out(failed, results.len(), observer)?;
    Ok(Clusterings { results, failed })
}

/// What each method found, or why it could not.
pub(super) type Found = Vec<(Method, Result<ClusteringResult, ClusterError>)>;

fn run_together(
    section: &ClusterSection,
    x: ArrayView2<'_, f32>,
    evaluator: &ClusteringEvaluator<'_>,
    observer: &dyn Observer,
) -> Found {
    let seed = evaluator.seed;
    let stage = observer.stage(Stage::Cluster, 0);
    let wants = |method: Method| section.methods.contains(&method);
    let sweep = if wants(Method::Kmeans) {
        section.kmeans.sweep_within(evaluator.memory, x, seed, observer)
    } else {
        Ok(Vec::new())
    };
    let fits = sweep.as_deref().unwrap_or_default();
    let grid =
        if wants(Method::Dbscan) { section.dbscan.grid().fit_within(evaluator.memory, x) } else { Ok(Vec::new()) };
    let cells = grid.as_deref().unwrap_or_default();
    drop(stage);

    let clusterings: Vec<&Clustering> =
        fits.iter().map(|fit| &fit.clustering).chain(cells.iter().map(|fit| &fit.clustering)).collect();
    let mut judged = evaluator.silhouettes(x, &clusterings, observer);
    let of_grid = judged.split_off(fits.len());
    let find = |method: Method| match method {
        Method::Kmeans => sweep
            .as_ref()
            .map_err(ClusterError::clone)
            .and_then(|sweep| pick_k_means::pick(section, x, seed, sweep, &judged, evaluator, observer)),
        Method::Dbscan => grid.as_ref().map_err(ClusterError::clone).and_then(|grid| {
            pick_dbscan::pick(section, x, grid, &of_grid).ok_or(ClusterError::TooFew { needed: 1, rows: x.nrows() })
        }),
        other => plain(section, other, x, seed, evaluator, observer),
    };
    let measured = |mut result: ClusteringResult| {
        evaluator.measure(&mut result, x);
        result
    };
    section.methods.iter().map(|&method| (method, find(method).map(measured))).collect()
}

/// An algorithm that runs once, with the recipe's parameters.
fn plain(
    section: &ClusterSection,
    method: Method,
    x: ArrayView2<'_, f32>,
    seed: u64,
    evaluator: &ClusteringEvaluator<'_>,
    observer: &dyn Observer,
) -> Result<ClusteringResult, ClusterError> {
    let stage = observer.stage(Stage::Cluster, 0);
    let clustering = section.clusterer(method).cluster_within(evaluator.memory, x, seed)?;
    drop(stage);
    let silhouettes = evaluator.silhouettes(x, &[&clustering], observer).pop().flatten();
    let parameters = match serde_json::to_value(section) {
        Ok(Value::Object(mut all)) => match all.remove(method.name()) {
            Some(Value::Object(own)) => own.into_iter().filter(|(_, value)| !value.is_null()).collect(),
            _ => BTreeMap::new(),
        },
        _ => BTreeMap::new(),
    };
    let (details, metrics) = (ClusteringDetails::Plain, BTreeMap::new());
    let alone = clustering.n_clusters() == 0;
    let notes = if alone { vec!["no image lies densely enough: all of them are noise".to_owned()] } else { Vec::new() };
    Ok(ClusteringResult { method, clustering, silhouettes, parameters, metrics, details, notes })
}

/// The assigner that places new images: by the centroids of k-means, the core points of DBSCAN, the means of the rest.
pub(crate) fn assigner(result: &ClusteringResult, x: ArrayView2<'_, f32>) -> Assigner {
    match &result.details {
        ClusteringDetails::KMeans { fit, .. } => Assigner::to_centroids(fit.centroids.clone()),
        ClusteringDetails::Dbscan { fit, .. } => Assigner::to_cores(x, &fit.clustering, &fit.core, fit.eps),
        ClusteringDetails::Plain | ClusteringDetails::Placed { .. } => Assigner::to_means(x, &result.clustering),
    }
}

/// The first two reduced features, shape `[n_images, 2]`; 0 where there are fewer.
pub(crate) fn plane(x: ArrayView2<'_, f32>) -> Array2<f32> {
    Array2::from_shape_fn((x.nrows(), 2), |(row, column)| x.get((row, column)).copied().unwrap_or(0.0))
}
