//! Images to clusters.

mod drawing;
mod examples;
mod page;
mod summary;

use std::path::PathBuf;
use std::time::Duration;

use ndarray::ArrayView2;
use serde_json::json;

pub use summary::{ClusterFindings, ClusterSummary, FeatureStatistics};

use super::CommandError;
use crate::curation::LabelTable;
use crate::data::Manifest;
use crate::detector_frames::Flux;
use crate::outliers::Lof;
use crate::progress::{Note, Observer, Stage, Warning};
use crate::recipes::ClusterRecipe;
use crate::reducers::TsneLayout;
use crate::runs::{DatasetSummary, Placement, RunKind};
use crate::workflow::clustering::{
    self, ClusterFolders, ClusteringEvaluator, ClusteringResult, assigner, check_field_names, cluster_folders,
    images_csv, per_series, plane,
};
use crate::workflow::feature_extraction::FeatureExtraction;
use crate::workflow::flux;
use crate::workflow::{Context, Run, RunInputs, dataset};
use drawing::Drawing;
use page::ClusterPage;
use summary::DatasetView;

/// Options that the command line adds to the recipe.
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
    context: &Context<'_>,
) -> Result<ClusterSummary, CommandError> {
    let observer = context.observer;
    let mut run = Run::begin(RunKind::Cluster, &recipe.name, recipe.seed, recipe, context);
    let truth = options.truth.as_deref().map(LabelTable::read).transpose()?;
    let manifest = dataset::open(recipe.dataset.path.as_deref(), &recipe.dataset, context)?;
    check_field_names(&manifest, &recipe.cluster.methods)?;
    run.lap("scan");
    let extraction = FeatureExtraction::new(&recipe.features, context)?;
    let depth = extraction.depth(&manifest, recipe.dataset.depth, context);
    let extracted = extraction.embed(&manifest, depth, context)?;
    let manifest = extracted.manifest;
    dataset::require_images(&manifest)?;
    run.lap("embed");

    let dataset = DatasetSummary::of(&manifest);
    let field = summary::shown_field(&dataset, recipe)?;
    let stage = observer.stage(Stage::Reduce, 0);
    let values = extracted.embeddings.values();
    let (projection, reduced) = recipe.reduce.fit_blocks(values, &extracted.blocks, recipe.seed)?;
    let before = FeatureStatistics::of(values);
    let after = FeatureStatistics::after_first_step(&projection, values)?;
    drop(stage);
    run.lap("reduce");

    let x = reduced.view();
    let flux = recipe.cluster.fit_per.as_ref().map(|_| flux::measure(&manifest, context)).transpose()?;
    let results = run_methods(recipe, truth.as_ref(), options, &manifest, (x, flux.as_ref()), observer)?;
    let outliers = Lof::default().score(x);
    run.lap("cluster");
    let layout = lay_out(recipe, x, observer)?;
    let positions = layout.as_ref().map(|layout| layout.points.view());
    run.lap("layout");

    let folder = run.create_folder()?;
    let points = positions.map_or_else(|| plane(x), |points| points.to_owned());
    images_csv(&folder, &manifest, &results, Some(&outliers.factors), points.view())?;
    projection.save(&folder.file("projection.safetensors")?)?;
    if let Some(result) = results.first() {
        assigner(result, x).save(&folder.file("assigner.safetensors")?)?;
    }
    let folders = ClusterFolders { run: &folder, manifest: &manifest, dataset: &dataset, how: options.placement };
    let placed = cluster_folders(&folders, &results, observer)?;
    run.lap("write");

    let findings = ClusterFindings {
        dataset,
        computed: extracted.computed,
        reused: extracted.reused,
        features: extracted.chain.to_string(),
        before,
        after,
        n_components: reduced.ncols(),
        variance_kept: projection.explained_variance_ratio().map(|ratios| ratios.iter().sum()),
        methods: results.iter().map(|result| result.summarise(&manifest, field.as_deref())).collect(),
        field: field.clone(),
        placed,
    };
    let stage = observer.stage(Stage::Plot, 0);
    let data = DatasetView { manifest: &manifest, depth, field: field.as_deref() };
    let (enhance, flux) = (recipe.features.enhance(), flux.as_ref());
    let drawing =
        Drawing { run: &folder, data, projection: &projection, x, layout: positions, results: &results, enhance, flux };
    let plots = drawing.draw()?;
    let page = ClusterPage {
        run: &folder,
        recipe,
        data,
        results: &results,
        plots: &plots,
        x,
        layout: positions,
        findings: &findings,
        flux,
    };
    page.write(observer)?;
    drop(stage);
    run.lap("plot");

    let dataset = findings.dataset.clone();
    let methods = results.iter().map(|result| result.method.name().to_owned()).collect();
    let inputs = RunInputs { dataset: &dataset, skipped: &manifest.skipped, chain: &extracted.chain, methods };
    Ok(run.finish(folder, &inputs, findings, |findings, json| {
        json.set("explained_variance", findings.variance_kept);
        if let Some(layout) = &layout {
            let figures = json!({ "kl_divergence": layout.kl_divergence, "perplexity": layout.perplexity });
            json.set("tsne", figures);
        }
        for (result, method) in results.iter().zip(&findings.methods) {
            json.set(&method.method, result.to_json(method));
        }
    })?)
}

/// Runs the recipe's methods and evaluates what they found; the truth is read here and nowhere before.
fn run_methods(
    recipe: &ClusterRecipe,
    truth: Option<&LabelTable>,
    options: &ClusterOptions,
    manifest: &Manifest,
    (x, flux): (ArrayView2<'_, f32>, Option<&Flux>),
    observer: &dyn Observer,
) -> Result<Vec<ClusteringResult>, CommandError> {
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
    let evaluator =
        ClusteringEvaluator { manifest, truth: truth.as_ref(), kmeans, seed: recipe.seed, max_time, max_memory };
    match (&recipe.cluster.fit_per, flux) {
        (Some(field), Some(flux)) => {
            Ok(per_series::run(&recipe.cluster, (field, flux), x, recipe.seed, &evaluator, observer)?)
        }
        _ => Ok(clustering::run(&recipe.cluster, x, recipe.seed, &evaluator, observer)?),
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
