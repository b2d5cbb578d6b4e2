//! Summary of `rails cluster`, printed and in results.json.

use ndarray::ArrayView2;
use serde::Serialize;

use crate::commands::CommandError;
use crate::data::Manifest;
use crate::images::{DepthRange, Image, NamingTemplate, decode};
use crate::recipes::ClusterRecipe;
use crate::reducers::{Projection, Step, Transform};
use crate::report::Grouping;
use crate::runs::{DatasetSummary, Placed};
use crate::workflow::RunSummary;
use crate::workflow::clustering::{FailedMethod, MethodSummary};

/// The outcome of `rails cluster`.
pub type ClusterSummary = RunSummary<ClusterFindings>;

/// Clusters and everything measured of them.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ClusterFindings {
    /// The data set that was clustered.
    pub dataset: DatasetSummary,
    /// The name field that is shown beside the clusters.
    pub field: Option<String>,
    /// Images that went through the network now.
    pub computed: usize,
    /// Images whose features were in the store already.
    pub reused: usize,
    /// Network and layers.
    pub features: String,
    /// Features as the network gives them.
    pub before: FeatureStatistics,
    /// Features after the projection's first step (L2 normalisation, unless the recipe leaves it out).
    pub after: FeatureStatistics,
    /// Features after reduction.
    pub n_components: usize,
    /// Share of the variance that was kept, in `0.0..=1.0`; `None` without PCA.
    pub variance_kept: Option<f64>,
    /// One per clustering, in the order of the recipe.
    pub methods: Vec<MethodSummary>,
    /// Methods of the recipe that could not group the images.
    pub failed_methods: Vec<FailedMethod>,
    /// How images got into the cluster folders.
    pub placed: Placed,
}

/// Mean, spread and range over all images and features.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct FeatureStatistics {
    /// Number of features.
    pub n_features: usize,
    /// Mean.
    pub mean: f64,
    /// Population standard deviation.
    pub std: f64,
    /// Smallest.
    pub min: f64,
    /// Largest.
    pub max: f64,
}

impl FeatureStatistics {
    /// Over `x` of shape `[n_images, n_features]`.
    #[must_use]
    pub fn of(x: ArrayView2<'_, f32>) -> Self {
        let n = x.len().max(1) as f64;
        let mean = x.iter().map(|v| f64::from(*v)).sum::<f64>() / n;
        let variance = x.iter().map(|v| (f64::from(*v) - mean).powi(2)).sum::<f64>() / n;
        let (min, max) = x.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| {
            (low.min(f64::from(*v)), high.max(f64::from(*v)))
        });
        Self { n_features: x.ncols(), mean, std: variance.sqrt(), min, max }
    }

    /// The same after the first step of `projection`, where that normalises.
    pub(super) fn after_first_step(projection: &Projection, x: ArrayView2<'_, f32>) -> Result<Self, CommandError> {
        match projection.steps().first() {
            Some(step @ Step::Normalize) => Ok(Self::of(step.transform(x)?.view())),
            _ => Ok(Self::of(x)),
        }
    }
}

/// The images of a run, as pictures and reports look at them.
#[derive(Clone, Copy)]
pub(super) struct DatasetView<'a> {
    pub manifest: &'a Manifest,
    pub depth: DepthRange,
    /// The name field that is shown beside the clusters.
    pub field: Option<&'a str>,
}

impl<'a> DatasetView<'a> {
    /// That field's name and its value for every image.
    pub fn field_values(&self) -> Option<(&'a str, Grouping)> {
        let field = self.field?;
        let values: Vec<Option<&str>> =
            self.manifest.records.iter().map(|record| record.fields.get(field).map(String::as_str)).collect();
        Some((field, Grouping::values(&values)))
    }

    /// The image of a row on the run's brightness scale; `None` if its file is gone.
    pub fn image(&self, row: usize) -> Option<Image> {
        let file = self.manifest.file(&self.manifest.records[row]);
        decode(&file).ok().map(|decoded| self.depth.apply(&decoded))
    }

    pub fn file_name(&self, row: usize) -> &'a str {
        let path = &self.manifest.records[row].path;
        path.rsplit('/').next().unwrap_or(path)
    }
}

/// The field that is shown beside the clusters: the recipe's, else the template's first that groups the images (2 to 50
/// values).
///
/// # Errors
/// When no image has the recipe's.
pub(super) fn shown_field(dataset: &DatasetSummary, recipe: &ClusterRecipe) -> Result<Option<String>, CommandError> {
    if let Some(field) = &recipe.report.field {
        if !dataset.field_names.contains(field) {
            let known = dataset.field_names.join(", ");
            return Err(CommandError::usage(format!(
                "no image has the field `{field}` of report.field (known: {known})"
            )));
        }
        return Ok(Some(field.clone()));
    }
    let groups = |field: &&str| dataset.fields.get(*field).is_some_and(|values| (2..=50).contains(&values.len()));
    Ok(recipe.dataset.naming.iter().flat_map(NamingTemplate::field_names).find(groups).map(str::to_owned))
}
