//! Choice of radius and density for DBSCAN.

use std::collections::BTreeMap;

use ndarray::ArrayView2;
use serde_json::json;

use super::result::{ClusteringDetails, ClusteringResult, GridCell};
use crate::clusterers::{ClusterSection, DbscanFit, Method, PickCell};
use crate::data::Clustering;
use crate::metrics::{Silhouettes, noise_ratio};
use crate::pairwise::k_distances;

/// Picks the best cell of `grid` by the recipe's score; `None` for an empty grid.
pub(crate) fn pick(
    section: &ClusterSection,
    x: ArrayView2<'_, f32>,
    grid: &[DbscanFit],
    judged: &[Option<Silhouettes>],
) -> Option<ClusteringResult> {
    let cells: Vec<GridCell> = grid.iter().zip(judged).map(|(fit, judged)| cell(fit, judged.as_ref())).collect();
    let score = |index: usize| match section.dbscan.pick {
        PickCell::Silhouette => cells[index].silhouette,
        PickCell::Balanced => cells[index].balanced,
    };
    let judged_best = (0..cells.len())
        .rev()
        .filter(|&index| score(index).is_some())
        .max_by(|&a, &b| score(a).unwrap_or(0.0).total_cmp(&score(b).unwrap_or(0.0)));
    // Where no cell has two clusters, the one with the least noise is still an answer.
    let best = judged_best
        .or_else(|| (0..cells.len()).min_by_key(|&index| (cells[index].n_noise, cells[index].min_samples)))?;
    let fit = grid[best].clone();
    // With fewer images than that nothing is a core point, at no distance.
    let enough = fit.min_samples.get() <= x.nrows();
    let core_distances = if enough { k_distances(x, fit.min_samples.get()) } else { Vec::new() };
    let mut notes = Vec::new();
    if judged_best.is_none() {
        let proposal = match cells.iter().map(|cell| cell.min_samples).min() {
            Some(least) if least > x.nrows() => "there are fewer images than the smallest min_samples".to_owned(),
            _ => {
                format!("the knee of the k-distances proposes `--set cluster.dbscan.eps={:.3}`", knee(&core_distances))
            }
        };
        let what = if cells.iter().any(|cell| cell.n_clusters == 1) { "one cluster or noise" } else { "noise" };
        notes.push(format!("every cell of the grid is {what}; {proposal}"));
    }
    notes.extend(undivided(&fit.clustering));
    Some(ClusteringResult {
        method: Method::Dbscan,
        clustering: fit.clustering.clone(),
        silhouettes: judged[best].clone(),
        parameters: BTreeMap::from([
            ("eps".to_owned(), json!(fit.eps.get())),
            ("min_samples".to_owned(), json!(fit.min_samples.get())),
        ]),
        metrics: BTreeMap::new(),
        details: ClusteringDetails::Dbscan { fit, grid: cells, core_distances },
        notes,
    })
}

/// A word where most images are in one cluster, which tells little of them.
fn undivided(clustering: &Clustering) -> Option<String> {
    let largest = clustering.sizes().into_iter().max()?;
    let share = largest as f64 / clustering.len() as f64;
    (share > 0.5).then(|| {
        format!(
            "one cluster holds {:.0} % of the images: density does not divide them; `kmeans` or `hdbscan` may",
            share * 100.0
        )
    })
}

fn cell(fit: &DbscanFit, judged: Option<&Silhouettes>) -> GridCell {
    let noise_ratio = noise_ratio(&fit.clustering);
    let silhouette = judged.map(|judged| judged.mean);
    GridCell {
        eps: fit.eps.get(),
        min_samples: fit.min_samples.get(),
        n_clusters: fit.clustering.n_clusters(),
        n_noise: fit.clustering.n_noise(),
        noise_ratio,
        silhouette,
        balanced: silhouette.map(|silhouette| silhouette * (1.0 - noise_ratio)),
    }
}

/// The value of ascending `distances` that lies farthest below the line from the first to the last.
///
/// Reference: Satopaa et al., "Finding a kneedle in a haystack", ICDCS workshops 2011, without smoothing.
fn knee(distances: &[f32]) -> f64 {
    let (Some(&first), Some(&last)) = (distances.first(), distances.last()) else { return 0.0 };
    let (first, last, n) = (f64::from(first), f64::from(last), distances.len().max(2) as f64);
    let below = |index: usize| first + (last - first) * index as f64 / (n - 1.0) - f64::from(distances[index]);
    let best = (0..distances.len()).max_by(|&a, &b| below(a).total_cmp(&below(b))).unwrap_or(0);
    f64::from(distances[best])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_large_cluster_is_told() {
        let of = |labels: &[i64]| {
            undivided(&Clustering::by_number(&labels.iter().map(|&l| u32::try_from(l).ok()).collect::<Vec<_>>()))
        };
        assert_eq!(of(&[]), None);
        assert_eq!(of(&[0, 0, 1, 1, -1]), None);
        assert!(of(&[0, 0, 0, -1]).unwrap().starts_with("one cluster holds 75 % of the images"));
    }

    #[test]
    fn the_knee_is_where_the_curve_turns() {
        let mut distances: Vec<f32> = (0..90).map(|i| i as f32 * 0.001).collect();
        distances.extend((0..10).map(|i| 0.1 + i as f32));
        assert!((knee(&distances) - 0.089).abs() < 0.02, "{}", knee(&distances));
        assert_eq!(knee(&[]), 0.0);
    }
}
