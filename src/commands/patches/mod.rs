//! Large images to maps of what lies where: `rails cluster` with a recipe that has `[patches]`.

mod fitting;
mod page;
mod searching;
mod slicing;
mod summary;

use std::path::PathBuf;

use jiff::Zoned;
use serde_json::json;

use fitting::Fitting;
pub use searching::{SearchResults, SearchRow};
pub use summary::{FlatFieldEffect, PatchesMethod, PatchesSummary};

use super::record::Record;
use super::{CommandError, Workspace, dataset};
use crate::data::NonNegative;
use crate::device::Device;
use crate::features::{Patches, Statistic};
use crate::images::DepthRange;
use crate::progress::{Observer, Stage};
use crate::runs::{
    ClusterRecipe, DatasetSummary, FeatureChain, PatchesRecipe, RunDir, Slices, Timings, timestamp, write_skipped,
};
use page::Page;
use slicing::Slicing;

/// Slices the images of the recipe, clusters their patches and writes a run folder.
///
/// # Errors
/// When a stage fails; then no run folder appears. A bad image is only skipped.
pub fn patches(
    recipe: &ClusterRecipe,
    sliced: &PatchesRecipe,
    workspace: &Workspace,
    observer: &dyn Observer,
) -> Result<PatchesSummary, CommandError> {
    let started = Zoned::now();
    let mut timings = Timings::start();
    let manifest = dataset::open(recipe.dataset.path.as_deref(), &recipe.dataset, workspace, observer)?;
    timings.lap("scan");
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
    timings.lap("slice");

    let stage = observer.stage(Stage::Cluster, 0);
    let fitting = fitting(recipe, sliced);
    let main: Vec<&Patches> = images.iter().filter_map(|image| image.grids.get(&sliced.slices)).collect();
    let (found, replaced) = fitting.fit(&main)?;
    let uneven: Vec<&Patches> = images.iter().filter_map(|image| image.uneven.as_ref()).collect();
    let effect = if uneven.is_empty() { None } else { Some(FlatFieldEffect::of(&fitting.fit(&uneven)?.0, &found)) };
    let search = sliced
        .search
        .as_ref()
        .map(|search| searching::run(search, sliced.slices, &fitting, &images, observer))
        .transpose()?;
    drop(stage);
    timings.lap("cluster");

    let run = RunDir::create(&workspace.runs, &format!("{}-patches-{}", timestamp(&started), recipe.name))?;
    summary::patches_csv(&run, &manifest, sliced.slices, &main, &found)?;
    write_skipped(&run.file("skipped.csv")?, &manifest.skipped)?;
    let mut summary = PatchesSummary {
        run: PathBuf::new(),
        dataset: DatasetSummary::of(&manifest),
        slices: sliced.slices,
        statistics: sliced.statistics.clone(),
        ignored: main.iter().flat_map(|patches| &patches.ignored).filter(|ignored| **ignored).count(),
        replaced,
        methods: found.iter().map(PatchesMethod::of).collect(),
        flat_field: effect,
        search,
        timings: timings.seconds().clone(),
    };
    let stage = observer.stage(Stage::Plot, 0);
    Page { run: &run, recipe, sliced, manifest: &manifest, depth, found: &found, patches: &main, summary: &summary }
        .write()?;
    drop(stage);
    timings.lap("plot");

    let none = NonNegative::try_from(0.0).map_err(|error| CommandError::Usage(error.to_string()))?;
    let mut features = recipe.features.clone();
    features.network = none;
    let n_features = sliced.statistics.len();
    let record = Record {
        kind: "patches",
        name: &recipe.name,
        started: &started,
        recipe: json!(recipe),
        seed: recipe.seed,
        dataset: &summary.dataset,
        chain: &FeatureChain { recipe: features, weights_hash: String::new(), dataset: None, depth, n_features },
        methods: found.iter().map(|clusters| clusters.method.name().to_owned()).collect(),
        device: Device::Cpu,
        timings: &timings,
    };
    let mut results = record.results();
    results.set("patches", json!({ "slices": summary.slices, "ignored": summary.ignored, "replaced": replaced }));
    for method in &summary.methods {
        results.set(&method.method, json!(method));
    }
    results.set("flat_field", json!(summary.flat_field));
    results.set("search", json!(summary.search));
    results.write(&run.file("results.json")?)?;
    run.write_json("run.json", &record.provenance())?;
    summary.timings.clone_from(timings.seconds());
    summary.run = run.finish()?;
    Ok(summary)
}

/// How the recipe clusters patches.
pub(super) fn fitting(recipe: &ClusterRecipe, sliced: &PatchesRecipe) -> Fitting {
    Fitting {
        statistics: sliced.statistics.clone(),
        clip: sliced.clip,
        fit_per: sliced.fit_per,
        reduce: recipe.reduce.clone(),
        cluster: recipe.cluster.clone(),
        seed: recipe.seed,
    }
}

/// Such as `16×16 slices, std, skewness`.
fn described(slices: Slices, statistics: &[Statistic]) -> String {
    let names: Vec<&str> = statistics.iter().map(|statistic| statistic.name()).collect();
    format!("{}×{} slices: {}", slices.rows, slices.columns, names.join(", "))
}
