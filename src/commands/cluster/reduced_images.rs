//! The images of a run as rows of reduced features.

use ndarray::{Array2, ArrayView2};

use super::summary::{FeatureStatistics, shown_field};
use crate::commands::CommandError;
use crate::data::Manifest;
use crate::images::DepthRange;
use crate::progress::Stage;
use crate::recipes::ClusterRecipe;
use crate::reducers::Projection;
use crate::runs::{DatasetSummary, FeatureChain, Placement};
use crate::workflow::clustering::check_field_names;
use crate::workflow::feature_extraction::FeatureExtraction;
use crate::workflow::{Context, Run, dark_frames, dataset};

/// Images that could be read, and their features; row `i` of `x` belongs to record `i` of `manifest`.
pub(super) struct ReducedImages {
    pub manifest: Manifest,
    pub dataset: DatasetSummary,
    pub depth: DepthRange,
    /// The name field that is shown beside the clusters.
    pub field: Option<String>,
    pub chain: FeatureChain,
    /// Images that went through the extractor now.
    pub computed: usize,
    /// Images whose features were in the store already.
    pub reused: usize,
    /// Features as they were extracted.
    pub before: FeatureStatistics,
    /// Features after the first step of `projection`.
    pub after: FeatureStatistics,
    pub projection: Projection,
    /// Reduced features, shape `[n_images, n_components]`.
    x: Array2<f32>,
}

impl ReducedImages {
    /// Scans, embeds and reduces the images of the recipe.
    pub fn prepare(
        recipe: &ClusterRecipe,
        placement: Placement,
        run: &mut Run<'_>,
        context: &Context<'_>,
    ) -> Result<Self, CommandError> {
        let manifest = dataset::open(recipe.dataset.path.as_deref(), &recipe.dataset, context)?;
        dataset::check_copy(&manifest, placement)?;
        check_field_names(&manifest, &recipe.cluster.methods)?;
        run.lap("scan");
        let mut extraction = FeatureExtraction::new(&recipe.features, context)?;
        extraction.pedestal = dark_frames::pedestal(&recipe.dataset, &manifest, context)?;
        let depth = extraction.depth(&manifest, recipe.dataset.brightness(), context);
        let extracted = extraction.embed(&manifest, depth, context)?;
        dataset::require_images(&extracted.manifest)?;
        run.lap("embed");

        // A field that no image has is told before the reduction, which takes longer.
        let dataset = DatasetSummary::of(&extracted.manifest);
        let field = shown_field(&dataset, recipe)?;
        let stage = context.observer.stage(Stage::Reduce, 0);
        let values = extracted.embeddings.values();
        let (projection, x) = recipe.reduce.fit_within(context.memory, values, &extracted.blocks, recipe.seed)?;
        let before = FeatureStatistics::of(values);
        let after = FeatureStatistics::after_first_step(&projection, values)?;
        drop(stage);
        run.lap("reduce");
        Ok(Self {
            manifest: extracted.manifest,
            dataset,
            depth,
            field,
            chain: extracted.chain,
            computed: extracted.computed,
            reused: extracted.reused,
            before,
            after,
            projection,
            x,
        })
    }

    /// Reduced features, shape `[n_images, n_components]`.
    pub fn x(&self) -> ArrayView2<'_, f32> {
        self.x.view()
    }
}
