//! The result of one clustering algorithm, and its part of the summary and of results.json.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Value, json};

use super::summary::{MethodSummary, rows};
use crate::clusterers::{DbscanFit, KMeansFit, Method};
use crate::data::{Clustering, Manifest};
use crate::metrics::Silhouettes;

/// The clustering that one algorithm found, with its parameters, metrics and notes.
#[derive(Debug, Clone)]
pub(crate) struct ClusteringResult {
    pub method: Method,
    pub clustering: Clustering,
    pub silhouettes: Option<Silhouettes>,
    /// The parameters that were given or picked.
    pub parameters: BTreeMap<String, Value>,
    /// Metrics by name, such as `silhouette`.
    pub metrics: BTreeMap<String, f64>,
    pub details: ClusteringDetails,
    pub notes: Vec<String>,
}

/// Results that only one algorithm has.
#[derive(Debug, Clone)]
pub(crate) enum ClusteringDetails {
    KMeans {
        fit: KMeansFit,
        sweep: Vec<KMeansSweepRow>,
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
pub(crate) struct KMeansSweepRow {
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
pub(crate) struct GridCell {
    pub eps: f64,
    pub min_samples: usize,
    pub n_clusters: usize,
    pub n_noise: usize,
    pub noise_ratio: f64,
    pub silhouette: Option<f64>,
    pub balanced: Option<f64>,
}

impl ClusteringResult {
    /// Distance of each image to its centroid, where there are centroids.
    pub fn distances(&self) -> Option<&[f32]> {
        match &self.details {
            ClusteringDetails::KMeans { fit, .. } => Some(&fit.distances),
            ClusteringDetails::Placed { distances } => Some(distances),
            ClusteringDetails::Dbscan { .. } | ClusteringDetails::Plain => None,
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
            ClusteringDetails::KMeans { sweep, .. } => metrics["sweep"] = json!(sweep),
            ClusteringDetails::Dbscan { grid, .. } => metrics["grid"] = json!(grid),
            ClusteringDetails::Plain | ClusteringDetails::Placed { .. } => {}
        }
        metrics
    }
}
