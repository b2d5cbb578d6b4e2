//! Fills the folder of a run over patches: the table, plots and the page.

use serde_json::json;

use super::SearchResults;
use super::page::PatchesPage;
use super::slicing::InView;
use super::summary::{FlatFieldEffect, ImageInView, PatchesFindings, PatchesMethod, PatchesSummary, write_patches};
use crate::clusterers::Assigner;
use crate::commands::CommandError;
use crate::data::{ClusterId, Clustering, FrameAddress, Manifest};
use crate::features::Patches;
use crate::files::{Column, Results, images_csv};
use crate::images::{DepthRange, FieldOfView, slice};
use crate::progress::Stage;
use crate::recipes::{FeaturesRecipe, FitPer, PatchFeatures, PatchesRecipe, PatchesSection, Slices};
use crate::runs::{ASSIGNER_FILE, DatasetSummary, FeatureChain, PROJECTION_FILE, RunDir};
use crate::workflow::clustering::plane;
use crate::workflow::patch_clustering::{FittedPatches, PatchClusters, PatchSpace};
use crate::workflow::{Context, Run, RunInputs};

/// Clusters of patches, to be written.
pub(super) struct PatchesOutput<'a> {
    pub recipe: &'a PatchesRecipe,
    pub manifest: &'a Manifest,
    pub depth: DepthRange,
    /// One per image.
    pub patches: &'a [&'a Patches],
    pub fitted: &'a FittedPatches,
    /// `None` where all patches are left out.
    pub space: Option<PatchSpace>,
    /// The difference that correcting the light made, where it was corrected.
    pub flat_field: Option<FlatFieldEffect>,
    /// Where images show something; absent: everywhere.
    pub field: Option<FieldOfView>,
    /// How much of each image that is, where a field is asked for.
    pub in_view: Option<Vec<Option<InView>>>,
    /// Settings that were tried beside, where the recipe asks for it.
    pub search: Option<SearchResults>,
}

impl PatchesOutput<'_> {
    /// Writes everything and lets the folder appear.
    ///
    /// # Errors
    /// When the disk refuses; then no folder appears.
    pub fn write(self, mut run: Run<'_>, context: &Context<'_>) -> Result<PatchesSummary, CommandError> {
        let Self { recipe, manifest, depth, patches, fitted, space, flat_field, field, in_view, search } = self;
        let FittedPatches { found, failed, replaced } = fitted;
        let folder = run.create_folder()?;
        write_patches(&folder, manifest, recipe.patches.slices, patches, found)?;
        write_as_images(&folder, recipe, manifest, space.as_ref(), found)?;
        let dataset = DatasetSummary::of(manifest);
        let findings = PatchesFindings {
            dataset: dataset.clone(),
            slices: recipe.patches.slices,
            statistics: recipe.patches.statistics.clone(),
            ignored: patches.iter().flat_map(|patches| &patches.ignored).filter(|ignored| **ignored).count(),
            replaced: *replaced,
            methods: found.iter().map(PatchesMethod::of).collect(),
            failed_methods: failed.clone(),
            flat_field,
            in_view: in_view.map(|parts| ImageInView::of(manifest, &parts)),
            search,
        };
        let stage = context.observer.stage(Stage::Plot, 0);
        PatchesPage {
            run: &folder,
            recipe,
            manifest,
            depth,
            field: field.as_ref(),
            found,
            patches,
            findings: &findings,
        }
        .write()?;
        drop(stage);
        run.lap("plot");
        let methods = found.iter().map(|clusters| clusters.method.name().to_owned()).collect();
        let chain = chain(recipe, manifest, depth, field);
        let inputs = RunInputs { dataset: &dataset, skipped: &manifest.skipped, chain: &chain, methods };
        Ok(run.finish(folder, &inputs, findings, record)?)
    }
}

/// Writes the patches as images of their own, for the review page and for training, and what places new ones.
fn write_as_images(
    run: &RunDir,
    recipe: &PatchesRecipe,
    manifest: &Manifest,
    space: Option<&PatchSpace>,
    found: &[PatchClusters],
) -> Result<(), CommandError> {
    let Slices { rows, columns } = recipe.patches.slices;
    let per_image = rows.get() as usize * columns.get() as usize;
    let sliced = slice(manifest.clone(), rows, columns);
    let places = space.map_or(&[][..], |space| &space.places);
    let record = |&(image, patch): &(usize, usize)| sliced.records[image * per_image + patch].clone();
    let patches = Manifest { records: places.iter().map(record).collect(), ..sliced };
    let mut table = Vec::new();
    for (at, clusters) in found.iter().enumerate() {
        let labels = places.iter().map(|&(image, patch)| clusters.labels[image][patch].map(ClusterId)).collect();
        // Numbers stay as they are where no patch is background, which is 0.
        let clustering = Clustering::placed(labels, clusters.sizes().len());
        if let Some(space) = space.filter(|_| at == 0 && recipe.patches.fit_per == FitPer::Set) {
            Assigner::to_means(space.x.view(), &clustering).save(&run.file(ASSIGNER_FILE)?)?;
        }
        table.push(Column::clusters(clusters.method.name(), &clustering));
    }
    if let Some(space) = space {
        space.projection.save(&run.file(PROJECTION_FILE)?)?;
        table.extend(Column::positions(plane(space.x.view()).view()));
    }
    Ok(images_csv::write(&run.file(images_csv::FILE)?, &patches, &table)?)
}

fn chain(recipe: &PatchesRecipe, manifest: &Manifest, depth: DepthRange, field: Option<FieldOfView>) -> FeatureChain {
    let PatchesSection { slices, ref statistics, ignore, object_share, .. } = recipe.patches;
    let (enhance, statistics) = (recipe.features.enhance.clone(), statistics.clone());
    let n_features = statistics.len();
    FeatureChain {
        pedestal: None,
        recipe: FeaturesRecipe::Patch(PatchFeatures { statistics, ignore, field, object_share, enhance }),
        weights_hash: String::new(),
        dataset: manifest.records.iter().find_map(|record| FrameAddress::parse(record.path.as_ref())?.dataset),
        slices: Some(slices),
        depth,
        n_features,
    }
}

fn record(found: &PatchesFindings, results: &mut Results) {
    let figures = json!({ "slices": found.slices, "ignored": found.ignored, "replaced": found.replaced });
    results.set("patches", figures);
    for method in &found.methods {
        results.set(&method.method, json!(method));
    }
    if !found.failed_methods.is_empty() {
        results.set("failed_methods", json!(found.failed_methods));
    }
    results.set("flat_field", json!(found.flat_field));
    results.set("in_view", json!(found.in_view));
    results.set("search", json!(found.search));
}
