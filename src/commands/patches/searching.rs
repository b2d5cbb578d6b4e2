//! Other settings tried beside the recipe's, each scored by its silhouettes. The patches are there already.

use std::num::NonZeroUsize;

use serde::Serialize;

use super::slicing::Sliced;
use crate::commands::CommandError;
use crate::features::Patches;
use crate::progress::{Event, Observer, Silent, Warning};
use crate::recipes::{PatchSearch, Slices};
use crate::reducers::{ReduceError, ReductionMethod};
use crate::workflow::WorkflowError;
use crate::workflow::patch_clustering::PatchClusterer;

/// One setting that was tried.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct SearchRow {
    /// Patches in each direction.
    pub slices: u32,
    /// Clusters asked for.
    pub k: usize,
    /// Principal components; the number of statistics where none are taken.
    pub components: usize,
    /// Mean silhouette in the space that was clustered, in `-1.0..=1.0`.
    pub silhouette: Option<f64>,
    /// The same in the space of the statistics as they are: comparable between numbers of components.
    pub silhouette_raw: Option<f64>,
}

/// Everything that was tried.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct SearchResults {
    /// By number of clusters.
    pub clusters: Vec<SearchRow>,
    /// By number of principal components.
    pub components: Vec<SearchRow>,
    /// By number of slices.
    pub slices: Vec<SearchRow>,
    /// Every number of slices with every number of clusters.
    pub slices_and_clusters: Vec<SearchRow>,
}

/// Tries what `search` asks for with the one method of `fitting`: scores of different ones do not compare.
pub(super) fn run(
    search: &PatchSearch,
    main: Slices,
    fitting: &PatchClusterer,
    images: &[Sliced],
    observer: &dyn Observer,
) -> Result<SearchResults, CommandError> {
    let own_k = fitting.cluster.kmeans.k.first();
    let score = |fitting: &PatchClusterer,
                 slices: Slices,
                 k: NonZeroUsize|
     -> Result<Option<SearchRow>, CommandError> {
        let patches: Vec<&Patches> = images.iter().filter_map(|image| image.grids.get(&slices)).collect();
        if patches.len() < images.len() {
            observer.warn(&Warning::SlicesTooSmall { rows: slices.rows.get() });
            return Ok(None);
        }
        observer.on(Event::Advanced { by: 1 });
        let found = match fitting.with_k(k).fit(&patches, &Silent) {
            Ok(fitted) => fitted.found,
            // A finer grid may have more patches than the method takes: this setting is not scored.
            Err(
                WorkflowError::Cluster(_) | WorkflowError::Memory(_) | WorkflowError::Reduce(ReduceError::Memory(_)),
            ) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let components = match fitting.reduce.method {
            ReductionMethod::None => fitting.statistics.len(),
            ReductionMethod::Pca | ReductionMethod::RandomProjection => {
                fitting.reduce.n_components.get().min(fitting.statistics.len())
            }
        };
        Ok(found.first().map(|clusters| SearchRow {
            slices: slices.rows.get(),
            k: k.get(),
            components,
            silhouette: clusters.silhouette,
            silhouette_raw: clusters.silhouette_raw,
        }))
    };
    let ks: Vec<NonZeroUsize> = search.clusters.values().into_iter().filter_map(NonZeroUsize::new).collect();
    let mut results = SearchResults::default();
    for &k in &ks {
        results.clusters.extend(score(fitting, main, k)?);
    }
    if search.components {
        for n_components in (1..fitting.statistics.len()).filter_map(NonZeroUsize::new) {
            let mut fewer = fitting.clone();
            fewer.reduce.method = ReductionMethod::Pca;
            fewer.reduce.n_components = n_components;
            results.components.extend(score(&fewer, main, own_k)?);
        }
    }
    for &n in &search.slices {
        let slices = Slices { rows: n, columns: n };
        let Some(row) = score(fitting, slices, own_k)? else { continue };
        results.slices.push(row);
        for &k in &ks {
            let row = if k == own_k { Some(row) } else { score(fitting, slices, k)? };
            results.slices_and_clusters.extend(row);
        }
    }
    Ok(results)
}
