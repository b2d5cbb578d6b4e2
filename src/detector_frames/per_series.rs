//! One clustering per series of frames, all with the same two clusters: 0 is spoiled, 1 usable.

use std::collections::BTreeMap;

use ndarray::{ArrayView2, Axis};

use super::{Flux, agree};
use crate::clusterers::{ClusterError, Clusterer, SpoiledCluster};
use crate::data::{ClusterId, Clustering};
use crate::memory::MemoryBudget;
use crate::progress::{Observer, Stage};

/// The clusters of all series.
#[derive(Debug, Clone)]
pub struct PerSeries {
    /// 0 is spoiled, 1 usable; either may be empty.
    pub clustering: Clustering,
    /// Names of the series where the first frame did not decide, or brightness cannot tell, by what is to be said of them.
    pub remarks: BTreeMap<&'static str, Vec<String>>,
}

/// Clusters the rows of `x`, shape `[n_images, n_features]`, series by series. `flux` is that of all
/// images.
///
/// A series of fewer frames than the algorithm needs is one cluster.
///
/// # Errors
/// As [`Clusterer::cluster`], but for series of too few frames.
pub fn cluster_per_series(
    clusterer: &dyn Clusterer,
    x: ArrayView2<'_, f32>,
    series: &BTreeMap<String, Vec<usize>>,
    (flux, spoiled): (&Flux, SpoiledCluster),
    memory: MemoryBudget,
    seed: u64,
    observer: &dyn Observer,
) -> Result<PerSeries, ClusterError> {
    let stage = observer.stage(Stage::Cluster, series.len());
    let mut labels: Vec<Option<ClusterId>> = vec![None; x.nrows()];
    let mut remarks: BTreeMap<&'static str, Vec<String>> = BTreeMap::new();
    for (name, rows) in series {
        let clustering = match clusterer.cluster_within(memory, x.select(Axis(0), rows).view(), seed) {
            Err(ClusterError::TooFew { .. } | ClusterError::TooFewDense { .. }) => {
                Clustering::by_first_appearance(rows.iter().map(|_| Some(0)))
            }
            other => other?,
        };
        let agreed = agree(&clustering, &flux.light(rows), spoiled);
        if let Some(why) = agreed.remark {
            remarks.entry(why).or_default().push(name.clone());
        }
        rows.iter().zip(agreed.labels).for_each(|(&row, label)| labels[row] = label);
        stage.advance(1);
    }
    drop(stage);
    Ok(PerSeries { clustering: Clustering::placed(labels, 2), remarks })
}

#[cfg(test)]
mod tests {
    use ndarray::{arr2, aview2};

    use super::*;
    use crate::clusterers::{ClusterSection, Method};
    use crate::progress::Silent;

    #[test]
    fn all_series_have_the_same_two_clusters() {
        let section: ClusterSection = toml::from_str("kmeans.k = 2").unwrap();
        let x = [[0.0], [9.0], [9.0], [9.0], [0.0], [5.0]];
        let transmission = [0.1, 1.0, 1.0, 1.0, 0.1, 1.0];
        let series = [("ramp", vec![0, 1, 2]), ("lost", vec![3, 4]), ("single", vec![5])];
        let series = series.map(|(name, rows)| (name.to_owned(), rows)).into();
        let clusterer = section.clusterer(Method::Kmeans);
        let features = arr2(&transmission.map(|light| [1.0, light, light, 0.1, 0.0, 0.0, 0.0]));
        let flux = (&Flux::new(features.view(), Vec::new(), 0.9), SpoiledCluster::Auto);
        let (x, memory) = (aview2(&x), MemoryBudget::of(u64::MAX));
        let found = cluster_per_series(clusterer.as_ref(), x, &series, flux, memory, 1, &Silent);
        let found = found.unwrap();
        assert_eq!(found.clustering.signed(), [0, 1, 1, 1, 0, 1]);
        assert_eq!(found.remarks.into_values().flatten().collect::<Vec<_>>(), ["single", "lost"]);
    }
}
