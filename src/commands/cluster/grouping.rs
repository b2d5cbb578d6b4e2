//! Runs the recipe's algorithms, judges what they found in one pass, and picks parameters.

use std::collections::BTreeMap;

use ndarray::{Array2, ArrayView2};
use serde::Serialize;
use serde_json::{Value, json};

use super::summary::{MethodSummary, rows};
use crate::clusterers::{Assigner, ClusterError, ClusterSection, DbscanFit, KMeansFit, Method, PickCell, PickK};
use crate::curation::Matched;
use crate::data::{Clustering, Manifest};
use crate::metrics::{Silhouettes, silhouettes};
use crate::pairwise::k_distances;
use crate::progress::{Event, Observer, Stage};

/// What one algorithm came to.
#[derive(Debug, Clone)]
pub(super) struct Group {
    pub method: Method,
    pub clustering: Clustering,
    pub silhouettes: Option<Silhouettes>,
    /// The parameters that were given or picked.
    pub parameters: BTreeMap<String, Value>,
    pub details: Details,
    pub notes: Vec<String>,
}

/// What only one algorithm has.
#[derive(Debug, Clone)]
pub(super) enum Details {
    KMeans { fit: KMeansFit, sweep: Vec<SweepRow> },
    Dbscan { fit: DbscanFit, grid: Vec<GridCell>, core_distances: Vec<f32> },
}

/// One number of clusters that was tried.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub(super) struct SweepRow {
    pub k: usize,
    pub inertia: f64,
    pub silhouette: Option<f64>,
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
    observer: &dyn Observer,
) -> Result<Vec<Group>, ClusterError> {
    observer.on(Event::Started { stage: Stage::Cluster, total: 0 });
    let sweep = match section.methods.contains(&Method::Kmeans) {
        true => section.kmeans.sweep(x, seed, observer)?,
        false => Vec::new(),
    };
    let grid = match section.methods.contains(&Method::Dbscan) {
        true => section.dbscan.grid().fit(x),
        false => Vec::new(),
    };
    observer.on(Event::Finished);
    observer.on(Event::Started { stage: Stage::Evaluate, total: 0 });
    let clusterings: Vec<&Clustering> =
        sweep.iter().map(|fit| &fit.clustering).chain(grid.iter().map(|fit| &fit.clustering)).collect();
    let mut judged = silhouettes(x, &clusterings);
    let of_grid = judged.split_off(sweep.len());
    let mut groups = Vec::new();
    for method in &section.methods {
        match method {
            Method::Kmeans => groups.push(pick_k_means(section, x, seed, &sweep, &judged)?),
            Method::Dbscan => groups.extend(pick_dbscan(section, x, &grid, &of_grid)),
        }
    }
    observer.on(Event::Finished);
    Ok(groups)
}

fn pick_k_means(
    section: &ClusterSection,
    x: ArrayView2<'_, f32>,
    seed: u64,
    sweep: &[KMeansFit],
    judged: &[Option<Silhouettes>],
) -> Result<Group, ClusterError> {
    let rows: Vec<SweepRow> = sweep
        .iter()
        .zip(judged)
        .map(|(fit, silhouettes)| {
            let sizes = fit.clustering.sizes();
            SweepRow {
                k: fit.asked,
                inertia: fit.inertia,
                silhouette: silhouettes.as_ref().map(|s| s.mean),
                smallest: sizes.iter().copied().min().unwrap_or(0),
                largest: sizes.iter().copied().max().unwrap_or(0),
            }
        })
        .collect();
    let score = |index: usize| match section.pick_k {
        PickK::Silhouette => rows[index].silhouette.unwrap_or(f64::NEG_INFINITY),
        PickK::DaviesBouldin | PickK::CalinskiHarabasz => f64::NEG_INFINITY,
    };
    let best = (0..rows.len()).rev().max_by(|&a, &b| score(a).total_cmp(&score(b))).unwrap_or(0);
    let first = sweep.get(best).ok_or(ClusterError::TooFew { needed: 1, rows: x.nrows() })?;
    let again = section.kmeans.final_n_init.is_some_and(|n| n != section.kmeans.n_init);
    let (fit, silhouettes) = match std::num::NonZeroUsize::new(first.asked) {
        Some(k) if again => {
            let fit = section.kmeans.fit_final(x, k, seed)?;
            let judged = silhouettes(x, &[&fit.clustering]).pop().flatten();
            (fit, judged)
        }
        _ => (first.clone(), judged[best].clone()),
    };
    let mut notes = Vec::new();
    if fit.clustering.n_clusters() < fit.asked {
        notes.push(format!("the images have only {} distinct features vectors", fit.clustering.n_clusters()));
    }
    Ok(Group {
        method: Method::Kmeans,
        clustering: fit.clustering.clone(),
        silhouettes,
        parameters: BTreeMap::from([("k".to_owned(), json!(fit.asked))]),
        details: Details::KMeans { fit, sweep: rows },
        notes,
    })
}

fn pick_dbscan(
    section: &ClusterSection,
    x: ArrayView2<'_, f32>,
    grid: &[DbscanFit],
    judged: &[Option<Silhouettes>],
) -> Option<Group> {
    let n = x.nrows().max(1) as f64;
    let cells: Vec<GridCell> = grid
        .iter()
        .zip(judged)
        .map(|(fit, silhouettes)| {
            let n_noise = fit.clustering.n_noise();
            let noise_ratio = n_noise as f64 / n;
            let silhouette = silhouettes.as_ref().map(|s| s.mean);
            GridCell {
                eps: fit.eps.get(),
                min_samples: fit.min_samples.get(),
                n_clusters: fit.clustering.n_clusters(),
                n_noise,
                noise_ratio,
                silhouette,
                balanced: silhouette.map(|s| s * (1.0 - noise_ratio)),
            }
        })
        .collect();
    let score = |cell: &GridCell| match section.dbscan.pick {
        PickCell::Silhouette => cell.silhouette,
        PickCell::Balanced => cell.balanced,
    };
    let judged_best = (0..cells.len())
        .rev()
        .filter(|&index| score(&cells[index]).is_some())
        .max_by(|&a, &b| score(&cells[a]).unwrap_or(0.0).total_cmp(&score(&cells[b]).unwrap_or(0.0)));
    // Where no cell has two clusters, the one with the least noise is still an answer.
    let best = judged_best.or_else(|| (0..cells.len()).rev().min_by_key(|&index| cells[index].n_noise))?;
    let fit = grid[best].clone();
    let core_distances = k_distances(x, fit.min_samples.get());
    let mut notes = Vec::new();
    if judged_best.is_none() {
        notes.push(format!(
            "no radius of the grid finds two clusters; the knee of the k-distances proposes `--set cluster.dbscan.eps={:.3}`",
            knee(&core_distances)
        ));
    }
    Some(Group {
        method: Method::Dbscan,
        clustering: fit.clustering.clone(),
        silhouettes: judged[best].clone(),
        parameters: BTreeMap::from([
            ("eps".to_owned(), json!(fit.eps.get())),
            ("min_samples".to_owned(), json!(fit.min_samples.get())),
        ]),
        details: Details::Dbscan { fit, grid: cells, core_distances },
        notes,
    })
}

/// The value of ascending `distances` that lies farthest below the line from the first to the last.
///
/// Reference: Satopaa et al., "Finding a kneedle in a haystack", ICDCS workshops 2011, without smoothing.
pub(super) fn knee(distances: &[f32]) -> f64 {
    let (Some(&first), Some(&last)) = (distances.first(), distances.last()) else { return 0.0 };
    let (first, last, n) = (f64::from(first), f64::from(last), distances.len().max(2) as f64);
    let below = |index: usize| first + (last - first) * index as f64 / (n - 1.0) - f64::from(distances[index]);
    let best = (0..distances.len()).max_by(|&a, &b| below(a).total_cmp(&below(b))).unwrap_or(0);
    f64::from(distances[best])
}

/// What places new images: the centroids of k-means, or else the core points of DBSCAN.
pub(super) fn assigner(groups: &[Group], x: ArrayView2<'_, f32>) -> Option<Assigner> {
    let centroids = groups.iter().find_map(|group| match &group.details {
        Details::KMeans { fit, .. } => Some(Assigner::to_centroids(fit.centroids.clone())),
        Details::Dbscan { .. } => None,
    });
    centroids.or_else(|| groups.first().map(|group| Assigner::to_means(x, &group.clustering)))
}

impl Group {
    /// Distance of each image to its centroid, where there are centroids.
    pub fn distances(&self) -> Option<&[f32]> {
        match &self.details {
            Details::KMeans { fit, .. } => Some(&fit.distances),
            Details::Dbscan { .. } => None,
        }
    }

    pub fn summarise(&self, manifest: &Manifest, field: Option<&str>, truth: Option<&Matched>) -> MethodSummary {
        let mut metrics = BTreeMap::new();
        if let Some(silhouettes) = &self.silhouettes {
            metrics.insert("silhouette".to_owned(), silhouettes.mean);
        }
        match &self.details {
            Details::KMeans { fit, .. } => drop(metrics.insert("inertia".to_owned(), fit.inertia)),
            Details::Dbscan { .. } => {
                let n = self.clustering.len().max(1) as f64;
                metrics.insert("noise_ratio".to_owned(), self.clustering.n_noise() as f64 / n);
            }
        }
        let _ = truth;
        MethodSummary {
            method: self.method.name().to_owned(),
            parameters: self.parameters.clone(),
            metrics,
            clusters: rows(&self.clustering, manifest, field),
            n_noise: self.clustering.n_noise(),
            notes: self.notes.clone(),
        }
    }
}

/// The method's part of results.json.
pub(super) fn metrics_json(group: &Group, method: &MethodSummary) -> Value {
    let mut metrics = json!({
        "n_clusters": method.clusters.len(),
        "n_noise": method.n_noise,
        "parameters": method.parameters,
        "clusters": method.clusters,
    });
    for (name, value) in &method.metrics {
        metrics[name] = json!(value);
    }
    match &group.details {
        Details::KMeans { sweep, .. } => metrics["sweep"] = json!(sweep),
        Details::Dbscan { grid, .. } => metrics["grid"] = json!(grid),
    }
    metrics
}

/// The first two reduced features, shape `[n_images, 2]`; 0 where there are fewer.
pub(super) fn plane(x: ArrayView2<'_, f32>) -> Array2<f32> {
    Array2::from_shape_fn((x.nrows(), 2), |(row, column)| x.get((row, column)).copied().unwrap_or(0.0))
}
