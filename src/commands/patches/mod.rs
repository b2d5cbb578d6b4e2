//! Patches of large images, clustered: maps of what lies where.

mod page;
mod searching;
mod slicing;
mod summary;

use std::collections::BTreeMap;

use serde_json::json;

pub use searching::{SearchResults, SearchRow};
pub use summary::{FlatFieldEffect, PatchesFindings, PatchesMethod, PatchesSummary};

use super::CommandError;
use crate::features::{HandMadeBlock, Patches, Statistic};
use crate::images::DepthRange;
use crate::progress::Stage;
use crate::recipes::{FeaturesRecipe, HandMadeRecipe, PatchesRecipe, Slices, WeightedBlocks};
use crate::runs::{DatasetSummary, FeatureChain, RunKind};
use crate::workflow::patch_clustering::fitting;
use crate::workflow::{Context, Run, RunInputs, dataset};
use page::PatchesPage;
use slicing::Slicing;

/// Slices the images of the recipe, clusters their patches and writes a run folder.
///
/// # Errors
/// When a stage fails; then no run folder appears. A bad image is only skipped.
pub fn patches(recipe: &PatchesRecipe, context: &Context<'_>) -> Result<PatchesSummary, CommandError> {
    let observer = context.observer;
    let sliced = &recipe.patches;
    let mut run = Run::begin(RunKind::Patches, &recipe.name, recipe.seed, recipe, context);
    let manifest = dataset::open(recipe.dataset.path.as_deref(), &recipe.dataset, context)?;
    run.lap("scan");
    let depth = DepthRange::fit(&manifest, recipe.dataset.depth, observer);
    let others = sliced.search.iter().flat_map(|search| &search.slices).map(|&n| Slices { rows: n, columns: n });
    let slicing = Slicing {
        main: sliced.slices,
        others: others.collect(),
        ignore: sliced.ignore,
        enhance: &recipe.features.enhance,
        depth,
    };
    let (manifest, images) = slicing.run(&manifest, observer);
    dataset::require_images(&manifest)?;
    run.lap("slice");

    let stage = observer.stage(Stage::Cluster, 0);
    let fitting = fitting(recipe);
    let main: Vec<&Patches> = images.iter().filter_map(|image| image.grids.get(&sliced.slices)).collect();
    let (found, replaced) = fitting.fit(&main)?;
    // The same patches without flat-field correction, to measure what it changes.
    let uneven: Vec<&Patches> = images.iter().filter_map(|image| image.uneven.as_ref()).collect();
    let effect = if uneven.is_empty() { None } else { Some(FlatFieldEffect::of(&fitting.fit(&uneven)?.0, &found)) };
    let search = sliced
        .search
        .as_ref()
        .map(|search| searching::run(search, sliced.slices, &fitting, &images, observer))
        .transpose()?;
    drop(stage);
    run.lap("cluster");

    let folder = run.create_folder()?;
    summary::write_patches(&folder, &manifest, sliced.slices, &main, &found)?;
    let dataset = DatasetSummary::of(&manifest);
    let findings = PatchesFindings {
        dataset: dataset.clone(),
        slices: sliced.slices,
        statistics: sliced.statistics.clone(),
        ignored: main.iter().flat_map(|patches| &patches.ignored).filter(|ignored| **ignored).count(),
        replaced,
        methods: found.iter().map(PatchesMethod::of).collect(),
        flat_field: effect,
        search,
    };
    let stage = observer.stage(Stage::Plot, 0);
    let page = PatchesPage {
        run: &folder,
        recipe,
        manifest: &manifest,
        depth,
        found: &found,
        patches: &main,
        findings: &findings,
    };
    page.write()?;
    drop(stage);
    run.lap("plot");

    // For run.json: patches are described by the statistics of hand-made features.
    let blocks = BTreeMap::from([(HandMadeBlock::Statistics, WeightedBlocks::usual())]);
    let features = FeaturesRecipe::HandMade(HandMadeRecipe { enhance: recipe.features.enhance.clone(), blocks });
    let n_features = sliced.statistics.len();
    let chain = FeatureChain { recipe: features, weights_hash: String::new(), dataset: None, depth, n_features };
    let methods = found.iter().map(|clusters| clusters.method.name().to_owned()).collect();
    let inputs = RunInputs { dataset: &dataset, skipped: &manifest.skipped, chain: &chain, methods };
    Ok(run.finish(folder, &inputs, findings, |found, results| {
        let figures = json!({ "slices": found.slices, "ignored": found.ignored, "replaced": found.replaced });
        results.set("patches", figures);
        for method in &found.methods {
            results.set(&method.method, json!(method));
        }
        results.set("flat_field", json!(found.flat_field));
        results.set("search", json!(found.search));
    })?)
}

/// Such as `16×16 slices, std, skewness`.
fn described(slices: Slices, statistics: &[Statistic]) -> String {
    let names: Vec<&str> = statistics.iter().map(|statistic| statistic.name()).collect();
    format!("{}×{} slices: {}", slices.rows, slices.columns, names.join(", "))
}
