//! Images to groups.

mod drawing;
mod grouping;
mod summary;
mod writing;

use std::path::PathBuf;

use jiff::Zoned;
use serde_json::json;

pub use summary::{ClusterRow, ClusterSummary, FeatureStatistics, MethodSummary};

use super::embed::Extraction;
use super::{CommandError, Workspace, dataset};
use crate::curation::LabelTable;
use crate::device::DeviceChoice;
use crate::images::DepthRange;
use crate::outliers::Lof;
use crate::progress::{Event, Observer, Stage};
use crate::report::Results;
use crate::runs::{ClusterRecipe, DatasetSummary, Placement, Provenance, RunDir, Timings, timestamp, write_skipped};

/// What the command line adds to the recipe.
#[derive(Debug, Clone, Default)]
pub struct ClusterOptions {
    /// A table of true classes, for measuring only.
    pub truth: Option<PathBuf>,
    /// How images get into the cluster folders.
    pub placement: Placement,
}

/// Scans, embeds, reduces and groups the images of the recipe and writes a run folder.
///
/// # Errors
/// When a stage fails; then no run folder appears. A bad image is only skipped.
pub fn cluster(
    recipe: &ClusterRecipe,
    options: &ClusterOptions,
    device: DeviceChoice,
    workspace: &Workspace,
    observer: &dyn Observer,
) -> Result<ClusterSummary, CommandError> {
    let started = Zoned::now();
    let mut timings = Timings::start();
    let device = device.resolve()?;
    let truth = options.truth.as_deref().map(LabelTable::read).transpose()?;
    let manifest = dataset::open(recipe.dataset.path.as_deref(), &recipe.dataset, workspace, observer)?;
    writing::check_field_names(&manifest)?;
    timings.lap("scan");
    let depth = DepthRange::fit(&manifest, recipe.dataset.depth, observer);
    let extraction = Extraction::new(&recipe.features, device, workspace)?;
    let embedded = extraction.embed(manifest, depth, workspace, observer)?;
    let manifest = embedded.manifest;
    timings.lap("embed");

    observer.on(Event::Started { stage: Stage::Reduce, total: 0 });
    let (projection, reduced) = recipe.reduce.fit_transform(embedded.embeddings.values(), recipe.seed)?;
    let before = FeatureStatistics::of(embedded.embeddings.values());
    let after = writing::normalised_statistics(&projection, embedded.embeddings.values())?;
    observer.on(Event::Finished);
    timings.lap("reduce");

    let groups = grouping::run(&recipe.cluster, reduced.view(), recipe.seed, observer)?;
    timings.lap("cluster");
    let outliers = Lof::default().score(reduced.view());
    let truth = truth.map(|table| table.match_to(&manifest));
    timings.lap("evaluate");

    let name = format!("{}-cluster-{}", timestamp(&started), recipe.name);
    let run = RunDir::create(&workspace.runs, &name)?;
    let dataset = DatasetSummary::of(&manifest);
    let template: Vec<String> = recipe
        .dataset
        .naming
        .iter()
        .flat_map(|naming| naming.field_names().map(str::to_owned).collect::<Vec<_>>())
        .collect();
    let field = summary::tenant_field(&dataset, recipe.report.field.as_deref(), &template);
    writing::images_csv(&run, &manifest, &groups, &outliers.factors, reduced.view())?;
    write_skipped(&run.file("skipped.csv")?, &manifest.skipped)?;
    projection.save(&run.file("projection.safetensors")?)?;
    if let Some(assigner) = grouping::assigner(&groups, reduced.view()) {
        assigner.save(&run.file("assigner.safetensors")?)?;
    }
    let placed = writing::cluster_folders(&run, &manifest, &groups, &dataset, options.placement, observer)?;
    timings.lap("write");
    drawing::draw(&run, recipe, &manifest, &projection, reduced.view(), &groups, depth, observer)?;
    timings.lap("plot");

    let methods: Vec<MethodSummary> =
        groups.iter().map(|group| group.summarise(&manifest, field.as_deref(), truth.as_ref())).collect();
    let mut results = Results::new("cluster", &recipe.name, &started.timestamp().to_string());
    if let serde_json::Value::Object(dataset) = json!(dataset) {
        results.dataset = dataset;
    }
    results.config = json!(recipe);
    results.timings.clone_from(timings.seconds());
    let variance_kept = projection.explained_variance_ratio().map(|ratios| ratios.iter().sum());
    results.set("explained_variance", variance_kept);
    for (group, method) in groups.iter().zip(&methods) {
        results.set(&method.method, grouping::metrics_json(group, method));
    }
    run.write_json("results.json", &results)?;
    run.write_json(
        "run.json",
        &Provenance {
            command: "cluster".to_owned(),
            name: recipe.name.clone(),
            created: started.timestamp().to_string(),
            recipe: json!(recipe),
            dataset: dataset.clone(),
            seed: recipe.seed,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            features: embedded.chain.clone(),
            methods: groups.iter().map(|group| group.method.name().to_owned()).collect(),
            device,
            host: Provenance::host(),
            threads: rayon::current_num_threads(),
            timings: timings.seconds().clone(),
        },
    )?;
    Ok(ClusterSummary {
        run: run.finish()?,
        dataset,
        field,
        computed: embedded.computed,
        reused: embedded.reused,
        features: format!("{} {}", embedded.chain.recipe.backbone, embedded.chain.recipe.layers.join(" + ")),
        before,
        after,
        n_components: reduced.ncols(),
        variance_kept,
        methods,
        placed,
        timings: timings.seconds().clone(),
    })
}
