//! report.html and the plots of a run over patches.

use super::described;
use super::searching::{SearchResults, SearchRow};
use super::summary::{ImageInView, PatchesFindings};
use crate::commands::CommandError;
use crate::data::Manifest;
use crate::features::Patches;
use crate::images::{DepthRange, FieldOfView, decode, enhance_in_view};
use crate::recipes::{FitPer, PatchesRecipe};
use crate::report::{
    Figure, MosaicPanel, PageBlock, PatchMosaic, Report, ScoreCurve, ScoreCurves, ScoreGrid, outline, thumbnail,
};
use crate::runs::RunDir;
use crate::workflow::patch_clustering::PatchClusters;
use crate::workflow::report_blocks;

/// Longer side of an image in a mosaic, in pixels.
const EDGE: u32 = 900;
/// Mosaics that are drawn at most, per algorithm.
const MOSAICS: usize = 24;

/// The setting that was varied.
type At = fn(&SearchRow) -> f64;

/// The page of a run over patches: the run and everything it shows.
pub(super) struct PatchesPage<'a> {
    pub run: &'a RunDir,
    pub recipe: &'a PatchesRecipe,
    pub manifest: &'a Manifest,
    pub depth: DepthRange,
    /// Where images show something; absent: everywhere.
    pub field: Option<&'a FieldOfView>,
    pub found: &'a [PatchClusters],
    /// One per image.
    pub patches: &'a [&'a Patches],
    pub findings: &'a PatchesFindings,
}

impl PatchesPage<'_> {
    pub fn write(&self) -> Result<(), CommandError> {
        let mut report = Report::new(format!("rails patches: {}", self.recipe.name));
        report.fact("Images", self.manifest.records.len().to_string());
        report.fact("Patches", self.patches.iter().map(|one| one.ignored.len()).sum::<usize>().to_string());
        report.fact("Left out", self.findings.ignored.to_string());
        if let Some(parts) = &self.findings.in_view {
            report.section("Field of view", vec![field_of_view(parts)]);
        }
        for failed in &self.findings.failed_methods {
            report.fact(&failed.method, format!("left out: {}", failed.reason));
        }
        for clusters in self.found {
            report.section(clusters.method.title(), self.method(clusters)?);
        }
        report.section("Light", self.light());
        if let Some(search) = &self.findings.search {
            report.section("Searches", self.search(search)?);
        }
        report.section("Recipe", report_blocks::recipe(self.recipe)?);
        Ok(report.write(&self.run.file("report.html")?)?)
    }

    fn plot(&self, name: &str, caption: &str, figure: &dyn Figure) -> Result<PageBlock, CommandError> {
        Ok(report_blocks::plot(self.run, name, caption, figure)?)
    }

    fn method(&self, clusters: &PatchClusters) -> Result<Vec<PageBlock>, CommandError> {
        let number = |value: Option<f64>| value.map_or_else(|| "none".to_owned(), |value| format!("{value:.3}"));
        let (clustered, raw) = (number(clusters.silhouette), number(clusters.silhouette_raw));
        let together = match self.recipe.patches.fit_per {
            FitPer::Set => "The patches of all images were clustered together.",
            FitPer::Image => "The patches of each image were clustered by themselves.",
        };
        let background = match self.recipe.patches.object_share {
            Some(share) => format!(
                "Cluster 0 is the background, which has no colour: patches of which less than {:.1} % stands off it.",
                100.0 * share.get()
            ),
            None => {
                "Cluster 0 is the quietest; it and others that are hardly busier are background, which has no colour."
                    .to_owned()
            }
        };
        let mut blocks = vec![PageBlock::Paragraph(format!(
            "{together} Mean silhouette {clustered} in the space that was clustered, {raw} in the space of the \
             statistics as they are. {background}"
        ))];
        let settings = format!(
            "{}; k = {}; silhouette {clustered} clustered, {raw} raw; opacity {}",
            described(self.recipe.patches.slices, &self.recipe.patches.statistics),
            clusters.sizes().len(),
            self.recipe.patches.opacity.get()
        );
        let (rows, columns) =
            (self.recipe.patches.mosaic.rows.get() as usize, self.recipe.patches.mosaic.columns.get() as usize);
        let all: Vec<usize> = (0..self.manifest.records.len()).collect();
        for (page, images) in all.chunks(rows * columns).take(MOSAICS).enumerate() {
            let panels = images
                .iter()
                .filter_map(|&image| {
                    let record = &self.manifest.records[image];
                    let decoded = decode(&self.manifest.file(record)).ok()?;
                    let shown = self.depth.apply(&decoded);
                    let part = self.field.and_then(|field| field.part_of(&shown).ok().flatten());
                    let shown = enhance_in_view(&self.recipe.features.enhance, shown, part.as_ref());
                    let mut picture = thumbnail(&shown, EDGE);
                    if let Some(part) = part {
                        outline(&mut picture, &part.inside);
                    }
                    let name = record.path.rsplit('/').next().unwrap_or(&record.path).to_owned();
                    Some(MosaicPanel { picture, name, labels: &clusters.labels[image] })
                })
                .collect();
            let title = format!("{}: clusters of patches", clusters.method.title());
            let figure = PatchMosaic {
                title: &title,
                remark: &settings,
                columns,
                slices: (
                    self.recipe.patches.slices.rows.get() as usize,
                    self.recipe.patches.slices.columns.get() as usize,
                ),
                opacity: self.recipe.patches.opacity.get(),
                n_clusters: clusters.sizes().len(),
                background: clusters.background(self.patches),
                panels,
            };
            blocks.push(self.plot(
                &format!("{}_mosaic_{:02}", clusters.method.name(), page + 1),
                &settings,
                &figure,
            )?);
        }
        let more = all.len().div_ceil(rows * columns).saturating_sub(MOSAICS);
        if more > 0 {
            blocks
                .push(PageBlock::Paragraph(format!("{more} more mosaics are not drawn; patches.csv has all patches.")));
        }
        Ok(blocks)
    }

    fn light(&self) -> Vec<PageBlock> {
        let Some(effect) = &self.findings.flat_field else {
            let text = "No flat-field correction was made. Where a cluster follows the light and not what lies in the \
                        image, try features.enhance = [\"flat-field\"].";
            return vec![PageBlock::Paragraph(text.to_owned())];
        };
        let number = |value: Option<f64>| value.map_or_else(String::new, |value| format!("{value:.3}"));
        let row = |name: &str, one: &super::PatchesMethod| {
            let sizes: Vec<String> = one.clusters.iter().map(ToString::to_string).collect();
            vec![name.to_owned(), sizes.join(", "), number(one.silhouette), number(one.silhouette_raw)]
        };
        let columns = ["flat-field correction", "patches per cluster", "silhouette (clustered)", "silhouette (raw)"];
        vec![
            PageBlock::Table {
                caption: "What the correction changed".to_owned(),
                columns: columns.map(str::to_owned).to_vec(),
                rows: vec![row("without", &effect.without), row("with", &effect.with)],
            },
            PageBlock::Paragraph(format!(
                "Agreement of the two clusterings (adjusted Rand index, 1 is the same): {}.",
                number(effect.agreement)
            )),
        ]
    }

    fn search(&self, search: &SearchResults) -> Result<Vec<PageBlock>, CommandError> {
        let mut blocks = vec![PageBlock::Paragraph(
            "Scores in the clustered space are not comparable between numbers of components: with fewer dimensions \
             distances within clusters shrink, and the silhouette rises whether or not the clusters are any better. \
             The score in the space of the raw statistics is comparable, since that space stays the same. Between \
             numbers of slices the patches themselves change, so scores are a hint there and no measure."
                .to_owned(),
        )];
        let curves: [(&str, &str, &[SearchRow], At); 3] = [
            ("clusters", "number of clusters", &search.clusters, |row| row.k as f64),
            ("components", "principal components", &search.components, |row| row.components as f64),
            ("slices", "slices in each direction", &search.slices, |row| f64::from(row.slices)),
        ];
        for (name, label, rows, at) in curves.into_iter().filter(|curve| !curve.2.is_empty()) {
            let points = |of: fn(&SearchRow) -> Option<f64>| {
                rows.iter().map(|row| (at(row), of(row).unwrap_or(f64::NAN))).collect::<Vec<_>>()
            };
            let series = vec![
                ScoreCurve { name: "in the clustered space", points: points(|row| row.silhouette) },
                ScoreCurve { name: "in the space of the statistics", points: points(|row| row.silhouette_raw) },
            ];
            let title = format!("Silhouette against {label}");
            let figure = ScoreCurves { title: &title, x_label: label, y_label: "mean silhouette", curves: &series };
            blocks.push(self.plot(&format!("search_{name}"), &title, &figure)?);
        }
        let both = &search.slices_and_clusters;
        if !both.is_empty() {
            let (mut slices, mut ks): (Vec<u32>, Vec<usize>) = both.iter().map(|row| (row.slices, row.k)).unzip();
            slices.sort_unstable();
            slices.dedup();
            ks.sort_unstable();
            ks.dedup();
            let scores = ndarray::Array2::from_shape_fn((slices.len(), ks.len()), |(i, j)| {
                let cell = both.iter().find(|row| row.slices == slices[i] && row.k == ks[j]);
                cell.and_then(|row| row.silhouette).unwrap_or(f64::NAN)
            });
            let title = "Silhouette by slices and clusters";
            let figure = ScoreGrid {
                title,
                row_title: "slices",
                column_title: "clusters",
                rows: &slices.iter().map(ToString::to_string).collect::<Vec<_>>(),
                columns: &ks.iter().map(ToString::to_string).collect::<Vec<_>>(),
                scores: &scores,
            };
            blocks.push(self.plot("search_slices_and_clusters", title, &figure)?);
        }
        Ok(blocks)
    }
}

/// Which part of each image was looked at.
fn field_of_view(parts: &[ImageInView]) -> PageBlock {
    if parts.is_empty() {
        return PageBlock::Paragraph("No part of an image lies beyond the field of view.".to_owned());
    }
    PageBlock::Table {
        caption: "Images of which a part lies beyond the field of view, drawn as a line over them".to_owned(),
        columns: ["image", "what was looked at"].map(str::to_owned).to_vec(),
        rows: parts.iter().map(|one| vec![one.image.clone(), one.part.to_string()]).collect(),
    }
}
