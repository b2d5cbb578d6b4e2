//! Summary of a separation, printed and in results.json.

use serde::Serialize;

use crate::runs::{DatasetSummary, Placed};
use crate::separation::Separation;
use crate::workflow::RunSummary;

/// The outcome of `rails separate`.
pub type SeparateSummary = RunSummary<SeparateFindings>;

/// Tiles per defect, layer by layer.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SeparateFindings {
    /// The data set that was separated.
    pub dataset: DatasetSummary,
    /// Whether tiles were inverted because their middle is bright.
    pub inverted: bool,
    /// Features that were not finite and became 0.
    pub replaced: usize,
    /// One per layer, in their order.
    pub layers: Vec<LayerRow>,
    /// Tiles per defect label, in the order of the layers, then the rest.
    pub defects: Vec<(String, usize)>,
    /// How images got into the folders.
    pub placed: Placed,
}

/// One layer.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LayerRow {
    /// The defect label of the tiles it takes.
    pub name: String,
    /// Tiles it looked at.
    pub tiles: usize,
    /// Tiles per cluster.
    pub clusters: Vec<usize>,
    /// The cluster that was looked at for taking.
    pub cluster: Option<u32>,
    /// Robust standard deviations by which it stands out, from 0.
    pub stands_out: f64,
    /// Tiles that were taken.
    pub taken: usize,
}

pub(super) fn rows(found: &Separation) -> Vec<LayerRow> {
    let row = |layer: &crate::separation::LayerOutcome| LayerRow {
        name: layer.name.clone(),
        tiles: layer.rows.len(),
        clusters: layer.clustering.sizes(),
        cluster: layer.taken.cluster.map(|id| id.0),
        stands_out: layer.taken.stands_out,
        taken: layer.taken.rows.len(),
    };
    found.layers.iter().map(row).collect()
}

pub(super) fn counts(found: &Separation) -> Vec<(String, usize)> {
    let count = |label: usize| found.labels.iter().filter(|one| **one == label).count();
    found.names.iter().enumerate().map(|(label, name)| (name.clone(), count(label))).collect()
}
