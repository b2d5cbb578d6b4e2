//! Fills the folder of a run over patches: the table, plots and the page.

use std::collections::BTreeMap;

use serde_json::json;

use super::SearchResults;
use super::page::PatchesPage;
use super::summary::{FlatFieldEffect, PatchesFindings, PatchesMethod, PatchesSummary, write_patches};
use crate::commands::CommandError;
use crate::data::Manifest;
use crate::features::{HandMadeBlock, Patches};
use crate::files::Results;
use crate::images::DepthRange;
use crate::progress::Stage;
use crate::recipes::{FeaturesRecipe, HandMadeRecipe, PatchesRecipe, WeightedBlocks};
use crate::runs::{DatasetSummary, FeatureChain};
use crate::workflow::patch_clustering::FittedPatches;
use crate::workflow::{Context, Run, RunInputs};

/// Clusters of patches, to be written.
pub(super) struct PatchesOutput<'a> {
    pub recipe: &'a PatchesRecipe,
    pub manifest: &'a Manifest,
    pub depth: DepthRange,
    /// One per image.
    pub patches: &'a [&'a Patches],
    pub fitted: &'a FittedPatches,
    /// The difference that correcting the light made, where it was corrected.
    pub flat_field: Option<FlatFieldEffect>,
    /// Settings that were tried beside, where the recipe asks for it.
    pub search: Option<SearchResults>,
}

impl PatchesOutput<'_> {
    /// Writes everything and lets the folder appear.
    ///
    /// # Errors
    /// When the disk refuses; then no folder appears.
    pub fn write(self, mut run: Run<'_>, context: &Context<'_>) -> Result<PatchesSummary, CommandError> {
        let Self { recipe, manifest, depth, patches, fitted, flat_field, search } = self;
        let FittedPatches { found, failed, replaced } = fitted;
        let folder = run.create_folder()?;
        write_patches(&folder, manifest, recipe.patches.slices, patches, found)?;
        let dataset = DatasetSummary::of(manifest);
        let findings = PatchesFindings {
            dataset: dataset.clone(),
            slices: recipe.patches.slices,
            statistics: recipe.patches.statistics.clone(),
            ignored: patches.iter().flat_map(|patches| &patches.ignored).filter(|ignored| **ignored).count(),
            replaced: *replaced,
            methods: found.iter().map(PatchesMethod::of).collect(),
            failed_methods: failed.clone(),
            flat_field,
            search,
        };
        let stage = context.observer.stage(Stage::Plot, 0);
        PatchesPage { run: &folder, recipe, manifest, depth, found, patches, findings: &findings }.write()?;
        drop(stage);
        run.lap("plot");
        let methods = found.iter().map(|clusters| clusters.method.name().to_owned()).collect();
        let chain = chain(recipe, depth);
        let inputs = RunInputs { dataset: &dataset, skipped: &manifest.skipped, chain: &chain, methods };
        Ok(run.finish(folder, &inputs, findings, record)?)
    }
}

/// For run.json: patches are described by the statistics of hand-made features.
fn chain(recipe: &PatchesRecipe, depth: DepthRange) -> FeatureChain {
    let blocks = BTreeMap::from([(HandMadeBlock::Statistics, WeightedBlocks::usual())]);
    let features = FeaturesRecipe::HandMade(HandMadeRecipe { enhance: recipe.features.enhance.clone(), blocks });
    let n_features = recipe.patches.statistics.len();
    FeatureChain { recipe: features, weights_hash: String::new(), dataset: None, depth, n_features }
}

fn record(found: &PatchesFindings, results: &mut Results) {
    let figures = json!({ "slices": found.slices, "ignored": found.ignored, "replaced": found.replaced });
    results.set("patches", figures);
    for method in &found.methods {
        results.set(&method.method, json!(method));
    }
    if !found.failed_methods.is_empty() {
        results.set("failed_methods", json!(found.failed_methods));
    }
    results.set("flat_field", json!(found.flat_field));
    results.set("search", json!(found.search));
}
