//! Fills the folder of a separation: tables, folders of tiles, plots and the page.

use ndarray::{Array2, ArrayView2};
use serde_json::json;

use super::measured::MeasuredTiles;
use super::page::SeparatePage;
use super::places::Places;
use super::summary::{self, SeparateFindings, SeparateSummary};
use super::{METHOD, tables};
use crate::clusterers::Assigner;
use crate::commands::CommandError;
use crate::data::{ClusterId, Clustering};
use crate::files::Results;
use crate::images::{DepthRange, Enhancement};
use crate::progress::Stage;
use crate::recipes::SeparateRecipe;
use crate::reducers::Projection;
use crate::runs::{ASSIGNER_FILE, DatasetSummary, PROJECTION_FILE, Placed, Placement, RunDir};
use crate::separation::Separation;
use crate::workflow::clustering::ClusterFolders;
use crate::workflow::{Context, Run, RunInputs};

/// Separated tiles, to be written.
pub(super) struct SeparateOutput<'a> {
    pub recipe: &'a SeparateRecipe,
    pub tiles: &'a MeasuredTiles,
    pub depth: DepthRange,
    pub places: &'a Places,
    pub found: &'a Separation,
    pub projection: &'a Projection,
    /// Reduced features, shape `[n_tiles, n_components]`.
    pub x: ArrayView2<'a, f32>,
    /// Positions on the map, shape `[n_tiles, 2]`.
    pub points: &'a Array2<f32>,
    /// Whether they are those of t-SNE; else the first two components.
    pub by_tsne: bool,
}

impl SeparateOutput<'_> {
    /// Writes everything and lets the folder appear.
    ///
    /// # Errors
    /// When the disk refuses; then no folder appears.
    pub fn write(
        &self,
        mut run: Run<'_>,
        placement: Placement,
        context: &Context<'_>,
    ) -> Result<SeparateSummary, CommandError> {
        let manifest = &self.tiles.layers.manifest;
        let dataset = DatasetSummary::of(manifest);
        let folder = run.create_folder()?;
        let placed = self.tables(&folder, &dataset, placement, context)?;
        run.lap("write");
        let findings = self.findings(dataset.clone(), placed);
        let stage = context.observer.stage(Stage::Plot, 0);
        self.page(&folder, &findings).write(context)?;
        drop(stage);
        run.lap("plot");
        let (skipped, chain) = (&manifest.skipped, &self.tiles.layers.chain);
        let inputs = RunInputs { dataset: &dataset, skipped, chain, methods: vec![METHOD.to_owned()] };
        Ok(run.finish(folder, &inputs, findings, record)?)
    }

    /// images.csv, the proposals, what places new tiles, and a folder of tiles per defect.
    fn tables(
        &self,
        folder: &RunDir,
        dataset: &DatasetSummary,
        how: Placement,
        context: &Context<'_>,
    ) -> Result<Placed, CommandError> {
        let Self { tiles, found, .. } = self;
        let manifest = &tiles.layers.manifest;
        tables::images_csv(folder, manifest, [&tiles.layers, &tiles.surroundings], found, self.points.view())?;
        tables::proposals(folder, found)?;
        self.projection.save(&folder.file(PROJECTION_FILE)?)?;
        let clustering = by_defect(found);
        Assigner::to_means(self.x, &clustering).save(&folder.file(ASSIGNER_FILE)?)?;
        let folders = ClusterFolders { run: folder, manifest, dataset, how };
        let _stage = context.observer.stage(Stage::Copy, manifest.records.len());
        Ok(folders.place(METHOD, &clustering, None, context.observer)?)
    }

    fn findings(&self, dataset: DatasetSummary, placed: Placed) -> SeparateFindings {
        let Self { tiles, found, .. } = self;
        SeparateFindings {
            dataset,
            inverted: tiles.layers.chain.recipe.enhance().contains(&Enhancement::Invert),
            replaced: tiles.layers.replaced + tiles.surroundings.replaced,
            layers: summary::rows(found),
            defects: summary::counts(found),
            placed,
        }
    }

    fn page<'a>(&'a self, run: &'a RunDir, findings: &'a SeparateFindings) -> SeparatePage<'a> {
        let Self { recipe, depth, places, found, by_tsne, .. } = *self;
        let (manifest, points) = (&self.tiles.layers.manifest, self.points.view());
        SeparatePage { run, recipe, manifest, depth, places, found, points, by_tsne, findings }
    }
}

/// One cluster per defect label, numbered as the labels are; some may be empty.
fn by_defect(found: &Separation) -> Clustering {
    let labels = found.labels.iter().map(|&label| Some(ClusterId(label as u32))).collect();
    Clustering::placed(labels, found.names.len())
}

fn record(found: &SeparateFindings, results: &mut Results) {
    results.set("layers", json!(found.layers));
    results.set("defects", json!(found.defects));
    results.set("replaced", json!(found.replaced));
    results.set("inverted", json!(found.inverted));
}
