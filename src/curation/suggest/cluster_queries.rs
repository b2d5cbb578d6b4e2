//! Farthest-first traversal, weighted by size, says which cluster to name next: a large one, far from everything named
//! so far.
//!
//! Reference: Gonzalez, "Clustering to minimize the maximum intercluster distance", 1985. After a few names every kind has been seen, and the names of the clusters in between can be guessed.

use std::collections::BTreeMap;

use ndarray::{Array2, ArrayView2, Axis};

use super::confident_learning::most_probable;
use super::known_labels::KnownLabels;
use super::predictions::{BATCH_SIZE, Suggestion, SuggestionKind};
use super::samples::evenly;
use crate::data::ClusterId;
use crate::pairwise::{Points, squared_distances_to};

/// A cluster with images that nobody has named or looked at.
pub(super) struct UnnamedCluster {
    id: ClusterId,
    /// Its open rows.
    rows: Vec<usize>,
    centre: Vec<f32>,
    /// Mean squared distance of its rows to the centre.
    spread: f32,
    /// Squared distance of the centre to the nearest labelled image; infinite without labels.
    distance: f32,
}

/// The unnamed clusters, the one to name first in front. `x` has shape `[n_images, n_features]`.
pub(super) fn unnamed(
    x: ArrayView2<'_, f32>,
    points: &Points,
    clusters: &[Option<ClusterId>],
    known: &KnownLabels,
) -> Vec<UnnamedCluster> {
    let mut rows_of: BTreeMap<ClusterId, Vec<usize>> = BTreeMap::new();
    for (row, id) in clusters.iter().enumerate().filter_map(|(row, id)| id.map(|id| (row, id))) {
        if known.is_open(row) {
            rows_of.entry(id).or_default().push(row);
        }
    }
    rows_of.retain(|_, rows| rows.iter().all(|&row| known.label[row].is_none()));
    let centres: Vec<Vec<f32>> = rows_of.values().map(|rows| centre(x, rows)).collect();
    let flat = Array2::from_shape_vec((centres.len(), x.ncols()), centres.concat()).unwrap_or_default();
    let distances = squared_distances_to(points, flat.view());
    let labelled: Vec<usize> = known.labelled().map(|(row, _)| row).collect();
    let mut unnamed: Vec<UnnamedCluster> = rows_of
        .into_iter()
        .zip(centres)
        .zip(distances.rows())
        .map(|(((id, rows), centre), distances)| {
            let spread = rows.iter().map(|&row| distances[row]).sum::<f32>() / rows.len() as f32;
            let distance = labelled.iter().map(|&row| distances[row]).fold(f32::INFINITY, f32::min);
            UnnamedCluster { id, rows, centre, spread, distance }
        })
        .collect();
    unnamed.sort_by(|a, b| b.weighted_distance().total_cmp(&a.weighted_distance()).then(a.id.cmp(&b.id)));
    unnamed
}

impl UnnamedCluster {
    /// Images times squared distance; images alone before anything is labelled.
    fn weighted_distance(&self) -> f32 {
        let size = self.rows.len() as f32;
        if self.distance.is_finite() { size * self.distance } else { size }
    }

    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Asks for its name. `probabilities` has shape `[n_images, n_classes]`.
    pub fn suggestion(
        &self,
        x: ArrayView2<'_, f32>,
        probabilities: ArrayView2<'_, f32>,
        classes: &[String],
    ) -> Suggestion {
        let class = probabilities.select(Axis(0), &self.rows).mean_axis(Axis(0)).and_then(|mean| {
            let class = most_probable(mean.view());
            mean.get(class).is_some_and(|&share| share >= 0.5).then(|| classes[class].clone())
        });
        // As long as everything named shows one class, that anything else shows it too is no finding.
        let class = class.filter(|_| classes.len() > 1);
        let (id, n) = (self.id, self.rows.len());
        let images = if n == 1 { "1 image".to_owned() } else { format!("{n} images") };
        let title = match &class {
            Some(class) => format!("Cluster {id} has no name yet; its {images} may show {class}."),
            None if classes.len() > 1 => {
                format!("Cluster {id} has no name yet; its {images} are unlike what is named so far.")
            }
            None => format!("Cluster {id} has no name yet: {images}."),
        };
        let rows = evenly(&self.by_typicality(x), BATCH_SIZE);
        Suggestion { kind: SuggestionKind::NameCluster, title, cluster: Some(id), clusters: Vec::new(), class, rows }
    }

    fn by_typicality(&self, x: ArrayView2<'_, f32>) -> Vec<usize> {
        let mut order: Vec<(f32, usize)> = self.rows.iter().map(|&row| (squared(x, row, &self.centre), row)).collect();
        order.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        order.into_iter().map(|(_, row)| row).collect()
    }
}

/// Asks whether two unnamed clusters, each the other's nearest and nearer than they are wide, are one.
pub(super) fn merges(x: ArrayView2<'_, f32>, unnamed: &[UnnamedCluster]) -> Vec<Suggestion> {
    let between = |a: &UnnamedCluster, b: &UnnamedCluster| {
        a.centre.iter().zip(&b.centre).map(|(a, b)| (a - b) * (a - b)).sum::<f32>()
    };
    let nearest = |a: usize| {
        let others = (0..unnamed.len()).filter(|b| *b != a).map(|b| (between(&unnamed[a], &unnamed[b]), b));
        others.min_by(|a, b| a.0.total_cmp(&b.0))
    };
    let nearest: Vec<Option<(f32, usize)>> = (0..unnamed.len()).map(nearest).collect();
    let mut pairs: Vec<(f32, usize, usize)> = nearest
        .iter()
        .enumerate()
        .filter_map(|(a, near)| near.map(|(distance, b)| (distance, a, b)))
        .filter(|&(distance, a, b)| {
            a < b
                && nearest[b].is_some_and(|(_, back)| back == a)
                && distance < 0.5 * (unnamed[a].spread + unnamed[b].spread)
        })
        .collect();
    pairs.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    let suggestion = |(_, a, b): (f32, usize, usize)| {
        let (a, b) = (&unnamed[a], &unnamed[b]);
        let half =
            |cluster: &UnnamedCluster| cluster.by_typicality(x).into_iter().take(BATCH_SIZE / 2).collect::<Vec<_>>();
        Suggestion {
            kind: SuggestionKind::Merge,
            title: format!("Clusters {} and {} lie side by side and may be one.", a.id, b.id),
            cluster: None,
            clusters: vec![a.id.min(b.id), a.id.max(b.id)],
            class: None,
            rows: [half(a), half(b)].concat(),
        }
    };
    pairs.into_iter().map(suggestion).collect()
}

fn centre(x: ArrayView2<'_, f32>, rows: &[usize]) -> Vec<f32> {
    let mut sums = vec![0.0_f64; x.ncols()];
    for &row in rows {
        sums.iter_mut().zip(x.row(row)).for_each(|(sum, &value)| *sum += f64::from(value));
    }
    sums.into_iter().map(|sum| (sum / rows.len() as f64) as f32).collect()
}

fn squared(x: ArrayView2<'_, f32>, row: usize, centre: &[f32]) -> f32 {
    x.row(row).iter().zip(centre).map(|(a, b)| (a - b) * (a - b)).sum()
}
