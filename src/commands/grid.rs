//! Which network, layer, enhancement and number of clusters suit the images: every combination, ranked.

mod page;

use std::collections::BTreeMap;
use std::path::PathBuf;

use jiff::Zoned;
use serde::Serialize;
use serde_json::json;

use super::cluster::Judge;
use super::embed::Extraction;
use super::{ClusterOptions, CommandError, Workspace, dataset};
use crate::clusterers::{PickK, PickMetrics};
use crate::curation::{LabelTable, Matched};
use crate::data::{Clustering, Manifest};
use crate::device::{Device, DeviceChoice};
use crate::images::{DepthRange, Enhancement};
use crate::metrics::{Contingency, normalized_mutual_information, purity, spread};
use crate::progress::{Note, Observer, Stage};
use crate::report::Results;
use crate::runs::{
    ClusterRecipe, DatasetSummary, FeaturesRecipe, GridRecipe, RunDir, Timings, timestamp, write_skipped,
};

/// The outcome of a grid.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct GridSummary {
    /// The run folder.
    pub run: PathBuf,
    /// What was clustered.
    pub dataset: DatasetSummary,
    /// Every combination that ran, the best first.
    pub rows: Vec<GridRow>,
    /// Combinations that could not run, and why.
    pub left_out: Vec<String>,
    /// What to add to `rails cluster` to get the best one.
    pub recommended: Vec<String>,
}

/// One combination.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct GridRow {
    /// Network.
    pub backbone: String,
    /// Its layers.
    pub layers: Vec<String>,
    /// Enhancements before embedding, as a recipe writes them.
    pub enhance: Vec<Enhancement>,
    /// Number of clusters.
    pub k: usize,
    /// Number of features before reduction.
    pub n_features: usize,
    /// What was measured, by name; the truth's only where one was given.
    pub metrics: BTreeMap<String, f64>,
}

/// Runs every combination of `grid` with the numbers of clusters of the recipe's k-means and ranks them by the metric
/// that the recipe picks k with. Each combination of network, layers and enhancements is embedded once.
///
/// # Errors
/// When no combination can run. One whose weights are missing is left out and listed.
pub fn grid(
    recipe: &ClusterRecipe,
    grid: &GridRecipe,
    options: &ClusterOptions,
    device: DeviceChoice,
    workspace: &Workspace,
    observer: &dyn Observer,
) -> Result<GridSummary, CommandError> {
    let started = Zoned::now();
    let mut timings = Timings::start();
    let device = device.resolve()?;
    let truth = options.truth.as_deref().map(LabelTable::read).transpose()?;
    let manifest = dataset::open(recipe.dataset.path.as_deref(), &recipe.dataset, workspace, observer)?;
    let depth = DepthRange::fit(&manifest, recipe.dataset.depth, observer);
    timings.lap("scan");

    let mut rows = Vec::new();
    let mut left_out = Vec::new();
    let mut skipped = manifest.skipped.clone();
    let context = Context { recipe, options, truth: truth.as_ref(), device, workspace, observer };
    for features in combinations(recipe, grid) {
        let name = describe(&features);
        observer.note(&Note::Trying { features: name.clone() });
        match context.run(&features, &manifest, depth) {
            Ok((found, files)) => {
                rows.extend(found);
                skipped = files;
            }
            Err(CommandError::Backbone(error)) => left_out.push(format!("{name}: {error}")),
            Err(error) => return Err(error),
        }
    }
    if rows.is_empty() {
        return Err(CommandError::failed(
            format!("no combination of the grid can run: {}", left_out.join("; ")),
            "import weights with `rails models import` or `rails models pull`",
        ));
    }
    rows.sort_by(|a, b| score(recipe.cluster.pick_k, b).total_cmp(&score(recipe.cluster.pick_k, a)));
    timings.lap("grid");

    let run = RunDir::create(&workspace.runs, &format!("{}-grid-{}", timestamp(&started), recipe.name))?;
    let dataset = DatasetSummary::of(&Manifest { skipped: skipped.clone(), ..manifest });
    let recommended = recommend(&rows[0]);
    let mut results = Results::new("grid", &recipe.name, &started.timestamp().to_string());
    if let serde_json::Value::Object(dataset) = json!(dataset) {
        results.dataset = dataset;
    }
    results.config = json!(recipe);
    results.timings.clone_from(timings.seconds());
    results.set("best", &rows[0].metrics);
    results.set("rows", &rows);
    results.set("left_out", &left_out);
    results.set("recommended", &recommended);
    results.write(&run.file("results.json")?)?;
    write_skipped(&run.file("skipped.csv")?, &skipped)?;
    page::page(recipe, &dataset, &rows, &left_out, &recommended).write(&run.file("report.html")?)?;
    Ok(GridSummary { run: run.finish()?, dataset, rows, left_out, recommended })
}

/// What all combinations share.
struct Context<'a> {
    recipe: &'a ClusterRecipe,
    options: &'a ClusterOptions,
    truth: Option<&'a LabelTable>,
    device: Device,
    workspace: &'a Workspace,
    observer: &'a dyn Observer,
}

impl Context<'_> {
    /// A row per number of clusters, and the files left out.
    fn run(
        &self,
        features: &FeaturesRecipe,
        manifest: &Manifest,
        depth: DepthRange,
    ) -> Result<(Vec<GridRow>, Vec<crate::data::Skipped>), CommandError> {
        let extraction = Extraction::new(features, self.device, self.workspace)?;
        let embedded = extraction.embed(manifest, depth, self.workspace, self.observer)?;
        dataset::require_images(&embedded.manifest)?;
        let (projection, x) = {
            let reduce = &self.recipe.reduce;
            reduce.fit_blocks(embedded.embeddings.values(), &embedded.blocks, self.recipe.seed)?
        };
        let stage = self.observer.stage(Stage::Cluster, 0);
        let sweep = self.recipe.cluster.kmeans.sweep(x.view(), self.recipe.seed, self.observer)?;
        let clusterings: Vec<&Clustering> = sweep.iter().map(|fit| &fit.clustering).collect();
        drop(stage);
        let truth = self.truth.map(|table| table.match_to(&embedded.manifest));
        let judge = Judge {
            manifest: &embedded.manifest,
            truth: truth.as_ref(),
            kmeans: &self.recipe.cluster.kmeans,
            seed: self.recipe.seed,
            max_time: self.options.max_time,
            max_memory: self.options.max_memory,
        };
        let judged = judge.silhouettes(x.view(), &clusterings, self.observer);
        let kept = projection.explained_variance_ratio().map(|ratios| ratios.iter().sum::<f64>());
        let rows = sweep
            .iter()
            .zip(judged)
            .map(|(fit, judged)| {
                let spread = spread(x.view(), &fit.clustering);
                let mut metrics = BTreeMap::from([("inertia".to_owned(), fit.inertia)]);
                let measured = [
                    ("silhouette", judged.map(|judged| judged.mean)),
                    ("davies_bouldin", spread.davies_bouldin),
                    ("calinski_harabasz", spread.calinski_harabasz),
                    ("variance_kept", kept),
                ];
                let against = truth.as_ref().map(|truth| against_truth(&fit.clustering, truth)).unwrap_or_default();
                for (name, value) in measured.into_iter().chain(against) {
                    metrics.extend(value.map(|value| (name.to_owned(), value)));
                }
                GridRow {
                    backbone: features.backbone.to_string(),
                    layers: extraction.recipe.layers.clone(),
                    enhance: features.enhance.clone(),
                    k: fit.asked,
                    n_features: embedded.chain.n_features,
                    metrics,
                }
            })
            .collect();
        Ok((rows, embedded.manifest.skipped))
    }
}

fn against_truth(clustering: &Clustering, truth: &Matched) -> Vec<(&'static str, Option<f64>)> {
    let classes = (0..clustering.len()).map(|row| truth.labels.get(&row).map(|(class, _)| class.as_str()));
    let table = Contingency::new(clustering.labels().iter().copied().zip(classes));
    vec![("purity", purity(&table)), ("nmi", normalized_mutual_information(&table))]
}

fn combinations(recipe: &ClusterRecipe, grid: &GridRecipe) -> Vec<FeaturesRecipe> {
    let plain = [Vec::new()];
    let enhancements = if grid.enhance.is_empty() { plain.as_slice() } else { grid.enhance.as_slice() };
    grid.features
        .iter()
        .flat_map(|features| features.layers.iter().map(move |layers| (features.backbone, layers)))
        .flat_map(|(backbone, layers)| enhancements.iter().map(move |enhance| (backbone, layers, enhance)))
        .map(|(backbone, layers, enhance)| FeaturesRecipe {
            backbone,
            layers: layers.clone(),
            enhance: enhance.clone(),
            weights: None,
            ..recipe.features.clone()
        })
        .collect()
}

fn describe(features: &FeaturesRecipe) -> String {
    let enhance = texts(&features.enhance);
    let enhance = if enhance.is_empty() { enhance } else { format!(" after {enhance}") };
    format!("{} {}{enhance}", features.backbone, features.layers.join(" + "))
}

/// Larger is better.
fn score(pick: PickK, row: &GridRow) -> f64 {
    let metric = |name: &str| row.metrics.get(name).copied();
    pick.score(PickMetrics {
        silhouette: metric("silhouette"),
        davies_bouldin: metric("davies_bouldin"),
        calinski_harabasz: metric("calinski_harabasz"),
    })
}

fn recommend(row: &GridRow) -> Vec<String> {
    let list = |names: &[String]| names.iter().map(|name| format!("\"{name}\"")).collect::<Vec<_>>().join(", ");
    let mut settings = vec![
        format!("features.backbone={}", row.backbone),
        format!("features.layers=[{}]", list(&row.layers)),
        format!("cluster.kmeans.k={}", row.k),
    ];
    if let Ok(enhance) = toml::Value::try_from(&row.enhance)
        && !row.enhance.is_empty()
    {
        settings.push(format!("features.enhance={enhance}"));
    }
    settings
}

/// For people.
#[must_use]
pub fn texts(enhance: &[Enhancement]) -> String {
    enhance.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}
