//! Summary of a run over patches, and its tables.

use serde::Serialize;

use super::searching::SearchResults;
use super::slicing::InView;
use crate::commands::CommandError;
use crate::data::{ImageRecord, Manifest};
use crate::features::{Patches, Statistic};
use crate::files::patches_csv::{self, PatchRow};
use crate::metrics::{Contingency, adjusted_rand_index};
use crate::recipes::Slices;
use crate::runs::{DatasetSummary, RunDir};
use crate::workflow::RunSummary;
use crate::workflow::clustering::FailedMethod;
use crate::workflow::patch_clustering::PatchClusters;

/// The outcome of `rails patches`.
pub type PatchesSummary = RunSummary<PatchesFindings>;

/// Clusters of patches and what was measured of them.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PatchesFindings {
    /// The data set that was sliced.
    pub dataset: DatasetSummary,
    /// Patches per image.
    pub slices: Slices,
    /// Statistics that were clustered.
    pub statistics: Vec<Statistic>,
    /// Patches left out by rule.
    pub ignored: usize,
    /// Statistics that were not finite and became 0.
    pub replaced: usize,
    /// One per algorithm.
    pub methods: Vec<PatchesMethod>,
    /// Methods of the recipe that could not group the patches.
    pub failed_methods: Vec<FailedMethod>,
    /// Effect of the flat-field correction, where there is one.
    pub flat_field: Option<FlatFieldEffect>,
    /// The images of which a part lies beyond the field of view, where the recipe asks for one.
    pub in_view: Option<Vec<ImageInView>>,
    /// Results of the search, where there is one.
    pub search: Option<SearchResults>,
}

/// An image of which a part lies beyond the field of view.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ImageInView {
    /// As in `images.csv`.
    pub image: String,
    #[serde(flatten)]
    pub part: InView,
}

impl ImageInView {
    /// Those of `parts`, one per image of `manifest`, that are not the whole image.
    pub(super) fn of(manifest: &Manifest, parts: &[Option<InView>]) -> Vec<Self> {
        let named = |(record, part): (&ImageRecord, &Option<InView>)| {
            part.map(|part| Self { image: record.path.clone(), part })
        };
        manifest.records.iter().zip(parts).filter_map(named).collect()
    }
}

/// One clustering.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PatchesMethod {
    /// Such as `kmeans`.
    pub method: String,
    /// Patches per cluster, the quietest first.
    pub clusters: Vec<usize>,
    /// Mean silhouette in the space that was clustered, in `-1.0..=1.0`.
    pub silhouette: Option<f64>,
    /// The same in the space of the statistics as they are.
    pub silhouette_raw: Option<f64>,
}

impl PatchesMethod {
    pub(super) fn of(found: &PatchClusters) -> Self {
        Self {
            method: found.method.name().to_owned(),
            clusters: found.sizes(),
            silhouette: found.silhouette,
            silhouette_raw: found.silhouette_raw,
        }
    }
}

/// Effect of the flat-field correction on the silhouettes of the first algorithm.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FlatFieldEffect {
    /// Silhouettes without the correction.
    pub without: PatchesMethod,
    /// Silhouettes with it.
    pub with: PatchesMethod,
    /// Adjusted Rand index of the two clusterings: 1 where the correction changes nothing.
    pub agreement: Option<f64>,
}

impl FlatFieldEffect {
    pub(super) fn of(without: &[PatchClusters], with: &[PatchClusters]) -> Self {
        let pairs = without[0].labels.iter().flatten().zip(with[0].labels.iter().flatten());
        let id = |label: &Option<u32>| label.map(crate::data::ClusterId);
        let table = Contingency::new(pairs.map(|(a, b)| (id(a), id(b))));
        Self {
            without: PatchesMethod::of(&without[0]),
            with: PatchesMethod::of(&with[0]),
            agreement: adjusted_rand_index(&table),
        }
    }
}

/// Writes a row per patch with its image, place, all statistics and its clusters.
pub(super) fn write_patches(
    run: &RunDir,
    manifest: &Manifest,
    slices: Slices,
    patches: &[&Patches],
    found: &[PatchClusters],
) -> Result<(), CommandError> {
    let columns = slices.columns.get() as usize;
    let share = |patches: &Patches, patch: usize| patches.object_shares.as_ref().map(|shares| shares[patch]);
    let rows = manifest.records.iter().zip(patches).enumerate().flat_map(|(image, (record, patches))| {
        patches.ignored.iter().enumerate().map(move |(patch, ignored)| PatchRow {
            image: &record.path,
            place: [patch / columns + 1, patch % columns + 1],
            ignored: *ignored,
            statistics: patches.values.row(patch).into_iter().copied().chain(share(patches, patch)).collect(),
            clusters: found.iter().map(|one| one.labels[image][patch]).collect(),
        })
    });
    let measured = patches.iter().any(|one| one.object_shares.is_some());
    let statistics = Statistic::ALL.iter().map(|statistic| statistic.name()).chain(measured.then_some("object_share"));
    let methods = found.iter().map(|clusters| clusters.method.name());
    Ok(patches_csv::write(&run.file(patches_csv::FILE)?, statistics, methods, rows)?)
}
