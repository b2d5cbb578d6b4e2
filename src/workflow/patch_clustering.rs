//! Patches become clusters: statistics standardised, reduced and grouped, for each image alone or for all together.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;

use ndarray::{Array2, ArrayView2, Axis};

use super::clustering::{FailedMethod, leave_out, or_left_out};
use crate::clusterers::{ClusterError, Counts, Method, SingleClusterSection};
use crate::data::{Clustering, Fraction, Positive};
use crate::features::{Patches, Statistic, make_finite};
use crate::memory::{MemoryBudget, StageOverBudget, bytes_of};
use crate::metrics::{silhouette_memory, silhouette_sums, silhouettes, upper_median};
use crate::progress::Observer;
use crate::recipes::{FitPer, PatchesRecipe};
use crate::reducers::{self, Projection, Reduction};
use crate::workflow::WorkflowError;

/// How patches are clustered.
#[derive(Debug, Clone)]
pub(crate) struct PatchClusterer {
    pub statistics: Vec<Statistic>,
    /// Where standardised statistics are cut, in standard deviations.
    pub clip: Positive,
    pub fit_per: FitPer,
    /// Share of a patch that must show an object, or it is background; absent: clusters tell.
    pub object_share: Option<Fraction>,
    pub reduce: Reduction,
    pub cluster: SingleClusterSection,
    pub seed: u64,
    /// What a method may take; one that needs more is left out.
    pub memory: MemoryBudget,
}

/// The clustering of the patches by one algorithm.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct PatchClusters {
    pub method: Method,
    /// By image and patch; `None` where the patch is left out. Cluster 0 is the background where that is told by objects;
    /// all others, or all, are numbered by the mean standard deviation of the patches, the quietest first.
    pub labels: Vec<Vec<Option<u32>>>,
    /// Whether cluster 0 is what shows no object, and no other is background.
    pub by_objects: bool,
    /// Mean silhouette in the space that was clustered, in `-1.0..=1.0`.
    pub silhouette: Option<f64>,
    /// The same in the space of the statistics as they are.
    pub silhouette_raw: Option<f64>,
}

/// What the methods of a recipe made of the patches.
pub(crate) struct FittedPatches {
    /// One per method that could, at least one.
    pub found: Vec<PatchClusters>,
    /// The methods that could not group the patches.
    pub failed: Vec<FailedMethod>,
    /// Statistics that were not finite and became 0.
    pub replaced: usize,
}

impl PatchClusters {
    /// Patches per cluster.
    pub fn sizes(&self) -> Vec<usize> {
        let mut sizes = Vec::new();
        for label in self.labels.iter().flatten().flatten() {
            let at = *label as usize;
            sizes.resize(sizes.len().max(at + 1), 0);
            sizes[at] += 1;
        }
        sizes
    }

    /// How many clusters show background alone, from cluster 0 on, which always does: the typical patch of each is hardly
    /// busier than that of cluster 0. `images` are those that were clustered.
    pub fn background(&self, images: &[&Patches]) -> usize {
        if self.by_objects {
            return self.sizes().len().min(1);
        }
        let mut deviations = vec![Vec::new(); self.sizes().len()];
        for (patches, labels) in images.iter().zip(&self.labels) {
            for (patch, label) in labels.iter().enumerate().filter_map(|(patch, label)| Some((patch, (*label)?))) {
                deviations[label as usize].push(value(patches, patch, Statistic::Std));
            }
        }
        let typical: Vec<Option<f64>> = deviations.iter_mut().map(|values| upper_median(values)).collect();
        let Some(quietest) = typical.first().copied().flatten() else { return 0 };
        typical.iter().take_while(|one| one.is_some_and(|one| one <= ALIKE * quietest)).count()
    }
}

/// How much busier than the quietest cluster one of background may be: where light falls to half, noise of photons falls
/// to 0.7, and background that is clustered by its light differs by a factor of 1.4.
const ALIKE: f64 = 1.5;

impl PatchClusterer {
    /// The same with `k` clusters.
    pub fn with_k(&self, k: std::num::NonZeroUsize) -> Self {
        Self { cluster: self.cluster.clone().with_k(k), ..self.clone() }
    }

    /// The same with one of its methods alone.
    pub fn only(&self, method: Method) -> Self {
        let cluster = SingleClusterSection { methods: vec![method], ..self.cluster.clone() };
        Self { cluster, ..self.clone() }
    }

    /// Clusters the patches of `images` by every method.
    ///
    /// Patches that are fewer than the clusters asked for, as those of a nearly black image, are one cluster. A method
    /// that cannot is left out.
    ///
    /// # Errors
    /// When no method can group the patches, or their statistics cannot be reduced.
    pub fn fit(&self, images: &[&Patches], observer: &dyn Observer) -> Result<FittedPatches, WorkflowError> {
        let mut replaced = 0;
        let groups: Vec<Vec<usize>> = match self.fit_per {
            FitPer::Set => vec![(0..images.len()).collect()],
            FitPer::Image => (0..images.len()).map(|image| vec![image]).collect(),
        };
        let empty = |method: &Method| PatchClusters {
            method: *method,
            labels: images.iter().map(|patches| vec![None; patches.ignored.len()]).collect(),
            by_objects: self.object_share.is_some(),
            silhouette: None,
            silhouette_raw: None,
        };
        let mut found: Vec<PatchClusters> = self.cluster.methods.iter().map(empty).collect();
        let mut scores = vec![[Mean::default(); 2]; found.len()];
        let mut failed: BTreeMap<Method, ClusterError> = BTreeMap::new();
        for group in groups {
            let places = kept(images, &group);
            if places.is_empty() {
                continue;
            }
            self.admit(places.len())?;
            let (raw, odd) = self.matrix(images, &places);
            replaced += odd;
            let (_, x) = self.reduced(raw.view())?;
            for (clusters, scores) in found.iter_mut().zip(&mut scores) {
                if failed.contains_key(&clusters.method) {
                    continue;
                }
                // Clusters are numbered by standard deviation, so that 0 is the quietest in every image.
                let deviations: Vec<f64> =
                    places.iter().map(|&(image, patch)| value(images[image], patch, Statistic::Std)).collect();
                let found = match self.object_share {
                    None => self.group(clusters.method, x.view()).map(|found| numbered_by_mean(&found, &deviations)),
                    Some(share) => self.group_objects(clusters.method, x.view(), &deviations, |row| {
                        let (image, patch) = places[row];
                        images[image].shows_object(patch, share)
                    }),
                };
                let labels = match found {
                    Ok(labels) => labels,
                    Err(error) => {
                        failed.insert(clusters.method, error);
                        continue;
                    }
                };
                let clustering = Clustering::by_number(&labels);
                for (score, space) in scores.iter_mut().zip([x.view(), raw.view()]) {
                    let judged = self.silhouette(space, &clustering);
                    score.add(or_left_out("silhouette", judged, observer).flatten(), places.len());
                }
                for (&(image, patch), label) in places.iter().zip(labels) {
                    clusters.labels[image][patch] = label;
                }
            }
        }
        for (clusters, [clustered, raw]) in found.iter_mut().zip(scores) {
            (clusters.silhouette, clusters.silhouette_raw) = (clustered.value(), raw.value());
        }
        found.retain(|clusters| !failed.contains_key(&clusters.method));
        let failed = leave_out(failed.into_iter().collect(), found.len(), observer)?;
        Ok(FittedPatches { found, failed, replaced })
    }

    /// The clusters of the rows of `x`; all in one where there are fewer rows than clusters.
    fn group(&self, method: Method, x: ArrayView2<'_, f32>) -> Result<Clustering, ClusterError> {
        match self.cluster.clusterer(method).cluster_within(self.memory, x, self.seed) {
            Err(ClusterError::TooFew { .. } | ClusterError::TooFewDense { .. }) => {
                Ok(Clustering::by_number(&vec![Some(0); x.nrows()]))
            }
            found => found,
        }
    }

    /// Rows that show no object are cluster 0; the others are clustered by themselves, into one cluster less than asked for.
    fn group_objects(
        &self,
        method: Method,
        x: ArrayView2<'_, f32>,
        deviations: &[f64],
        shows_object: impl Fn(usize) -> bool,
    ) -> Result<Vec<Option<u32>>, ClusterError> {
        let rows: Vec<usize> = (0..x.nrows()).filter(|row| shows_object(*row)).collect();
        let mut labels = vec![Some(0); x.nrows()];
        if rows.is_empty() {
            return Ok(labels);
        }
        let found = self.with_one_less().group(method, x.select(Axis(0), &rows).view())?;
        let deviations: Vec<f64> = rows.iter().map(|row| deviations[*row]).collect();
        for (row, label) in rows.iter().zip(numbered_by_mean(&found, &deviations)) {
            labels[*row] = label.map(|label| label + 1);
        }
        Ok(labels)
    }

    /// The same with one cluster less of every method that takes their number, and one at least.
    fn with_one_less(&self) -> Self {
        let less = |k: NonZeroUsize| NonZeroUsize::new(k.get() - 1).unwrap_or(k);
        let mut fewer = self.clone();
        let cluster = &mut fewer.cluster;
        cluster.kmeans.k = Counts::One(less(cluster.kmeans.k.first()));
        cluster.hierarchical.k = less(cluster.hierarchical.k);
        cluster.gaussian_mixture.k = less(cluster.gaussian_mixture.k);
        cluster.hybrid.k = less(cluster.hybrid.k);
        fewer
    }

    /// The patches of all images that are not left out, as image and patch, and the space that they have in common:
    /// that which is clustered, unless each image is by itself. `None` where all are left out.
    pub fn project(&self, images: &[&Patches]) -> Result<Option<PatchSpace>, WorkflowError> {
        let all: Vec<usize> = (0..images.len()).collect();
        let places = kept(images, &all);
        if places.is_empty() {
            return Ok(None);
        }
        self.admit(places.len())?;
        let (projection, x) = self.reduced(self.matrix(images, &places).0.view())?;
        Ok(Some(PatchSpace { places, projection, x }))
    }

    /// Asks for the statistics of `n` patches: as they are, standardised, and cut.
    fn admit(&self, n: usize) -> Result<(), WorkflowError> {
        let d = self.statistics.len();
        let stage = || format!("{d} statistics of {n} patches");
        Ok(self.memory.admit_stage(bytes_of::<f32>(&[n, d, 3]), stage, "lower `patches.slices`")?)
    }

    /// The space that is clustered.
    fn reduced(&self, raw: ArrayView2<'_, f32>) -> Result<(Projection, Array2<f32>), WorkflowError> {
        if !self.reduce.standardize {
            return Ok(self.reduce.fit_within(self.memory, raw, &[], self.seed)?);
        }
        let standardized = Reduction { method: reducers::ReductionMethod::None, ..self.reduce.clone() };
        let most = self.clip.get() as f32;
        let standardized = standardized.fit_within(self.memory, raw, &[], self.seed)?.0.clipped(most);
        let clipped = standardized.transform(raw)?;
        let rest = Reduction { l2: false, standardize: false, ..self.reduce.clone() };
        let (rest, x) = rest.fit_within(self.memory, clipped.view(), &[], self.seed)?;
        Ok((standardized.then(rest), x))
    }

    /// Mean silhouette of `clustering`, in `-1.0..=1.0`; `None` where it has fewer than two clusters.
    fn silhouette(&self, x: ArrayView2<'_, f32>, clustering: &Clustering) -> Result<Option<f64>, StageOverBudget> {
        let (n, d) = x.dim();
        let bytes = silhouette_memory(n, d, 1).saturating_add(silhouette_sums(clustering.n_clusters()));
        self.memory.admit_stage(bytes, || format!("the silhouette of {n} patches"), "lower `patches.slices`")?;
        Ok(silhouettes(x, &[clustering]).pop().flatten().map(|judged| judged.mean))
    }

    /// The chosen statistics of the patches at `places`, and how many were not finite and became 0.
    fn matrix(&self, images: &[&Patches], places: &[(usize, usize)]) -> (Array2<f32>, usize) {
        let mut replaced = 0;
        let mut matrix = Array2::zeros((places.len(), self.statistics.len()));
        for (mut row, &(image, patch)) in matrix.rows_mut().into_iter().zip(places) {
            let mut values: Vec<f64> =
                self.statistics.iter().map(|&statistic| value(images[image], patch, statistic)).collect();
            replaced += make_finite(&mut values);
            row.iter_mut().zip(values).for_each(|(cell, value)| *cell = value as f32);
        }
        (matrix, replaced)
    }
}

/// Patches and the space that they have in common.
pub(crate) struct PatchSpace {
    /// Image and patch, in order.
    pub places: Vec<(usize, usize)>,
    pub projection: Projection,
    /// One row per place, shape `[places.len(), n_components]`.
    pub x: Array2<f32>,
}

/// Image and patch of the patches of `group` that are not left out.
fn kept(images: &[&Patches], group: &[usize]) -> Vec<(usize, usize)> {
    let of_image = |&image: &usize| {
        let kept = images[image].ignored.iter().enumerate().filter(|(_, ignored)| !**ignored);
        kept.map(move |(patch, _)| (image, patch))
    };
    group.iter().flat_map(of_image).collect()
}

/// A statistic of a patch, found by its name: columns stand in the order of [`Statistic`].
fn value(image: &Patches, patch: usize, statistic: Statistic) -> f64 {
    image.values[[patch, statistic as usize]]
}

/// A mean over groups of patches.
#[derive(Clone, Copy, Default)]
struct Mean {
    sum: f64,
    count: usize,
}

impl Mean {
    fn add(&mut self, value: Option<f64>, count: usize) {
        if let Some(value) = value {
            self.sum += value * count as f64;
            self.count += count;
        }
    }

    fn value(self) -> Option<f64> {
        (self.count > 0).then(|| self.sum / self.count as f64)
    }
}

/// Labels numbered by the mean of `busy` over the members.
fn numbered_by_mean(clustering: &Clustering, busy: &[f64]) -> Vec<Option<u32>> {
    let mean = |id| {
        let (sum, n) = clustering.members(Some(id)).fold((0.0, 0), |(sum, n), row| (sum + busy[row], n + 1));
        sum / f64::from(n.max(1))
    };
    let mut order: Vec<_> = clustering.ids().map(|id| (mean(id), id)).collect();
    order.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    let mut number = vec![0; order.len()];
    for (at, (_, id)) in (0..).zip(&order) {
        number[id.0 as usize] = at;
    }
    clustering.labels().iter().map(|label| label.map(|id| number[id.0 as usize])).collect()
}

/// How the recipe clusters patches in `memory`.
pub(crate) fn fitting(recipe: &PatchesRecipe, memory: MemoryBudget) -> PatchClusterer {
    PatchClusterer {
        statistics: recipe.patches.statistics.clone(),
        clip: recipe.patches.clip,
        fit_per: recipe.patches.fit_per,
        object_share: recipe.patches.object_share,
        reduce: recipe.reduce.clone(),
        cluster: recipe.cluster.clone(),
        seed: recipe.seed,
        memory,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::Array2;

    #[test]
    fn clusters_that_are_hardly_busier_than_the_quietest_are_background() {
        let mut values = Array2::zeros((6, Statistic::ALL.len()));
        for (patch, deviation) in [3.0, 3.2, 4.0, 4.1, 12.0, 15.0].into_iter().enumerate() {
            values[[patch, Statistic::Std as usize]] = deviation;
        }
        let patches = Patches { values, ignored: vec![false; 6], object_shares: None };
        let background = |labels: [Option<u32>; 6]| {
            let clusters = PatchClusters {
                method: Method::Kmeans,
                labels: vec![labels.to_vec()],
                by_objects: false,
                silhouette: None,
                silhouette_raw: None,
            };
            clusters.background(&[&patches])
        };
        let of = |labels: [u32; 6]| background(labels.map(Some));
        assert_eq!(of([0, 0, 0, 0, 1, 1]), 1);
        assert_eq!(of([0, 0, 1, 1, 2, 3]), 2);
        assert_eq!(of([0, 1, 2, 3, 4, 5]), 4);
        assert_eq!(background([None; 6]), 0);
    }
}
