//! Images to clusters.

mod drawing;
mod examples;
mod output;
mod page;
mod reduced_images;
mod summary;

use std::path::PathBuf;
use std::time::Duration;

use ndarray::ArrayView2;

pub use summary::{ClusterFindings, ClusterSummary, FeatureStatistics};

use super::CommandError;
use crate::curation::{LabelTable, MatchedLabels};
use crate::outliers::Lof;
use crate::progress::{Note, Observer, Warning};
use crate::recipes::ClusterRecipe;
use crate::reducers::TsneLayout;
use crate::runs::{Placement, RunKind};
use crate::workflow::class_folders::tell_alike;
use crate::workflow::clustering::{self, ClusteringEvaluator, or_left_out};
use crate::workflow::{Context, Run, flux, layout};
use output::ClusterOutput;
use reduced_images::ReducedImages;

/// Options that the command line adds to the recipe.
#[derive(Debug, Clone)]
pub struct ClusterOptions {
    /// A table of true classes, for measuring only.
    pub truth: Option<PathBuf>,
    /// How images get into the cluster folders.
    pub placement: Placement,
    /// How long exact silhouettes may take.
    pub silhouettes: Duration,
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
    let mut run = Run::begin(RunKind::Cluster, &recipe.name, recipe.seed, recipe, context);
    let truth = options.truth.as_deref().map(|table| LabelTable::read(table, context.observer)).transpose()?;
    let images = ReducedImages::prepare(recipe, options.placement, &mut run, context)?;
    let x = images.x();
    let flux =
        recipe.cluster.fit_per.as_ref().map(|_| flux::measure(&images.manifest, &images.chain, context)).transpose()?;
    // The truth is read here and nowhere before.
    let truth = truth.map(|table| table.match_to(&images.manifest));
    warn_of_gaps(truth.as_ref(), options, images.manifest.records.len(), context.observer);
    let evaluator = ClusteringEvaluator {
        manifest: &images.manifest,
        truth: truth.as_ref(),
        kmeans: &recipe.cluster.kmeans,
        seed: recipe.seed,
        silhouette_time: options.silhouettes,
        memory: context.memory,
    };
    let found = clustering::run(&recipe.cluster, x, flux.as_ref(), &evaluator, context.observer)?;
    // What does not fit in memory costs itself: the clusters are found already.
    let outliers = or_left_out("outliers", Lof::default().score_within(context.memory, x), context.observer);
    run.lap("cluster");
    let layout = lay_out(recipe, x, context)?;
    run.lap("layout");
    let (found, flux, layout) = (&found, flux.as_ref(), layout.as_ref());
    let output = ClusterOutput { recipe, images: &images, found, outliers: outliers.as_ref(), flux, layout };
    output.write(run, options.placement, context)
}

/// Says how far the table of true classes and the images miss each other.
fn warn_of_gaps(truth: Option<&MatchedLabels>, options: &ClusterOptions, images: usize, observer: &dyn Observer) {
    let (Some(truth), Some(table)) = (truth, &options.truth) else { return };
    for warning in truth.warnings(table) {
        observer.warn(&Warning::Labels(warning));
    }
    tell_alike(truth.labels.values().map(|(class, _)| class), observer);
    let (known, unknown, conflicts) = (truth.labels.len(), truth.unmatched.len(), truth.conflicts.len());
    if known < images || unknown > 0 {
        observer.warn(&Warning::TruthIncomplete { known, images, unknown, conflicts });
    }
}

/// The t-SNE layout, where the recipe wants one and it fits in memory.
fn lay_out(
    recipe: &ClusterRecipe,
    x: ArrayView2<'_, f32>,
    context: &Context<'_>,
) -> Result<Option<TsneLayout>, CommandError> {
    if !recipe.report.layout.uses_tsne(x.nrows()) {
        context.observer.note(&Note::PlainLayout);
        return Ok(None);
    }
    Ok(layout::t_sne(&recipe.tsne, x, recipe.seed, context)?)
}
