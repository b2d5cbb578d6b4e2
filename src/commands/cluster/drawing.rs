//! The plots of a run, as PNG files under plots/; the names are those of the reference notebook.

use ndarray::{Array2, ArrayView2};

use super::summary::DatasetView;
use crate::clusterers::Method;
use crate::commands::CommandError;
use crate::detector_frames::Flux;
use crate::images::{Enhancement, Image, enhance};
use crate::reducers::Projection;
use crate::report::{
    ClusterMix, DbscanGridPlot, ExplainedVariance, FieldDistribution, FieldHeatmap, Figure, FluxPlot, Grouping,
    KDistancePlot, KScores, KSweepPlot, Montage, MontageSection, Panel, Scatter, SilhouettePlot,
};
use crate::runs::RunDir;
use crate::workflow::clustering::{ClusteringDetails, ClusteringResult, GridCell, KMeansSweepRow, per_series, plane};
use crate::workflow::flux;

/// A plot that was written.
#[derive(Debug, Clone)]
pub(super) struct Plot {
    /// The section of the report it belongs to.
    pub section: Topic,
    /// Relative to the run folder.
    pub file: String,
    pub caption: String,
}

/// Sections of the report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Topic {
    Images,
    Features,
    /// A clustering method.
    Of(Method),
    Maps,
    Fields,
}

/// Radii marked in the k-distance plot, beside the chosen one.
const MARKED_RADII: [f64; 4] = [0.3, 0.5, 0.7, 1.0];

/// The plots of a run and the data they are drawn from.
pub(super) struct Drawing<'a> {
    pub run: &'a RunDir,
    pub data: DatasetView<'a>,
    pub projection: &'a Projection,
    /// Reduced features, shape `[n_images, n_components]`.
    pub x: ArrayView2<'a, f32>,
    /// Positions by t-SNE, shape `[n_images, 2]`.
    pub layout: Option<ArrayView2<'a, f32>>,
    pub results: &'a [ClusteringResult],
    /// Corrections of the images before embedding.
    pub enhance: &'a [Enhancement],
    /// Where series were clustered one by one: how bright their frames are.
    pub flux: Option<&'a Flux>,
}

impl Drawing<'_> {
    /// Draws everything but the montages.
    pub fn draw(&self) -> Result<Vec<Plot>, CommandError> {
        let mut plots = Vec::new();
        self.images(&mut plots)?;
        self.enhancements(&mut plots)?;
        self.maps(&mut plots)?;
        for result in self.results {
            match &result.details {
                ClusteringDetails::KMeans { sweep, fit } => self.sweep(sweep, fit.asked, &mut plots)?,
                ClusteringDetails::Dbscan { grid, fit, core_distances } => {
                    self.grid(grid, (fit.eps.get(), fit.min_samples.get()), &mut plots)?;
                    self.k_distance(core_distances, fit.min_samples.get(), fit.eps.get(), &mut plots)?;
                }
                ClusteringDetails::Plain | ClusteringDetails::Placed { .. } => {}
            }
            self.flux(result, &mut plots)?;
            self.silhouettes(result, &mut plots)?;
            self.fields(result, &mut plots)?;
        }
        Ok(plots)
    }

    fn save(
        &self,
        plots: &mut Vec<Plot>,
        section: Topic,
        name: &str,
        caption: &str,
        figure: &dyn Figure,
    ) -> Result<(), CommandError> {
        let file = format!("plots/{name}.png");
        figure.save(&self.run.file(&file)?)?;
        plots.push(Plot { section, file, caption: caption.to_owned() });
        Ok(())
    }

    fn images(&self, plots: &mut Vec<Plot>) -> Result<(), CommandError> {
        if let Some((field, values)) = self.data.field_values() {
            let figure = FieldDistribution { field, values: &values };
            self.save(plots, Topic::Images, &format!("{field}_distribution"), &format!("Images per {field}"), &figure)?;
        }
        if let Some(ratios) = self.projection.explained_variance_ratio() {
            let caption = format!("Variance explained by {} principal components", ratios.len());
            self.save(
                plots,
                Topic::Features,
                "pca_explained_variance",
                &caption,
                &ExplainedVariance { ratios: &ratios },
            )?;
        }
        Ok(())
    }

    /// A few images before and after the recipe's enhancements.
    fn enhancements(&self, plots: &mut Vec<Plot>) -> Result<(), CommandError> {
        const SHOWN: usize = 6;
        if self.enhance.is_empty() {
            return Ok(());
        }
        let n = self.data.manifest.records.len();
        let rows = (0..SHOWN.min(n)).map(|i| i * n / SHOWN.min(n));
        let before: Vec<(Image, &str)> =
            rows.filter_map(|row| Some((self.data.image(row)?, self.data.file_name(row)))).collect();
        let after = (1..=self.enhance.len()).map(|n| {
            let name = self.enhance[..n].iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
            let images = before.iter().map(|(image, file)| (enhance(&self.enhance[..n], image.clone()), *file));
            (format!("after {name}"), images.collect::<Vec<_>>())
        });
        let shown: Vec<(String, Vec<(Image, &str)>)> =
            std::iter::once(("before".to_owned(), before.clone())).chain(after).collect();
        let sections = shown
            .iter()
            .map(|(title, images)| MontageSection {
                title,
                images: images.iter().map(|(image, file)| (image, (*file).to_owned())).collect(),
            })
            .collect();
        let figure = Montage { title: "Enhancement before embedding", sections };
        self.save(plots, Topic::Images, "enhancement", "Images before and after enhancement", &figure)
    }

    /// Mean flux over frame number, a panel per series.
    fn flux(&self, result: &ClusteringResult, plots: &mut Vec<Plot>) -> Result<(), CommandError> {
        let Some(flux) = self.flux else { return Ok(()) };
        let title = format!("Light of each frame, by {}: cluster 0 is spoiled, 1 usable", result.method.title());
        let series = flux::curves(flux, &per_series::grouping(&result.clustering));
        let name = format!("mean_flux_{}", result.method.name());
        let figure = FluxPlot { title: &title, series: &series };
        self.save(plots, Topic::Of(result.method), &name, "Mean flux over frame number, by cluster", &figure)
    }

    fn maps(&self, plots: &mut Vec<Plot>) -> Result<(), CommandError> {
        let ratios = self.projection.explained_variance_ratio().unwrap_or_default();
        let label = |axis: usize| match ratios.get(axis) {
            Some(ratio) => format!("PC{} ({:.1} %)", axis + 1, ratio * 100.0),
            None => format!("feature {}", axis + 1),
        };
        let points = plane(self.x);
        let title = "Images by their first two principal components";
        self.map(plots, "clustering_pca", title, [&label(0), &label(1)], points.view())?;
        if let Some(layout) = self.layout {
            let title = "Images laid out by t-SNE: near means alike, distances far apart mean nothing";
            self.map(plots, "clustering_tsne", title, ["t-SNE 1", "t-SNE 2"], layout)?;
        }
        Ok(())
    }

    fn map(
        &self,
        plots: &mut Vec<Plot>,
        name: &str,
        title: &str,
        [x_label, y_label]: [&str; 2],
        points: ArrayView2<'_, f32>,
    ) -> Result<(), CommandError> {
        let points = points.view();
        let grouped: Vec<Grouping> = self.results.iter().map(|result| Grouping::clusters(&result.clustering)).collect();
        let panels = self
            .results
            .iter()
            .zip(&grouped)
            .map(|(result, groups)| Panel { title: result.method.title(), x_label, y_label, points, groups })
            .collect();
        self.save(plots, Topic::Maps, name, title, &Scatter { title, panels })
    }

    fn sweep(&self, sweep: &[KMeansSweepRow], chosen: usize, plots: &mut Vec<Plot>) -> Result<(), CommandError> {
        if sweep.len() < 2 {
            return Ok(());
        }
        let scores: Vec<KScores> = sweep
            .iter()
            .map(|row| KScores {
                k: row.k,
                inertia: row.inertia,
                silhouette: row.silhouette.unwrap_or(f64::NAN),
                smallest: row.smallest,
                largest: row.largest,
            })
            .collect();
        let caption =
            format!("K-means for k = {} to {}; k = {chosen} was chosen", sweep[0].k, sweep[sweep.len() - 1].k);
        let figure = KSweepPlot { scores: &scores, chosen: Some(chosen) };
        self.save(plots, Topic::Of(Method::Kmeans), "kmeans_evaluation", &caption, &figure)
    }

    fn grid(&self, cells: &[GridCell], chosen: (f64, usize), plots: &mut Vec<Plot>) -> Result<(), CommandError> {
        let mut eps: Vec<f64> = cells.iter().map(|cell| cell.eps).collect();
        eps.sort_by(f64::total_cmp);
        eps.dedup();
        let mut min_samples: Vec<usize> = cells.iter().map(|cell| cell.min_samples).collect();
        min_samples.sort_unstable();
        min_samples.dedup();
        let place = |cell: &GridCell| {
            let row = min_samples.partition_point(|&m| m < cell.min_samples);
            (row, eps.partition_point(|&e| e < cell.eps))
        };
        let shape = (min_samples.len(), eps.len());
        let mut clusters = Array2::zeros(shape);
        let mut silhouette = Array2::from_elem(shape, f64::NAN);
        let mut noise = Array2::from_elem(shape, f64::NAN);
        for cell in cells {
            clusters[place(cell)] = cell.n_clusters;
            silhouette[place(cell)] = cell.silhouette.unwrap_or(f64::NAN);
            noise[place(cell)] = cell.noise_ratio;
        }
        let chosen = cells.iter().find(|cell| (cell.eps, cell.min_samples) == chosen).map(place);
        let figure = DbscanGridPlot {
            eps: &eps,
            min_samples: &min_samples,
            clusters: &clusters,
            silhouette: &silhouette,
            noise: &noise,
            chosen,
        };
        let caption = "DBSCAN: clusters, silhouette without noise, and share of noise over radius and density";
        self.save(plots, Topic::Of(Method::Dbscan), "dbscan_parameter_optimization", caption, &figure)
    }

    fn k_distance(
        &self,
        distances: &[f32],
        min_samples: usize,
        eps: f64,
        plots: &mut Vec<Plot>,
    ) -> Result<(), CommandError> {
        let mut radii = MARKED_RADII.to_vec();
        if !radii.contains(&eps) {
            radii.push(eps);
        }
        radii.sort_by(f64::total_cmp);
        let figure = KDistancePlot { distances, min_samples, eps: &radii };
        let caption =
            format!("Distance of each image to its {min_samples}th nearest; points below a line are core points");
        self.save(plots, Topic::Of(Method::Dbscan), "dbscan_k_distance", &caption, &figure)
    }

    fn silhouettes(&self, result: &ClusteringResult, plots: &mut Vec<Plot>) -> Result<(), CommandError> {
        let Some(silhouettes) = &result.silhouettes else { return Ok(()) };
        let values: Vec<f32> = silhouettes.per_image.iter().map(|value| value.unwrap_or(f32::NAN)).collect();
        let clusters = Grouping::clusters(&result.clustering);
        let figure = SilhouettePlot { method: result.method.title(), values: &values, clusters: &clusters };
        let name = format!("{}_silhouettes", result.method.name());
        let caption = "Silhouette of each image, by cluster: below 0 an image is nearer to another cluster";
        self.save(plots, Topic::Of(result.method), &name, caption, &figure)
    }

    fn fields(&self, result: &ClusteringResult, plots: &mut Vec<Plot>) -> Result<(), CommandError> {
        let Some((field, values)) = self.data.field_values() else { return Ok(()) };
        let clusters = Grouping::clusters(&result.clustering);
        let (method, title) = (result.method.name(), result.method.title());
        // The reference notebook draws one heatmap, of its first method.
        let first = self.results.first().is_some_and(|first| first.method == result.method);
        let heatmap =
            if first { format!("{field}_cluster_heatmap") } else { format!("{field}_cluster_heatmap_{method}") };
        let figure = FieldHeatmap { method: title, field, clusters: &clusters, values: &values };
        self.save(plots, Topic::Fields, &heatmap, &format!("Share of each {field}'s images per cluster"), &figure)?;
        let figure = ClusterMix { method: title, field, clusters: &clusters, values: &values };
        let name = format!("{method}_cluster_sizes");
        self.save(plots, Topic::Fields, &name, &format!("Size of the clusters, and {field}s in them"), &figure)
    }
}
