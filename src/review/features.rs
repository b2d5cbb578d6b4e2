//! The run's images as points: predictions, neighbours and parts of clusters.

use std::num::NonZeroUsize;

use ndarray::{Array2, Axis};

use crate::clusterers::KMeans;
use crate::curation::{Curation, LabelPredictions, SuggestionModel, review_clusters};
use crate::data::{ClusterId, Clustering};
use crate::files::images_csv;
use crate::pairwise::{Points, squared_distances_to};
use crate::workflow::run_features::run_features;
use crate::workflow::{Context, Curator, WorkflowError};

/// Of a long selection this many images, evenly spread, stand for all.
const STAND_INS: usize = 256;

/// The reduced features of a run, shape `[n_images, n_components]`.
pub(super) struct ReviewFeatures {
    x: Array2<f32>,
    points: Points,
    model: SuggestionModel,
    seed: u64,
}

/// A row and its distance.
pub(super) type Near = (usize, f32);

impl ReviewFeatures {
    /// Out of the store, through the run's projection.
    pub fn of_run(curator: &Curator, context: &Context<'_>) -> Result<Self, WorkflowError> {
        let (run, table) = (curator.run(), curator.table());
        let x = run_features(curator.folder(), run, table, context)?;
        let (n, d) = x.dim();
        let stage = || format!("suggestions for {n} images of {d} features");
        context.memory.admit_stage(SuggestionModel::memory(n, d), stage, "curate a run of a sample of the images")?;
        let ids = table.rows.iter().map(|row| row.id).collect();
        Ok(Self { points: Points::new(x.view()), model: SuggestionModel::new(x.clone(), ids), seed: run.seed, x })
    }

    /// The clustering that people review.
    pub fn review_clusters(&self) -> Clustering {
        review_clusters(self.x.view(), self.seed)
    }

    /// Predictions and suggestions from the decisions of `state`; `clusters` is the cluster of each row as it stands.
    pub fn predict(&self, state: &Curation, clusters: &[Option<ClusterId>]) -> LabelPredictions {
        self.model.predict(state, clusters)
    }

    /// The `n` rows that `wanted` lets pass and that are nearest to any of `rows`, without these, nearest first. Rows
    /// beyond the data are passed over.
    pub fn similar(&self, rows: &[usize], n: usize, wanted: impl Fn(usize) -> bool) -> Vec<Near> {
        let rows: Vec<usize> = rows.iter().copied().filter(|&row| row < self.x.nrows()).collect();
        let step = rows.len().div_ceil(STAND_INS).max(1);
        let stand_ins: Vec<usize> = rows.iter().copied().step_by(step).collect();
        let squared = squared_distances_to(&self.points, self.x.select(Axis(0), &stand_ins).view());
        let mut given = vec![false; self.x.nrows()];
        for row in rows {
            given[row] = true;
        }
        let nearest = |row: usize| squared.column(row).iter().copied().fold(f32::INFINITY, f32::min).max(0.0).sqrt();
        let mut near: Vec<Near> =
            (0..self.x.nrows()).filter(|&row| !given[row] && wanted(row)).map(|row| (row, nearest(row))).collect();
        near.sort_by(|a, b| a.1.total_cmp(&b.1).then(a.0.cmp(&b.0)));
        near.truncate(if stand_ins.is_empty() { 0 } else { n });
        near
    }

    /// `rows` in `parts` groups that are alike, the largest first.
    ///
    /// # Errors
    /// When there are fewer rows than parts.
    pub fn split(&self, rows: &[usize], parts: NonZeroUsize) -> Result<Vec<Vec<usize>>, WorkflowError> {
        let x = self.x.select(Axis(0), rows);
        let fit = KMeans::with_k(parts).fit(x.view(), parts, self.seed)?;
        let mut groups: Vec<Vec<usize>> = fit
            .clustering
            .ids()
            .map(|id| fit.clustering.members(Some(id)).map(|member| rows[member]).collect())
            .collect();
        groups.sort_by_key(|group| std::cmp::Reverse(group.len()));
        Ok(groups)
    }
}

/// How far each image is from the centre of its cluster of `method`: the mean of its members, or where there are no
/// features what the run wrote down, or 0.
pub(super) fn distances(curator: &Curator, method: &str, features: Option<&ReviewFeatures>) -> Vec<f32> {
    let table = curator.table();
    let Some(features) = features else {
        let column = images_csv::columns::distance(method);
        let read = images_csv::read_numbers(&curator.folder().join(images_csv::FILE), [column.as_str()]);
        let written = read.map_or_else(|_| vec![None; table.rows.len()], |[column]| column);
        return written.into_iter().map(|distance| distance.unwrap_or(0.0)).collect();
    };
    let mut distances = vec![0.0; table.rows.len()];
    let Some(clustering) = table.clusterings.get(method) else { return distances };
    for cluster in clustering.ids() {
        let members: Vec<usize> = clustering.members(Some(cluster)).collect();
        let Some(centre) = features.x.select(Axis(0), &members).mean_axis(Axis(0)) else { continue };
        for row in members {
            let squared: f32 = features.x.row(row).iter().zip(&centre).map(|(a, b)| (a - b) * (a - b)).sum();
            distances[row] = squared.sqrt();
        }
    }
    distances
}
