//! Tiles to defect labels, one defect after another.

mod page;
mod places;
mod summary;
mod tables;

use ndarray::{Array2, ArrayView2};
use serde_json::json;

pub use summary::{LayerRow, SeparateFindings, SeparateSummary};

use super::CommandError;
use crate::clusterers::Assigner;
use crate::data::{ClusterId, Clustering, Manifest, Positive, nonzero};
use crate::features::HandMadeBlock;
use crate::images::{DepthRange, Enhancement};
use crate::metrics::upper_median;
use crate::progress::{Observer, Stage};
use crate::recipes::{FeaturesRecipe, HandMadeRecipe, SeparateRecipe, WeightedBlocks};
use crate::reducers::{Tsne, TsneLayout};
use crate::runs::{DatasetSummary, Placement, RunKind};
use crate::separation::{Polarity, Separation};
use crate::workflow::clustering::{ClusterFolders, plane};
use crate::workflow::feature_extraction::{ExtractedFeatures, FeatureExtraction};
use crate::workflow::{Context, Run, RunInputs, dataset};
use page::SeparatePage;
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
    let observer = context.observer;
    let mut run = Run::begin(RunKind::Separate, &recipe.name, recipe.seed, recipe, context);
    let manifest = dataset::open(recipe.dataset.path.as_deref(), &recipe.dataset, context)?;
    run.lap("scan");
    let depth = DepthRange::fit(&manifest, recipe.dataset.depth, observer);
    let Measured { layers: measured, surroundings } = Measured::of(recipe, &manifest, depth, context)?;
    let manifest = &measured.manifest;
    dataset::require_images(manifest)?;
    let places = Places::of(manifest, observer);
    run.lap("embed");

    let stage = observer.stage(Stage::Cluster, 0);
    let found = recipe.separate.separate(&places.tiles(&measured), &places.tiles(&surroundings), recipe.seed)?;
    drop(stage);
    run.lap("cluster");
    let (projection, reduced) =
        recipe.reduce.fit_blocks(measured.embeddings.values(), &measured.blocks, recipe.seed)?;
    let layout = lay_out(reduced.view(), recipe.seed, observer)?;
    run.lap("layout");

    let folder = run.create_folder()?;
    let clustering = by_defect(&found);
    let points = layout.as_ref().map_or_else(|| plane(reduced.view()), |layout| layout.points.clone());
    tables::images_csv(&folder, manifest, [&measured, &surroundings], &found, points.view())?;
    tables::proposals(&folder, &found)?;
    projection.save(&folder.file("projection.safetensors")?)?;
    Assigner::to_means(reduced.view(), &clustering).save(&folder.file("assigner.safetensors")?)?;
    let dataset = DatasetSummary::of(manifest);
    let folders = ClusterFolders { run: &folder, manifest, dataset: &dataset, how: placement };
    let stage = observer.stage(Stage::Copy, manifest.records.len());
    let placed = folders.place(METHOD, &clustering, None, observer)?;
    drop(stage);
    run.lap("write");

    let findings = SeparateFindings {
        dataset: dataset.clone(),
        inverted: measured.chain.recipe.enhance().contains(&Enhancement::Invert),
        replaced: measured.replaced + surroundings.replaced,
        layers: summary::rows(&found),
        defects: summary::counts(&found),
        placed,
    };
    let stage = observer.stage(Stage::Plot, 0);
    let page = SeparatePage {
        run: &folder,
        recipe,
        manifest,
        depth,
        places: &places,
        found: &found,
        points: points.view(),
        by_tsne: layout.is_some(),
        findings: &findings,
    };
    page.write(observer)?;
    drop(stage);
    run.lap("plot");

    let methods = vec![METHOD.to_owned()];
    let inputs = RunInputs { dataset: &dataset, skipped: &manifest.skipped, chain: &measured.chain, methods };
    Ok(run.finish(folder, &inputs, findings, |found, results| {
        results.set("layers", json!(found.layers));
        results.set("defects", json!(found.defects));
        results.set("replaced", json!(found.replaced));
        results.set("inverted", json!(found.inverted));
    })?)
}

/// The features of every tile, inverted first where what stands in its middle is bright.
struct Measured {
    /// Features for the layers.
    layers: ExtractedFeatures,
    /// Features for the inconsistency.
    surroundings: ExtractedFeatures,
}

impl Measured {
    fn of(
        recipe: &SeparateRecipe,
        manifest: &Manifest,
        depth: DepthRange,
        context: &Context<'_>,
    ) -> Result<Self, CommandError> {
        let separation = &recipe.separate;
        if separation.inconsistency.features.is_empty() {
            let text = "`separate.inconsistency.features` names nothing to look at: leave it out for all of its blocks";
            return Err(CommandError::usage(text));
        }
        let embed = |manifest: &Manifest, blocks: Vec<HandMadeBlock>, corrections: Vec<Enhancement>| {
            let blocks = blocks.into_iter().map(|block| (block, WeightedBlocks::usual())).collect();
            let enhance = recipe.features.enhance.iter().copied().chain(corrections).collect();
            let features = FeaturesRecipe::HandMade(HandMadeRecipe { enhance, blocks });
            FeatureExtraction::new(&features, context)?.embed(manifest, depth, context)
        };
        let dark = |manifest: &Manifest| embed(manifest, separation.blocks(), Vec::new());
        let bright = |manifest: &Manifest| embed(manifest, separation.blocks(), vec![Enhancement::Invert]);
        let (layers, inverted) = match separation.polarity {
            Polarity::Dark => (dark(manifest)?, false),
            Polarity::Bright => (bright(manifest)?, true),
            Polarity::Auto => {
                let measured = dark(manifest)?;
                if median_contrast(&measured) > 0.0 { (bright(manifest)?, true) } else { (measured, false) }
            }
        };
        let mut corrections = if inverted { vec![Enhancement::Invert] } else { Vec::new() };
        corrections.extend(separation.inconsistency.enhancements());
        let surroundings = embed(&layers.manifest, separation.inconsistency.blocks(), corrections)?;
        if surroundings.manifest.records.len() < layers.manifest.records.len() {
            let hint = "leave the folder alone while it is read, and run again";
            return Err(CommandError::failed("tiles changed while they were measured", hint));
        }
        Ok(Self { layers, surroundings })
    }
}

/// How much brighter the middle of a tile is than its rim, in grey levels.
fn median_contrast(measured: &ExtractedFeatures) -> f64 {
    let Some(column) = measured.columns.iter().position(|column| column == "missing_contrast") else { return 0.0 };
    let contrasts = measured.embeddings.values().column(column).mapv(f64::from);
    upper_median(&mut contrasts.to_vec()).unwrap_or(0.0)
}

/// One cluster per defect label, numbered as the labels are; some may be empty.
fn by_defect(found: &Separation) -> Clustering {
    let labels = found.labels.iter().map(|&label| Some(ClusterId(label as u32))).collect();
    Clustering::placed(labels, found.names.len())
}

/// Positions by t-SNE; `None` where there are too few tiles for one.
fn lay_out(x: ArrayView2<'_, f32>, seed: u64, observer: &dyn Observer) -> Result<Option<TsneLayout>, CommandError> {
    const FEWEST: usize = 8;
    if x.nrows() < FEWEST {
        return Ok(None);
    }
    let stage = observer.stage(Stage::Layout, LAYOUT_STEPS);
    let recipe = Tsne {
        perplexity: Positive::try_from((x.nrows() as f64 / 4.0).min(30.0)).ok(),
        n_iter: nonzero::<LAYOUT_STEPS>(),
        ..Tsne::default()
    };
    let layout = recipe.layout(x, seed, observer)?;
    drop(stage);
    Ok(Some(layout))
}

/// t-SNE of a part of the tiles, or its first two components where there are too few.
fn layout_of(x: &Array2<f32>, seed: u64, observer: &dyn Observer) -> Result<Array2<f32>, CommandError> {
    Ok(lay_out(x.view(), seed, observer)?.map_or_else(|| plane(x.view()), |layout| layout.points))
}
