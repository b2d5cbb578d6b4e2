//! Fills the folder of a run: tables, cluster folders, plots and the page.

use serde_json::json;

use super::drawing::Drawing;
use super::page::ClusterPage;
use super::reduced_images::ReducedImages;
use super::summary::{ClusterFindings, ClusterSummary, DatasetView};
use crate::commands::CommandError;
use crate::detector_frames::Flux;
use crate::files::Results;
use crate::outliers::LofScores;
use crate::progress::Stage;
use crate::recipes::ClusterRecipe;
use crate::reducers::TsneLayout;
use crate::runs::{ASSIGNER_FILE, PROJECTION_FILE, Placed, Placement, RunDir};
use crate::workflow::clustering::{ClusterFolders, Clusterings, assigner, cluster_folders, images_csv, plane};
use crate::workflow::{Context, Run, RunInputs};

/// Clusters of images, to be written.
pub(super) struct ClusterOutput<'a> {
    pub recipe: &'a ClusterRecipe,
    pub images: &'a ReducedImages,
    pub found: &'a Clusterings,
    /// Local outlier factor of each image, where it fits in memory.
    pub outliers: Option<&'a LofScores>,
    /// Where series were clustered one by one: how bright their frames are.
    pub flux: Option<&'a Flux>,
    /// Where the recipe wants one.
    pub layout: Option<&'a TsneLayout>,
}

impl ClusterOutput<'_> {
    /// Writes everything and lets the folder appear.
    ///
    /// # Errors
    /// When the disk refuses; then no folder appears.
    pub fn write(
        &self,
        mut run: Run<'_>,
        placement: Placement,
        context: &Context<'_>,
    ) -> Result<ClusterSummary, CommandError> {
        let images = self.images;
        let folder = run.create_folder()?;
        let placed = self.tables(&folder, placement, context)?;
        run.lap("write");
        let findings = self.findings(placed);
        let stage = context.observer.stage(Stage::Plot, 0);
        self.page(&folder, &findings, context)?;
        drop(stage);
        run.lap("plot");
        let methods = self.found.results.iter().map(|result| result.method.name().to_owned()).collect();
        let skipped = &images.manifest.skipped;
        let inputs = RunInputs { dataset: &images.dataset, skipped, chain: &images.chain, methods };
        Ok(run.finish(folder, &inputs, findings, |findings, results| self.record(findings, results))?)
    }

    /// images.csv, what places new images, and the cluster folders.
    fn tables(&self, folder: &RunDir, how: Placement, context: &Context<'_>) -> Result<Placed, CommandError> {
        let Self { images, found: Clusterings { results, .. }, .. } = self;
        let points = self.layout.map_or_else(|| plane(images.x()), |layout| layout.points.clone());
        let outliers = self.outliers.map(|scores| scores.factors.as_slice());
        images_csv(folder, &images.manifest, results, outliers, points.view())?;
        images.projection.save(&folder.file(PROJECTION_FILE)?)?;
        if let Some(result) = results.first() {
            assigner(result, images.x()).save(&folder.file(ASSIGNER_FILE)?)?;
        }
        let folders = ClusterFolders { run: folder, manifest: &images.manifest, dataset: &images.dataset, how };
        Ok(cluster_folders(&folders, results, context.observer)?)
    }

    fn findings(&self, placed: Placed) -> ClusterFindings {
        let Self { images, found: Clusterings { results, failed }, .. } = self;
        let field = images.field.as_deref();
        ClusterFindings {
            dataset: images.dataset.clone(),
            computed: images.computed,
            reused: images.reused,
            features: images.chain.to_string(),
            before: images.before,
            after: images.after,
            n_components: images.x().ncols(),
            variance_kept: images.projection.explained_variance_ratio().map(|ratios| ratios.iter().sum()),
            methods: results.iter().map(|result| result.summarise(&images.manifest, field)).collect(),
            failed_methods: failed.clone(),
            field: images.field.clone(),
            placed,
        }
    }

    /// plots/ and report.html.
    fn page(&self, run: &RunDir, findings: &ClusterFindings, context: &Context<'_>) -> Result<(), CommandError> {
        let Self { recipe, images, found: Clusterings { results, .. }, flux, .. } = *self;
        let data = DatasetView { manifest: &images.manifest, depth: images.depth, field: images.field.as_deref() };
        let (x, layout) = (images.x(), self.layout.map(|layout| layout.points.view()));
        let (projection, enhance) = (&images.projection, recipe.features.enhance());
        let plots = Drawing { run, data, projection, x, layout, results, enhance, flux }.draw()?;
        ClusterPage { run, recipe, data, results, plots: &plots, x, layout, findings, flux }.write(context.observer)
    }

    /// Puts into `results` what `rails compare` reads.
    fn record(&self, findings: &ClusterFindings, results: &mut Results) {
        results.set("explained_variance", findings.variance_kept);
        if let Some(layout) = self.layout {
            let figures = json!({ "kl_divergence": layout.kl_divergence, "perplexity": layout.perplexity });
            results.set("tsne", figures);
        }
        if !findings.failed_methods.is_empty() {
            results.set("failed_methods", json!(findings.failed_methods));
        }
        for (result, method) in self.found.results.iter().zip(&findings.methods) {
            results.set(&method.method, result.to_json(method));
        }
    }
}
