//! Clustering evaluation: how good the clusters are: by themselves, against name fields, against the truth where there
//! is one.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::time::Duration;

use ndarray::{ArrayView2, Axis};
use rand::SeedableRng;
use rand::seq::index;
use rand_chacha::ChaCha8Rng;

use super::result::{ClusteringDetails, ClusteringResult};
use crate::clusterers::{Clusterer, KMeans};
use crate::curation::MatchedLabels;
use crate::data::{Clustering, Manifest};
use crate::memory::MemoryBudget;
use crate::metrics::{
    Contingency, Silhouettes, adjusted_rand_index, cramers_v, hungarian_accuracy, noise_ratio,
    normalized_mutual_information, purity, silhouette_cost, silhouette_memory, silhouette_sums, silhouettes,
    size_range, spread, stability,
};
use crate::progress::{Note, Observer, Stage, Warning};

/// Evaluates clusterings by silhouette, stability, name fields and, where there is one, the truth.
pub(crate) struct ClusteringEvaluator<'a> {
    pub manifest: &'a Manifest,
    pub truth: Option<&'a MatchedLabels>,
    pub kmeans: &'a KMeans,
    pub seed: u64,
    /// Silhouettes over all pairs of images may take so long; beyond it, and where they do not fit in memory, a stated
    /// sample is measured.
    pub silhouette_time: Duration,
    pub memory: MemoryBudget,
}

/// Fields of more values than this name images rather than groups.
const MOST_VALUES: usize = 100;
/// Fits with other seeds that a clustering must resemble to be called stable.
const RESEEDED: u64 = 4;
/// Mean adjusted Rand index between fits with other seeds from which on they are one answer: an index from 0.8 to 0.9 is a
/// good agreement (Steinley, "Properties of the Hubert–Arabie adjusted Rand index", Psychological Methods 2004).
const STABLE: f64 = 0.8;
const GIB: f64 = (1_u64 << 30) as f64;
/// A stage that is expected to take longer than this says so before it starts.
const WORTH_SAYING: f64 = 10.0;

/// Neighbouring clusterings whose sums of distances fit in `most` bytes together; one that needs more stands alone.
fn in_passes<'a, 'b>(clusterings: &'a [&'b Clustering], most: u64) -> Vec<&'a [&'b Clustering]> {
    let mut clusters = clusterings.first().map_or(0, |first| first.n_clusters());
    let passes = clusterings.chunk_by(move |_, next| {
        clusters += next.n_clusters();
        let fits = silhouette_sums(clusters) <= most;
        if !fits {
            clusters = next.n_clusters();
        }
        fits
    });
    passes.collect()
}

impl ClusteringEvaluator<'_> {
    /// Silhouettes of all clusterings in one pass, or in several where sums of distances to all clusters do not fit in
    /// memory together; of a random sample of images where all would take too long.
    pub fn silhouettes(
        &self,
        x: ArrayView2<'_, f32>,
        clusterings: &[&Clustering],
        observer: &dyn Observer,
    ) -> Vec<Option<Silhouettes>> {
        if clusterings.is_empty() {
            return Vec::new();
        }
        let left = self.memory.left();
        let passes = in_passes(clusterings, left / 2);
        let cost = silhouette_cost(x.nrows(), x.ncols()) * passes.len() as f64;
        let bytes = silhouette_memory(x.nrows(), x.ncols(), clusterings.len()) as f64;
        let share = (self.silhouette_time.as_secs_f64() / cost).sqrt().min(left as f64 / 2.0 / bytes);
        if share < 1.0 {
            let n = (x.nrows() as f64 * share) as usize;
            observer.warn(&Warning::SilhouettesSampled { seconds: cost, gib: bytes / GIB, images: n });
            return passes.into_iter().flat_map(|pass| self.sampled(x, pass, n)).collect();
        }
        if cost > WORTH_SAYING {
            observer.note(&Note::SilhouettesTakeLong { seconds: cost });
        }
        let _stage = observer.stage(Stage::Evaluate, 0);
        passes.into_iter().flat_map(|pass| silhouettes(x, pass)).collect()
    }

    fn sampled(&self, x: ArrayView2<'_, f32>, clusterings: &[&Clustering], n: usize) -> Vec<Option<Silhouettes>> {
        let mut rng = ChaCha8Rng::seed_from_u64(self.seed);
        let mut rows = index::sample(&mut rng, x.nrows(), n.clamp(2.min(x.nrows()), x.nrows())).into_vec();
        rows.sort_unstable();
        let part = x.select(Axis(0), &rows);
        let parts: Vec<Clustering> = clusterings
            .iter()
            .map(|clustering| {
                let labels: Vec<Option<u32>> =
                    rows.iter().map(|&row| clustering.labels()[row].map(|id| id.0)).collect();
                Clustering::by_number(&labels)
            })
            .collect();
        let judged = silhouettes(part.view(), &parts.iter().collect::<Vec<_>>());
        let spread_out = |judged: Silhouettes| {
            let mut per_image = vec![None; x.nrows()];
            rows.iter().zip(judged.per_image).for_each(|(&row, value)| per_image[row] = value);
            Silhouettes { mean: judged.mean, per_image }
        };
        judged.into_iter().map(|judged| judged.map(spread_out)).collect()
    }

    /// Fills in the metrics of a result.
    pub(crate) fn measure(&self, result: &mut ClusteringResult, x: ArrayView2<'_, f32>) {
        let clustering = &result.clustering;
        let mut metrics = BTreeMap::new();
        let mut put = |name: &str, value: Option<f64>| {
            if let Some(value) = value {
                metrics.insert(name.to_owned(), value);
            }
        };
        let spread = spread(x, clustering);
        put("inertia", Some(spread.inertia));
        put("silhouette", result.silhouettes.as_ref().map(|s| s.mean));
        put("davies_bouldin", spread.davies_bouldin);
        put("calinski_harabasz", spread.calinski_harabasz);
        put("noise_ratio", Some(noise_ratio(clustering)));
        if let Some((smallest, largest)) = size_range(clustering) {
            put("smallest_cluster", Some(smallest as f64));
            put("largest_cluster", Some(largest as f64));
        }
        put("stability", self.stability(result, x));
        for (field, table) in self.against_fields(clustering) {
            put(&format!("nmi_{field}"), normalized_mutual_information(&table));
            put(&format!("cramers_v_{field}"), cramers_v(&table));
        }
        if let Some(truth) = self.truth {
            let classes = (0..clustering.len()).map(|row| truth.labels.get(&row).map(|(class, _)| class.as_str()));
            let table = Contingency::new(clustering.labels().iter().copied().zip(classes));
            put("purity", purity(&table));
            put("nmi", normalized_mutual_information(&table));
            put("ari", adjusted_rand_index(&table));
            put("hungarian_accuracy", hungarian_accuracy(&table));
        }
        if let Some(stability) = metrics.get("stability").filter(|stability| **stability < STABLE) {
            result.notes.push(format!(
                "other seeds give other clusters (stability {stability:.2}, below {STABLE}): these are one of several \
                 answers"
            ));
        }
        result.metrics = metrics;
    }

    /// Mean adjusted Rand index between fits with other seeds; only k-means draws numbers.
    fn stability(&self, result: &ClusteringResult, x: ArrayView2<'_, f32>) -> Option<f64> {
        let ClusteringDetails::KMeans { fit, .. } = &result.details else { return None };
        let recipe = KMeans { k: crate::clusterers::Counts::One(NonZeroUsize::new(fit.asked)?), ..self.kmeans.clone() };
        let others = (1..=RESEEDED).map(|offset| recipe.cluster(x, self.seed.wrapping_add(offset)));
        let all: Result<Vec<Clustering>, _> = std::iter::once(Ok(result.clustering.clone())).chain(others).collect();
        stability(&all.ok()?)
    }

    /// Whether clusters merely follow a name field: one table per field that groups the images.
    fn against_fields(&self, clustering: &Clustering) -> Vec<(String, Contingency)> {
        let tables = self.manifest.field_names().into_iter().map(|field| {
            let values = self.manifest.records.iter().map(|record| record.fields.get(&field).map(String::as_str));
            let table = Contingency::new(clustering.labels().iter().copied().zip(values));
            (field, table)
        });
        tables.filter(|(_, table)| (2..=MOST_VALUES).contains(&table.n_columns())).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clusterings_share_a_pass_while_their_sums_fit() {
        let of = |k: u32| Clustering::by_number(&(0..k).map(Some).collect::<Vec<_>>());
        let all = [2, 3, 4, 9, 1, 1].map(of);
        let all: Vec<&Clustering> = all.iter().collect();
        let sizes = |clusters: usize| {
            in_passes(&all, silhouette_sums(clusters)).into_iter().map(<[_]>::len).collect::<Vec<_>>()
        };
        assert_eq!((sizes(20), sizes(9), sizes(5), sizes(0)), (vec![6], vec![3, 1, 2], vec![2, 1, 1, 2], vec![1; 6]));
        assert!(in_passes(&[], 5).is_empty());
    }
}
