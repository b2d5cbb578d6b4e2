//! `rails search`: every combination of network, layer, enhancement and number of clusters, ranked.

mod page;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use serde::Serialize;

use super::CommandError;
use crate::clusterers::{PickK, PickMetrics};
use crate::curation::{LabelTable, MatchedLabels};
use crate::data::{Clustering, Manifest, Skipped};
use crate::images::{DepthRange, Enhancement};
use crate::metrics::{Contingency, normalized_mutual_information, purity, spread};
use crate::progress::{Note, Stage};
use crate::recipes::{FeaturesRecipe, NetworkRecipe, SearchRecipe};
use crate::runs::{DatasetSummary, FeatureChain, RunKind};
use crate::workflow::clustering::ClusteringEvaluator;
use crate::workflow::feature_extraction::FeatureExtraction;
use crate::workflow::{Context, Run, RunInputs, RunSummary, WorkflowError, dataset};

/// Options that the command line adds to the recipe.
#[derive(Debug, Clone)]
pub struct SearchOptions {
    /// A table of true classes, for measuring only.
    pub truth: Option<PathBuf>,
    /// How long exact silhouettes may take.
    pub silhouettes: Duration,
}

/// The outcome of `rails search`.
pub type SearchSummary = RunSummary<SearchFindings>;

/// Combinations of features, ranked.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SearchFindings {
    /// The data set that was clustered.
    pub dataset: DatasetSummary,
    /// Every combination that ran, the best first.
    pub rows: Vec<CombinationRow>,
    /// Combinations that could not run, and why.
    pub left_out: Vec<String>,
    /// Arguments of `rails cluster` that give the best one.
    pub recommended: Vec<String>,
}

/// One combination.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CombinationRow {
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
    /// Metrics by name; those against the truth only where one was given.
    pub metrics: BTreeMap<String, f64>,
}

/// Runs every combination of `[search]` with the numbers of clusters of the recipe's k-means and ranks them by the
/// metric that the recipe picks k with. Each combination of network, layers and enhancements is embedded once.
///
/// # Errors
/// When no combination can run. One whose weights are missing is left out and listed.
pub fn search(
    recipe: &SearchRecipe,
    options: &SearchOptions,
    context: &Context<'_>,
) -> Result<SearchSummary, CommandError> {
    let mut run = Run::begin(RunKind::Search, &recipe.name, recipe.seed, recipe, context);
    let truth = options.truth.as_deref().map(|table| LabelTable::read(table, context.observer)).transpose()?;
    let manifest = dataset::open(recipe.dataset.path.as_deref(), &recipe.dataset, context)?;
    let depth = DepthRange::fit(&manifest, recipe.dataset.brightness(), context.observer);
    run.lap("scan");

    let mut found: Vec<Combination> = Vec::new();
    let mut left_out = Vec::new();
    let search = Search { recipe, options, truth: truth.as_ref(), context };
    for features in recipe.combinations() {
        let trying = Note::Trying {
            backbone: features.backbone.to_string(),
            layers: features.layers.clone(),
            enhance: features.enhance.iter().map(ToString::to_string).collect(),
        };
        context.observer.note(&trying);
        match search.run(&features, &manifest, depth) {
            Ok(combination) => found.push(combination),
            // A network whose weights are missing is left out; any other error ends the search.
            Err(CommandError::Workflow(WorkflowError::Backbone(error))) => left_out.push(format!("{trying}: {error}")),
            Err(error) => return Err(error),
        }
    }
    let Some(last) = found.last() else {
        return Err(CommandError::failed(
            format!("no combination of the search can run: {}", left_out.join("; ")),
            "import weights with `rails models import` or `rails models pull`",
        ));
    };
    let skipped = last.skipped.clone();
    let mut rows: Vec<(usize, CombinationRow)> = Vec::new();
    for (number, combination) in found.iter().enumerate() {
        rows.extend(combination.rows.iter().map(|row| (number, row.clone())));
    }
    let score = |row: &CombinationRow| score(recipe.cluster.pick_k, row);
    rows.sort_by(|(_, a), (_, b)| score(b).total_cmp(&score(a)));
    run.lap("search");

    let chain = &found[rows[0].0].chain;
    let rows: Vec<CombinationRow> = rows.into_iter().map(|(_, row)| row).collect();
    let dataset = DatasetSummary::of(&Manifest { skipped: skipped.clone(), ..manifest });
    let recommended = recommend(&rows[0]);
    let folder = run.create_folder()?;
    page::page(recipe, &dataset, &rows, &left_out, &recommended).write(&folder.file("report.html")?)?;
    let inputs = RunInputs { dataset: &dataset, skipped: &skipped, chain, methods: Vec::new() };
    let findings = SearchFindings { dataset: dataset.clone(), rows, left_out, recommended };
    Ok(run.finish(folder, &inputs, findings, |findings, results| {
        results.set("best", &findings.rows[0].metrics);
        results.set("rows", &findings.rows);
        results.set("left_out", &findings.left_out);
        results.set("recommended", &findings.recommended);
    })?)
}

/// Settings and data that all combinations share.
struct Search<'a> {
    recipe: &'a SearchRecipe,
    options: &'a SearchOptions,
    truth: Option<&'a LabelTable>,
    context: &'a Context<'a>,
}

/// One combination of features, clustered.
struct Combination {
    /// One per number of clusters.
    rows: Vec<CombinationRow>,
    chain: FeatureChain,
    skipped: Vec<Skipped>,
}

impl Search<'_> {
    /// Clusters the images by `features`, once per number of clusters.
    fn run(
        &self,
        features: &NetworkRecipe,
        manifest: &Manifest,
        depth: DepthRange,
    ) -> Result<Combination, CommandError> {
        let observer = self.context.observer;
        let extraction = FeatureExtraction::new(&FeaturesRecipe::Network(features.clone()), self.context)?;
        let embedded = extraction.embed(manifest, depth, self.context)?;
        dataset::require_images(&embedded.manifest)?;
        let values = embedded.embeddings.values();
        let (projection, x) =
            self.recipe.reduce.fit_within(self.context.memory, values, &embedded.blocks, self.recipe.seed)?;
        let stage = observer.stage(Stage::Cluster, 0);
        let sweep =
            self.recipe.cluster.kmeans.sweep_within(self.context.memory, x.view(), self.recipe.seed, observer)?;
        let clusterings: Vec<&Clustering> = sweep.iter().map(|fit| &fit.clustering).collect();
        drop(stage);
        let truth = self.truth.map(|table| table.match_to(&embedded.manifest));
        let evaluator = ClusteringEvaluator {
            manifest: &embedded.manifest,
            truth: truth.as_ref(),
            kmeans: &self.recipe.cluster.kmeans,
            seed: self.recipe.seed,
            silhouette_time: self.options.silhouettes,
            memory: self.context.memory,
        };
        let judged = evaluator.silhouettes(x.view(), &clusterings, observer);
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
                CombinationRow {
                    backbone: features.backbone.to_string(),
                    layers: extraction.recipe.network().map(|network| network.layers.clone()).unwrap_or_default(),
                    enhance: features.enhance.clone(),
                    k: fit.asked,
                    n_features: embedded.chain.n_features,
                    metrics,
                }
            })
            .collect();
        Ok(Combination { rows, chain: embedded.chain, skipped: embedded.manifest.skipped })
    }
}

fn against_truth(clustering: &Clustering, truth: &MatchedLabels) -> Vec<(&'static str, Option<f64>)> {
    let classes = (0..clustering.len()).map(|row| truth.labels.get(&row).map(|(class, _)| class.as_str()));
    let table = Contingency::new(clustering.labels().iter().copied().zip(classes));
    vec![("purity", purity(&table)), ("nmi", normalized_mutual_information(&table))]
}

/// Larger is better.
fn score(pick: PickK, row: &CombinationRow) -> f64 {
    let metric = |name: &str| row.metrics.get(name).copied();
    pick.score(PickMetrics {
        silhouette: metric("silhouette"),
        davies_bouldin: metric("davies_bouldin"),
        calinski_harabasz: metric("calinski_harabasz"),
    })
}

fn recommend(row: &CombinationRow) -> Vec<String> {
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

/// Enhancements in one line.
#[must_use]
pub fn texts(enhance: &[Enhancement]) -> String {
    enhance.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}
