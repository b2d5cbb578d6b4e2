//! Runs the recipe's algorithms and judges what they found in one pass over all pairs of images.

use std::collections::BTreeMap;

use ndarray::{Array2, ArrayView2};
use serde_json::Value;

use super::group::{Details, Group};
use super::judging::Judge;
use super::{pick_dbscan, pick_k_means};
use crate::clusterers::{Assigner, ClusterError, ClusterSection, Method};
use crate::data::Clustering;
use crate::progress::{Observer, Stage};

/// Runs every method of `section` on `x`, shape `[n_images, n_features]`.
pub(crate) fn run(
    section: &ClusterSection,
    x: ArrayView2<'_, f32>,
    seed: u64,
    judge: &Judge<'_>,
    observer: &dyn Observer,
) -> Result<Vec<Group>, ClusterError> {
    let stage = observer.stage(Stage::Cluster, 0);
    let wants = |method: Method| section.methods.contains(&method);
    let sweep = if wants(Method::Kmeans) { section.kmeans.sweep(x, seed, observer)? } else { Vec::new() };
    let grid = if wants(Method::Dbscan) { section.dbscan.grid().fit(x) } else { Vec::new() };
    drop(stage);

    let clusterings: Vec<&Clustering> =
        sweep.iter().map(|fit| &fit.clustering).chain(grid.iter().map(|fit| &fit.clustering)).collect();
    let mut judged = judge.silhouettes(x, &clusterings, observer);
    let of_grid = judged.split_off(sweep.len());
    let mut groups = Vec::new();
    for method in &section.methods {
        match method {
            Method::Kmeans => groups.push(pick_k_means::pick(section, x, seed, &sweep, &judged, judge, observer)?),
            Method::Dbscan => groups.extend(pick_dbscan::pick(section, x, &grid, &of_grid)),
            other => groups.push(plain(section, *other, x, seed, judge, observer)?),
        }
    }
    for group in &mut groups {
        judge.measure(group, x);
    }
    Ok(groups)
}

/// An algorithm that runs once, with the recipe's parameters.
fn plain(
    section: &ClusterSection,
    method: Method,
    x: ArrayView2<'_, f32>,
    seed: u64,
    judge: &Judge<'_>,
    observer: &dyn Observer,
) -> Result<Group, ClusterError> {
    let stage = observer.stage(Stage::Cluster, 0);
    let clustering = section.clusterer(method).cluster(x, seed)?;
    drop(stage);
    let silhouettes = judge.silhouettes(x, &[&clustering], observer).pop().flatten();
    let parameters = match serde_json::to_value(section) {
        Ok(Value::Object(mut all)) => match all.remove(method.name()) {
            Some(Value::Object(own)) => own.into_iter().filter(|(_, value)| !value.is_null()).collect(),
            _ => BTreeMap::new(),
        },
        _ => BTreeMap::new(),
    };
    let (details, metrics, notes) = (Details::Plain, BTreeMap::new(), Vec::new());
    Ok(Group { method, clustering, silhouettes, parameters, metrics, details, notes })
}

/// What places new images: the centroids of k-means, the core points of DBSCAN, the means of the rest.
pub(crate) fn assigner(group: &Group, x: ArrayView2<'_, f32>) -> Assigner {
    match &group.details {
        Details::KMeans { fit, .. } => Assigner::to_centroids(fit.centroids.clone()),
        Details::Dbscan { fit, .. } => Assigner::to_cores(x, &fit.clustering, &fit.core, fit.eps),
        Details::Plain | Details::Placed { .. } => Assigner::to_means(x, &group.clustering),
    }
}

/// The first two reduced features, shape `[n_images, 2]`; 0 where there are fewer.
pub(crate) fn plane(x: ArrayView2<'_, f32>) -> Array2<f32> {
    Array2::from_shape_fn((x.nrows(), 2), |(row, column)| x.get((row, column)).copied().unwrap_or(0.0))
}
