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
    let refitted = match NonZeroUsize::new(first.asked) {
        Some(k) if refit => {
            let fit = section.kmeans.fit_final(x, k, seed)?;
            let judged = evaluator.silhouettes(x, &[&fit.clustering], observer).pop().flatten();
            Some((fit, judged))
        }
        _ => None,
    };
    // k was chosen for what the sweep found: a fit that is worse would not be what was chosen.
    let refitted = refitted.filter(|(fit, judged)| {
        fit.inertia <= first.inertia && score(&row(x, fit, judged.as_ref())) >= score(&rows[best])
    });
    let (fit, silhouettes) = refitted.unwrap_or_else(|| (first.clone(), judged[best].clone()));
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

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use ndarray::Array2;
    use proptest::prelude::*;

    use super::*;
    use crate::clusterers::{Counts, KMeans, KMeansAlgorithm, PickK};
    use crate::data::{Manifest, nonzero};
    use crate::memory::MemoryBudget;
    use crate::progress::Silent;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(16))]
        #[test]
        fn the_last_fit_is_never_worse_than_the_sweep(seed in any::<u64>(), metric in 0_usize..3) {
            // Small batches and fewer starts than in the sweep: the last fit mostly ends in a worse place.
            let kmeans = KMeans {
                k: Counts::List(vec![nonzero::<3>(), nonzero::<5>()]),
                final_n_init: Some(nonzero::<1>()),
                algorithm: KMeansAlgorithm::MiniBatch,
                batch_size: nonzero::<8>(),
                ..KMeans::default()
            };
            let pick_k = [PickK::Silhouette, PickK::DaviesBouldin, PickK::CalinskiHarabasz][metric];
            let section = ClusterSection { kmeans: kmeans.clone(), pick_k, ..ClusterSection::default() };
            let x = Array2::from_shape_fn((80, 3), |(i, j)| ((i * 37 + j * 11) as f32).sin() + (i % 4) as f32);
            let sweep = kmeans.sweep(x.view(), seed, &Silent).unwrap();
            let evaluator = ClusteringEvaluator {
                manifest: &Manifest::default(),
                truth: None,
                kmeans: &kmeans,
                seed,
                silhouette_time: Duration::MAX,
                memory: MemoryBudget::of(1 << 30),
            };
            let clusterings: Vec<_> = sweep.iter().map(|fit| &fit.clustering).collect();
            let judged = evaluator.silhouettes(x.view(), &clusterings, &Silent);
            let picked = pick(&section, x.view(), seed, &sweep, &judged, &evaluator, &Silent).unwrap();
            let ClusteringDetails::KMeans { fit, .. } = &picked.details else { panic!("k-means") };
            let at = sweep.iter().position(|swept| swept.asked == fit.asked).unwrap();
            prop_assert!(fit.inertia <= sweep[at].inertia);
            let score = |fit: &KMeansFit, judged: Option<&Silhouettes>| {
                let KMeansSweepRow { silhouette, davies_bouldin, calinski_harabasz, .. } = row(x.view(), fit, judged);
                pick_k.score(PickMetrics { silhouette, davies_bouldin, calinski_harabasz })
            };
            prop_assert!(score(fit, picked.silhouettes.as_ref()) >= score(&sweep[at], judged[at].as_ref()));
        }
    }
}
