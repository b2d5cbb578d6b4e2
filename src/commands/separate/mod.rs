//! Tiles to defect labels, one defect after another.

mod measured;
mod name_place;
mod output;
mod page;
mod places;
mod summary;
mod tables;

use ndarray::{Array2, ArrayView2};

pub use summary::{LayerRow, SeparateFindings, SeparateSummary};

use super::CommandError;
use crate::data::{Positive, nonzero};
use crate::images::DepthRange;
use crate::progress::{Silent, Stage};
use crate::recipes::SeparateRecipe;
use crate::reducers::{ReduceError, Tsne, TsneLayout};
use crate::runs::{Placement, RunKind};
use crate::workflow::clustering::{or_left_out, plane};
use crate::workflow::{Context, Run, dataset};
use measured::MeasuredTiles;
use output::SeparateOutput;
use places::Places;

/// The column of images.csv and the folder of clusters that hold the defect labels.
const METHOD: &str = "layers";

/// Steps of the layouts in the report.
const LAYOUT_STEPS: usize = 500;

/// Separates the tiles of the recipe, layer by layer, and writes a run folder.
///
/// # Errors
/// When a stage fails; then no run folder appears. A bad image is only skipped.
pub fn separate(
    recipe: &SeparateRecipe,
    placement: Placement,
    context: &Context<'_>,
) -> Result<SeparateSummary, CommandError> {
    let mut run = Run::begin(RunKind::Separate, &recipe.name, recipe.seed, recipe, context);
    let manifest = dataset::open(recipe.dataset.path.as_deref(), &recipe.dataset, context)?;
    dataset::check_copy(&manifest, placement)?;
    // Told before the tiles are measured, which takes longer.
    Places::of(&manifest, &recipe.separate, &Silent)?;
    run.lap("scan");
    let depth = DepthRange::fit(&manifest, recipe.dataset.brightness(), context.observer);
    let tiles = MeasuredTiles::of(recipe, &manifest, depth, context)?;
    let MeasuredTiles { layers, surroundings } = &tiles;
    dataset::require_images(&layers.manifest)?;
    let places = Places::of(&layers.manifest, &recipe.separate, context.observer)?;
    run.lap("embed");

    let stage = context.observer.stage(Stage::Cluster, 0);
    let found =
        recipe.separate.separate(&places.tiles(layers), &places.tiles(surroundings), context.memory, recipe.seed)?;
    drop(stage);
    run.lap("cluster");
    let (projection, x) =
        recipe.reduce.fit_within(context.memory, layers.embeddings.values(), &layers.blocks, recipe.seed)?;
    let layout = lay_out(x.view(), recipe.seed, context)?;
    let points = layout.as_ref().map_or_else(|| plane(x.view()), |layout| layout.points.clone());
    run.lap("layout");
    let output = SeparateOutput {
        recipe,
        tiles: &tiles,
        depth,
        places: &places,
        found: &found,
        projection: &projection,
        x: x.view(),
        points: &points,
        by_tsne: layout.is_some(),
    };
    output.write(run, placement, context)
}

/// Positions by t-SNE; `None` where there are too few tiles for one, or more than fit in memory.
fn lay_out(x: ArrayView2<'_, f32>, seed: u64, context: &Context<'_>) -> Result<Option<TsneLayout>, CommandError> {
    const FEWEST: usize = 8;
    if x.nrows() < FEWEST {
        return Ok(None);
    }
    let observer = context.observer;
    let stage = observer.stage(Stage::Layout, LAYOUT_STEPS);
    let recipe = Tsne {
        perplexity: Positive::try_from((x.nrows() as f64 / 4.0).min(30.0)).ok(),
        n_iter: nonzero::<LAYOUT_STEPS>(),
        ..Tsne::default()
    };
    let layout = match recipe.layout_within(context.memory, x, seed, observer) {
        Err(ReduceError::Memory(why)) => or_left_out("tsne", Err(why), observer),
        layout => Some(layout?),
    };
    drop(stage);
    Ok(layout)
}

/// t-SNE of a part of the tiles, or its first two components where there is none.
fn layout_of(x: &Array2<f32>, seed: u64, context: &Context<'_>) -> Result<Array2<f32>, CommandError> {
    Ok(lay_out(x.view(), seed, context)?.map_or_else(|| plane(x.view()), |layout| layout.points))
}
