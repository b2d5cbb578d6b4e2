//! What one algorithm came to, and what it has to say about it.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Value, json};

use super::summary::{MethodSummary, rows};
use crate::clusterers::{DbscanFit, KMeansFit, Method};
use crate::data::{Clustering, Manifest};
use crate::metrics::Silhouettes;

/// What one algorithm came to.
#[derive(Debug, Clone)]
pub(crate) struct Group {
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
pub(crate) enum Details {
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
pub(crate) struct SweepRow {
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
