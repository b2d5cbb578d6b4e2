//! Images to groups.

mod assign;
mod drawing;
mod examples;
mod group;
mod grouping;
mod judging;
mod page;
mod per_series;
mod pick_dbscan;
mod pick_k_means;
mod summary;
mod writing;

use std::path::PathBuf;
use std::time::Duration;

use jiff::Zoned;
use ndarray::ArrayView2;
use serde_json::json;

pub use assign::assign;
pub use summary::{AssignSummary, ClusterRow, ClusterSummary, FeatureStatistics, MethodSummary};

use super::embed::Extraction;
use super::flux::Flux;
use super::record::Record;
use super::{CommandError, Workspace, dataset};
use crate::curation::LabelTable;
use crate::data::Manifest;
use crate::device::DeviceChoice;
use crate::outliers::Lof;
use crate::progress::{Note, Observer, Stage, Warning};
use crate::reducers::TsneLayout;
use crate::runs::{ClusterRecipe, DatasetSummary, Placement, RunDir, Timings, timestamp, write_skipped};
use drawing::Drawing;
use group::Group;
pub(super) use grouping::plane;
pub(super) use judging::Judge;
use page::Page;
use summary::DatasetView;
pub(super) use writing::ClusterFolders;

/// What the command line adds to the recipe.
#[derive(Debug, Clone)]
pub struct ClusterOptions {
    /// A table of true classes, for measuring only.
    pub truth: Option<PathBuf>,
    /// How images get into the cluster folders.
    pub placement: Placement,
    /// Exact silhouettes may take this long; beyond it a stated sample is judged.
    pub max_time: Duration,
    /// Bytes that exact silhouettes may take; beyond it likewise.
    pub max_memory: u64,
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
    let extraction = Extraction::new(&recipe.features, device, workspace)?;
    let depth = extraction.depth(&manifest, recipe.dataset.depth, observer);
    let embedded = extraction.embed(&manifest, depth, workspace, observer)?;
    let manifest = embedded.manifest;
    dataset::require_images(&manifest)?;
    timings.lap("embed");

    let dataset = DatasetSummary::of(&manifest);
    let field = summary::tenant_field(&dataset, recipe)?;
    let stage = observer.stage(Stage::Reduce, 0);
    let (projection, reduced) =
        recipe.reduce.fit_blocks(embedded.embeddings.values(), &embedded.blocks, recipe.seed)?;
    let before = FeatureStatistics::of(embedded.embeddings.values());
    let after = writing::normalised_statistics(&projection, embedded.embeddings.values())?;
    drop(stage);
    timings.lap("reduce");

    let x = reduced.view();
    let flux = recipe.cluster.fit_per.as_ref().map(|_| Flux::of(&manifest, workspace, observer)).transpose()?;
    let groups = group(recipe, truth.as_ref(), options, &manifest, (x, flux.as_ref()), observer)?;
    let outliers = Lof::default().score(x);
    timings.lap("cluster");
    let layout = lay_out(recipe, x, observer)?;
    let positions = layout.as_ref().map(|layout| layout.points.view());
    timings.lap("layout");

    let run = RunDir::create(&workspace.runs, &format!("{}-cluster-{}", timestamp(&started), recipe.name))?;
    let data = DatasetView { manifest: &manifest, depth, field: field.as_deref() };
    let points = positions.map_or_else(|| grouping::plane(x), |points| points.to_owned());
    writing::images_csv(&run, &manifest, &groups, Some(&outliers.factors), points.view())?;
    write_skipped(&run.file("skipped.csv")?, &manifest.skipped)?;
    projection.save(&run.file("projection.safetensors")?)?;
    if let Some(group) = groups.first() {
        grouping::assigner(group, x).save(&run.file("assigner.safetensors")?)?;
    }
    let folders = ClusterFolders { run: &run, manifest: &manifest, dataset: &dataset, how: options.placement };
    let placed = writing::cluster_folders(&folders, &groups, observer)?;
    timings.lap("write");

    let mut summary = ClusterSummary {
        run: PathBuf::new(),
        dataset,
        computed: embedded.computed,
        reused: embedded.reused,
        features: embedded.chain.to_string(),
        before,
        after,
        n_components: reduced.ncols(),
        variance_kept: projection.explained_variance_ratio().map(|ratios| ratios.iter().sum()),
        methods: groups.iter().map(|group| group.summarise(&manifest, field.as_deref())).collect(),
        field: field.clone(),
        placed,
        timings: timings.seconds().clone(),
    };
    let stage = observer.stage(Stage::Plot, 0);
    let enhance = &recipe.features.enhance;
    let flux = flux.as_ref();
    let drawing =
        Drawing { run: &run, data, projection: &projection, x, layout: positions, groups: &groups, enhance, flux };
    let plots = drawing.draw()?;
    Page { run: &run, recipe, data, groups: &groups, plots: &plots, x, layout: positions, summary: &summary, flux }
        .write(observer)?;
    drop(stage);
    timings.lap("plot");

    let record = Record {
        kind: "cluster",
        name: &recipe.name,
        started: &started,
        recipe: json!(recipe),
        seed: recipe.seed,
        dataset: &summary.dataset,
        chain: &embedded.chain,
        methods: groups.iter().map(|group| group.method.name().to_owned()).collect(),
        device,
        timings: &timings,
    };
    let mut results = record.results();
    results.set("explained_variance", summary.variance_kept);
    if let Some(layout) = &layout {
        results.set("tsne", json!({ "kl_divergence": layout.kl_divergence, "perplexity": layout.perplexity }));
    }
    for (group, method) in groups.iter().zip(&summary.methods) {
        results.set(&method.method, group.to_json(method));
    }
    results.write(&run.file("results.json")?)?;
    run.write_json("run.json", &record.provenance())?;
    summary.timings.clone_from(timings.seconds());
    summary.run = run.finish()?;
    Ok(summary)
}

/// Groups and judges; the truth is read here and nowhere before.
fn group(
    recipe: &ClusterRecipe,
    truth: Option<&LabelTable>,
    options: &ClusterOptions,
    manifest: &Manifest,
    (x, flux): (ArrayView2<'_, f32>, Option<&Flux>),
    observer: &dyn Observer,
) -> Result<Vec<Group>, CommandError> {
    let truth = truth.map(|table| table.match_to(manifest));
    if let Some(truth) = &truth {
        let (known, n) = (truth.labels.len(), manifest.records.len());
        if known < n || !truth.unknown.is_empty() {
            observer.warn(&Warning::TruthIncomplete {
                known,
                images: n,
                unknown: truth.unknown.len(),
                conflicts: truth.conflicts.len(),
            });
        }
    }
    let kmeans = &recipe.cluster.kmeans;
    let (max_time, max_memory) = (options.max_time, options.max_memory);
    let judge = Judge { manifest, truth: truth.as_ref(), kmeans, seed: recipe.seed, max_time, max_memory };
    match (&recipe.cluster.fit_per, flux) {
        (Some(field), Some(flux)) => per_series::run(&recipe.cluster, (field, flux), x, recipe.seed, &judge, observer),
        _ => Ok(grouping::run(&recipe.cluster, x, recipe.seed, &judge, observer)?),
    }
}

/// The t-SNE layout, where the recipe wants one.
fn lay_out(
    recipe: &ClusterRecipe,
    x: ArrayView2<'_, f32>,
    observer: &dyn Observer,
) -> Result<Option<TsneLayout>, CommandError> {
    if !recipe.report.layout.uses_tsne(x.nrows()) {
        observer.note(&Note::PlainLayout);
        return Ok(None);
    }
    let stage = observer.stage(Stage::Layout, recipe.tsne.n_iter.get());
    let layout = recipe.tsne.layout(x, recipe.seed, observer)?;
    drop(stage);
    Ok(Some(layout))
}
