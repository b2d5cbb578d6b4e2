//! Patches of large images, clustered: maps of what lies where.

mod output;
mod page;
mod searching;
mod slicing;
mod summary;

pub use searching::{SearchResults, SearchRow};
pub use slicing::InView;
pub use summary::{FlatFieldEffect, ImageInView, PatchesFindings, PatchesMethod, PatchesSummary};

use super::CommandError;
use crate::features::{Patches, Statistic};
use crate::images::DepthRange;
use crate::progress::{Silent, Stage};
use crate::recipes::{PatchesRecipe, Slices};
use crate::runs::RunKind;
use crate::workflow::clustering::check_field_names;
use crate::workflow::patch_clustering::fitting;
use crate::workflow::{Context, Run, dataset};
use output::PatchesOutput;
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
    check_field_names(&manifest, &recipe.cluster.methods)?;
    run.lap("scan");
    let depth = DepthRange::fit(&manifest, recipe.dataset.brightness(), observer);
    let others = sliced.search.iter().flat_map(|search| &search.slices).map(|&n| Slices { rows: n, columns: n });
    let field = sliced.field.as_ref().map(|field| field.open(&manifest)).transpose()?;
    let slicing = Slicing {
        main: sliced.slices,
        others: others.collect(),
        ignore: sliced.ignore,
        field: field.as_ref(),
        objects: sliced.object_share.is_some(),
        enhance: &recipe.features.enhance,
        depth,
        memory: context.memory,
    };
    let (manifest, images) = slicing.run(&manifest, observer)?;
    dataset::require_images(&manifest)?;
    run.lap("slice");

    let stage = observer.stage(Stage::Cluster, 0);
    let fitting = fitting(recipe, context.memory);
    let main: Vec<&Patches> = images.iter().filter_map(|image| image.grids.get(&sliced.slices)).collect();
    let fitted = fitting.fit(&main, observer)?;
    // The same patches without flat-field correction, to measure what it changes.
    let uneven: Vec<&Patches> = images.iter().filter_map(|image| image.uneven.as_ref()).collect();
    let flat_field = if uneven.is_empty() {
        None
    } else {
        let without = fitting.only(fitted.found[0].method).fit(&uneven, &Silent)?;
        Some(FlatFieldEffect::of(&without.found, &fitted.found))
    };
    let search = sliced
        .search
        .as_ref()
        .map(|search| {
            let fitting = fitting.only(fitted.found[0].method);
            searching::run(search, sliced.slices, &fitting, &images, observer)
        })
        .transpose()?;
    drop(stage);
    run.lap("cluster");

    let output = PatchesOutput {
        recipe,
        space: fitting.project(&main)?,
        manifest: &manifest,
        depth,
        patches: &main,
        fitted: &fitted,
        flat_field,
        in_view: field.is_some().then(|| images.iter().map(|image| image.in_view).collect()),
        field,
        search,
    };
    output.write(run, context)
}

/// Such as `16×16 slices, std, skewness`.
fn described(slices: Slices, statistics: &[Statistic]) -> String {
    let names: Vec<&str> = statistics.iter().map(|statistic| statistic.name()).collect();
    format!("{}×{} slices: {}", slices.rows, slices.columns, names.join(", "))
}
