//! Runs the recipe's algorithms and judges what they found in one pass over all pairs of images.

use std::collections::BTreeMap;

use ndarray::{Array2, ArrayView2};
use serde::Serialize;
use serde_json::{Value, json};

use super::judging::Judge;
use super::summary::{MethodSummary, rows};
use super::{pick_dbscan, pick_k_means};
use crate::clusterers::{Assigner, ClusterError, ClusterSection, DbscanFit, KMeansFit, Method};
use crate::data::{Clustering, Manifest};
use crate::metrics::Silhouettes;
use crate::progress::{Event, Observer, Stage};

/// What one algorithm came to.
#[derive(Debug, Clone)]
pub(super) struct Group {
    pub method: Method,
    pub clustering: Clustering,
    pub silhouettes: Option<Silhouettes>,
    /// The parameters that were given or picked.
    pub parameters: BTreeMap<String, Value>,
    /// What was measured, by name.
    pub metrics: BTreeMap<String, f64>,
    pub details: Details,
    pub notes: Vec<String>,
}

/// What only one algorithm has.
#[derive(Debug, Clone)]
pub(super) enum Details {
    KMeans {
        fit: KMeansFit,
        sweep: Vec<SweepRow>,
    },
    Dbscan {
        fit: DbscanFit,
        grid: Vec<GridCell>,
        core_distances: Vec<f32>,
    },
    Plain,
    /// Placed into another run's clusters, at these distances.
    Placed {
        distances: Vec<f32>,
    },
}

/// One number of clusters that was tried.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub(super) struct SweepRow {
    pub k: usize,
    pub inertia: f64,
    pub silhouette: Option<f64>,
    pub davies_bouldin: Option<f64>,
    pub calinski_harabasz: Option<f64>,
    pub smallest: usize,
    pub largest: usize,
}

/// One cell of the grid that was tried.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub(super) struct GridCell {
    pub eps: f64,
    pub min_samples: usize,
    pub n_clusters: usize,
    pub n_noise: usize,
    pub noise_ratio: f64,
    pub silhouette: Option<f64>,
    pub balanced: Option<f64>,
}

/// Runs every method of `section` on `x`, shape `[n_images, n_features]`.
pub(super) fn run(
    section: &ClusterSection,
    x: ArrayView2<'_, f32>,
    seed: u64,
    judge: &Judge<'_>,
    observer: &dyn Observer,
) -> Result<Vec<Group>, ClusterError> {
    observer.on(Event::Started { stage: Stage::Cluster, total: 0 });
    let wants = |method: Method| section.methods.contains(&method);
    let sweep = if wants(Method::Kmeans) { section.kmeans.sweep(x, seed, observer)? } else { Vec::new() };
    let grid = if wants(Method::Dbscan) { section.dbscan.grid().fit(x) } else { Vec::new() };
    observer.on(Event::Finished);

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
    observer.on(Event::Started { stage: Stage::Cluster, total: 0 });
    let clustering = section.clusterer(method).cluster(x, seed)?;
    observer.on(Event::Finished);
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
pub(super) fn assigner(group: &Group, x: ArrayView2<'_, f32>) -> Assigner {
    match &group.details {
        Details::KMeans { fit, .. } => Assigner::to_centroids(fit.centroids.clone()),
        Details::Dbscan { fit, .. } => Assigner::to_cores(x, &fit.clustering, &fit.core, fit.eps),
        Details::Plain | Details::Placed { .. } => Assigner::to_means(x, &group.clustering),
    }
}

impl Group {
    /// Distance of each image to its centroid, where there are centroids.
    pub fn distances(&self) -> Option<&[f32]> {
        match &self.details {
            Details::KMeans { fit, .. } => Some(&fit.distances),
            Details::Placed { distances } => Some(distances),
            Details::Dbscan { .. } | Details::Plain => None,
        }
    }

    pub fn summarise(&self, manifest: &Manifest, field: Option<&str>) -> MethodSummary {
        MethodSummary {
            method: self.method.name().to_owned(),
            parameters: self.parameters.clone(),
            metrics: self.metrics.clone(),
            clusters: rows(&self.clustering, manifest, field),
            n_noise: self.clustering.n_noise(),
            notes: self.notes.clone(),
        }
    }

    /// The method's part of results.json.
    pub fn to_json(&self, method: &MethodSummary) -> Value {
        let mut metrics = json!({
            "n_clusters": method.clusters.len(),
            "n_noise": method.n_noise,
            "parameters": method.parameters,
            "clusters": method.clusters,
        });
        for (name, value) in &method.metrics {
            metrics[name] = json!(value);
        }
        match &self.details {
            Details::KMeans { sweep, .. } => metrics["sweep"] = json!(sweep),
            Details::Dbscan { grid, .. } => metrics["grid"] = json!(grid),
            Details::Plain | Details::Placed { .. } => {}
        }
        metrics
    }
}

/// The first two reduced features, shape `[n_images, 2]`; 0 where there are fewer.
pub(super) fn plane(x: ArrayView2<'_, f32>) -> Array2<f32> {
    Array2::from_shape_fn((x.nrows(), 2), |(row, column)| x.get((row, column)).copied().unwrap_or(0.0))
}
