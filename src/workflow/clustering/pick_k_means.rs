//! Choice of the number of clusters for k-means.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;

use ndarray::ArrayView2;
use serde_json::json;

use super::evaluator::ClusteringEvaluator;
use super::result::{ClusteringDetails, ClusteringResult, KMeansSweepRow};
use crate::clusterers::{ClusterError, ClusterSection, KMeansFit, Method, PickMetrics};
use crate::metrics::{Silhouettes, size_range, spread};
use crate::progress::Observer;

/// Picks the best fit of `sweep` by the recipe's metric; the smaller `k` where two are equally good.
pub(crate) fn pick(
    section: &ClusterSection,
    x: ArrayView2<'_, f32>,
    seed: u64,
    sweep: &[KMeansFit],
    judged: &[Option<Silhouettes>],
    evaluator: &ClusteringEvaluator<'_>,
    observer: &dyn Observer,
) -> Result<ClusteringResult, ClusterError> {
    let rows: Vec<KMeansSweepRow> =
        sweep.iter().zip(judged).map(|(fit, judged)| row(x, fit, judged.as_ref())).collect();
    let score = |row: &KMeansSweepRow| {
        let KMeansSweepRow { silhouette, davies_bouldin, calinski_harabasz, .. } = *row;
        section.pick_k.score(PickMetrics { silhouette, davies_bouldin, calinski_harabasz })
    };
    let best = (0..rows.len()).rev().max_by(|&a, &b| score(&rows[a]).total_cmp(&score(&rows[b]))).unwrap_or(0);
    let first = sweep.get(best).ok_or(ClusterError::TooFew { needed: 1, rows: x.nrows() })?;
    // The sweep may use few starts per k; the chosen k is then fitted once more with all of them.
    let refit = section.kmeans.final_n_init.is_some_and(|n| n != section.kmeans.n_init);
    let (fit, silhouettes) = match NonZeroUsize::new(first.asked) {
        Some(k) if refit => {
            let fit = section.kmeans.fit_final(x, k, seed)?;
            let judged = evaluator.silhouettes(x, &[&fit.clustering], observer).pop().flatten();
            (fit, judged)
        }
        _ => (first.clone(), judged[best].clone()),
    };
    let mut notes: Vec<String> = fit.warning().into_iter().collect();
    if rows.len() > 2 && best + 1 == rows.len() {
        notes.push(format!(
            "the best k is the largest tried: more may be better, `--set cluster.kmeans.k={{from={},to={}}}`",
            fit.asked,
            fit.asked * 2
        ));
    }
    Ok(ClusteringResult {
        method: Method::Kmeans,
        clustering: fit.clustering.clone(),
        silhouettes,
        parameters: BTreeMap::from([("k".to_owned(), json!(fit.asked))]),
        metrics: BTreeMap::new(),
        details: ClusteringDetails::KMeans { fit, sweep: rows },
        notes,
    })
}

fn row(x: ArrayView2<'_, f32>, fit: &KMeansFit, judged: Option<&Silhouettes>) -> KMeansSweepRow {
    let spread = spread(x, &fit.clustering);
    let (smallest, largest) = size_range(&fit.clustering).unwrap_or_default();
    KMeansSweepRow {
        k: fit.asked,
        inertia: fit.inertia,
        silhouette: judged.map(|judged| judged.mean),
        davies_bouldin: spread.davies_bouldin,
        calinski_harabasz: spread.calinski_harabasz,
        smallest,
        largest,
    }
}
