//! report.html: everything a run found, in one file.

use ndarray::ArrayView2;

use super::drawing::{Plot, Topic};
use super::examples::{self, choose};
use super::summary::{ClusterFindings, DatasetView};
use crate::commands::CommandError;
use crate::detector_frames::Flux;
use crate::progress::{Event, Observer};
use crate::recipes::ClusterRecipe;
use crate::report::{Atlas, Grouping, InteractiveScatter, PageBlock, Report, ScatterLayout};
use crate::runs::RunDir;
use crate::workflow::clustering::{ClusteringDetails, ClusteringResult, MethodSummary, per_series, plane};
use crate::workflow::flux;
use crate::workflow::gallery::show;
use crate::workflow::report_blocks;

/// The page of a clustering: the run and everything it shows.
pub(super) struct ClusterPage<'a> {
    pub run: &'a RunDir,
    pub recipe: &'a ClusterRecipe,
    pub data: DatasetView<'a>,
    pub results: &'a [ClusteringResult],
    pub plots: &'a [Plot],
    pub x: ArrayView2<'a, f32>,
    pub layout: Option<ArrayView2<'a, f32>>,
    pub findings: &'a ClusterFindings,
    /// Where series were clustered one by one: how bright their frames are.
    pub flux: Option<&'a Flux>,
}

impl ClusterPage<'_> {
    /// Draws the montages on the way, since both need the decoded images.
    pub fn write(&self, observer: &dyn Observer) -> Result<(), CommandError> {
        let findings = self.findings;
        let mut report = Report::new(format!("rails cluster: {}", self.recipe.name));
        report.fact("Images", findings.dataset.n_images.to_string());
        report.fact("Skipped", findings.dataset.n_skipped.to_string());
        report.fact("Features", format!("{} of {}", findings.before.n_features, findings.features));
        if let Some(kept) = findings.variance_kept {
            report.fact("Variance kept", format!("{:.1} % in {} components", kept * 100.0, findings.n_components));
        }
        for method in &findings.methods {
            report.fact(&method.method, format!("{} clusters, {} noise", method.clusters.len(), method.n_noise));
        }
        for failed in &findings.failed_methods {
            report.fact(&failed.method, format!("left out: {}", failed.reason));
        }
        report.section("The map", self.map(observer)?);
        report.section("Images", self.of(Topic::Images)?);
        report.section("Features", self.of(Topic::Features)?);
        for (result, method) in self.results.iter().zip(&findings.methods) {
            let mut blocks = vec![PageBlock::Paragraph(sentence(method)), table(method), metrics_table(method)];
            blocks.extend(self.of(Topic::Of(result.method))?);
            blocks.extend(search_table(result));
            report.section(result.method.title(), blocks);
        }
        report.section("Clusters and fields", self.of(Topic::Fields)?);
        report.section("Examples", self.examples(observer)?);
        report.section("Recipe", report_blocks::recipe(self.recipe)?);
        Ok(report.write(&self.run.file("report.html")?)?)
    }

    fn of(&self, topic: Topic) -> Result<Vec<PageBlock>, CommandError> {
        self.plots
            .iter()
            .filter(|plot| plot.section == topic)
            .map(|plot| {
                let path = self.run.path().join(&plot.file);
                PageBlock::plot_file(&path, &plot.caption).map_err(CommandError::at(&path))
            })
            .collect()
    }

    /// The interactive scatter, then the same as pictures.
    fn map(&self, observer: &dyn Observer) -> Result<Vec<PageBlock>, CommandError> {
        let points = |array: ArrayView2<'_, f32>| array.rows().into_iter().map(|row| [row[0], row[1]]).collect();
        let pca = plane(self.x);
        let mut layouts = Vec::new();
        if let Some(layout) = self.layout {
            let axes = ["t-SNE 1".to_owned(), "t-SNE 2".to_owned()];
            layouts.push(ScatterLayout { name: "t-SNE".to_owned(), axes, points: points(layout) });
        }
        let axes = ["component 1".to_owned(), "component 2".to_owned()];
        layouts.push(ScatterLayout { name: "PCA".to_owned(), axes, points: points(pca.view()) });
        let mut groupings: Vec<(String, Grouping)> = self
            .results
            .iter()
            .map(|result| (result.method.title().to_owned(), Grouping::clusters(&result.clustering)))
            .collect();
        if let Some((field, values)) = self.data.field_values() {
            groupings.push((field.to_owned(), values));
        }
        let n = self.data.manifest.records.len();
        let mut atlas = Atlas::new(n);
        for row in (0..n).filter(|row| atlas.wants(*row)).collect::<Vec<_>>() {
            if let Some(image) = self.data.image(row) {
                atlas.add(row, &image)?;
            }
            observer.on(Event::Advanced { by: 1 });
        }
        let names = (0..n).map(|row| self.data.file_name(row).to_owned()).collect();
        let mut blocks = vec![PageBlock::Scatter(InteractiveScatter { layouts, groupings, names, atlas })];
        blocks.extend(self.of(Topic::Maps)?);
        Ok(blocks)
    }

    fn examples(&self, observer: &dyn Observer) -> Result<Vec<PageBlock>, CommandError> {
        let Some(result) = self.results.first() else { return Ok(Vec::new()) };
        let mut blocks = Vec::new();
        if let Some(flux) = self.flux {
            let rows = flux::examples(flux, self.data.manifest, &per_series::grouping(&result.clustering));
            blocks.extend(show(
                "Frames thrown out and kept, with their share of the beam's light",
                &rows,
                Some((self.run, "plots/frames.png")),
            )?);
        }
        for cluster in result.clustering.ids() {
            let examples = choose(result, cluster, self.recipe.report.examples, self.recipe.seed);
            blocks.extend(examples::draw(self.run, &self.data, result, &examples)?);
            observer.on(Event::Advanced { by: 1 });
        }
        Ok(blocks)
    }
}

fn sentence(method: &MethodSummary) -> String {
    let parameters: Vec<String> = method.parameters.iter().map(|(key, value)| format!("{key} = {value}")).collect();
    let notes = method.notes.join(". ");
    let (clusters, noise) = (method.clusters.len(), method.n_noise);
    format!("{}: {clusters} clusters, {noise} images of noise. {notes}", parameters.join(", "))
}

fn metrics_table(method: &MethodSummary) -> PageBlock {
    PageBlock::Table {
        caption: "Measured".to_owned(),
        columns: ["metric", "value"].map(str::to_owned).to_vec(),
        rows: method.metrics.iter().map(|(name, value)| vec![name.clone(), format!("{value:.4}")]).collect(),
    }
}

fn table(method: &MethodSummary) -> PageBlock {
    let rows = method
        .clusters
        .iter()
        .map(|cluster| {
            let values: Vec<String> =
                cluster.field_values.iter().take(8).map(|(name, count)| format!("{name} {count}")).collect();
            vec![cluster.cluster.to_string(), cluster.size.to_string(), values.join(", ")]
        })
        .collect();
    PageBlock::Table {
        caption: "Clusters".to_owned(),
        columns: ["cluster", "images", "most frequent"].map(str::to_owned).to_vec(),
        rows,
    }
}

/// Everything that was tried.
fn search_table(result: &ClusteringResult) -> Option<PageBlock> {
    let number = |value: Option<f64>| value.map(|value| format!("{value:.4}")).unwrap_or_default();
    let (columns, rows): (Vec<&str>, Vec<Vec<String>>) = match &result.details {
        ClusteringDetails::KMeans { sweep, .. } => (
            vec!["k", "inertia", "silhouette", "Davies-Bouldin", "Calinski-Harabasz", "smallest", "largest"],
            sweep
                .iter()
                .map(|row| {
                    vec![
                        row.k.to_string(),
                        format!("{:.2}", row.inertia),
                        number(row.silhouette),
                        number(row.davies_bouldin),
                        number(row.calinski_harabasz),
                        row.smallest.to_string(),
                        row.largest.to_string(),
                    ]
                })
                .collect(),
        ),
        ClusteringDetails::Dbscan { grid, .. } => (
            vec!["eps", "min_samples", "clusters", "noise", "silhouette", "silhouette x (1 - noise)"],
            grid.iter()
                .map(|cell| {
                    vec![
                        cell.eps.to_string(),
                        cell.min_samples.to_string(),
                        cell.n_clusters.to_string(),
                        cell.n_noise.to_string(),
                        number(cell.silhouette),
                        number(cell.balanced),
                    ]
                })
                .collect(),
        ),
        ClusteringDetails::Plain | ClusteringDetails::Placed { .. } => return None,
    };
    (rows.len() > 1).then(|| PageBlock::Table {
        caption: "What was tried".to_owned(),
        columns: columns.into_iter().map(str::to_owned).collect(),
        rows,
    })
}
