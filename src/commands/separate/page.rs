//! report.html and the plots of a separation.

use ndarray::ArrayView2;
use rand::SeedableRng;
use rand::seq::index;
use rand_chacha::ChaCha8Rng;

use super::layout_of;
use super::places::Places;
use super::summary::SeparateFindings;
use crate::commands::CommandError;
use crate::data::{ClusterId, Manifest};
use crate::images::{DepthRange, decode};
use crate::progress::Event;
use crate::recipes::SeparateRecipe;
use crate::report::{
    ArrayMap, FieldDistribution, Figure, GalleryImage, Grouping, Histogram, PageBlock, Panel, Report, Scatter,
    ScoredScatter, jpeg, thumbnail,
};
use crate::runs::RunDir;
use crate::separation::{CONSISTENT, LayerOutcome, Separation};
use crate::workflow::{Context, report_blocks};

/// Random tiles of each cluster that are shown.
const RANDOM: usize = 80;
/// Most and least inconsistent tiles that are shown.
const RANKED: usize = 100;
/// Longer side of a tile in a gallery, in pixels.
const EDGE: u32 = 80;
/// Arrays that are drawn as maps at most.
const MAPS: usize = 12;
/// The line in the histogram of scores.
const PERCENTILE: f64 = 0.9;

/// The page of a separation: the run and everything it shows.
pub(super) struct SeparatePage<'a> {
    pub run: &'a RunDir,
    pub recipe: &'a SeparateRecipe,
    pub manifest: &'a Manifest,
    pub depth: DepthRange,
    pub places: &'a Places,
    pub found: &'a Separation,
    /// Positions of all tiles, shape `[n_tiles, 2]`.
    pub points: ArrayView2<'a, f32>,
    pub by_tsne: bool,
    pub findings: &'a SeparateFindings,
}

impl SeparatePage<'_> {
    pub fn write(&self, context: &Context<'_>) -> Result<(), CommandError> {
        let mut report = Report::new(format!("rails separate: {}", self.recipe.name));
        report.fact("Tiles", self.manifest.records.len().to_string());
        report.fact("Arrays", self.places.arrays.len().to_string());
        for (name, count) in &self.findings.defects {
            report.fact(name, count.to_string());
        }
        report.section("Defects", self.defects()?);
        for layer in &self.found.layers {
            report.section(format!("Layer: {}", layer.name), self.layer(layer, context)?);
            context.observer.on(Event::Advanced { by: 1 });
        }
        report.section("Inconsistency", self.inconsistency(context)?);
        report.section("Recipe", report_blocks::recipe(self.recipe)?);
        Ok(report.write(&self.run.file("report.html")?)?)
    }

    /// Saves a plot under plots/ and gives it to the page.
    fn plot(&self, name: &str, caption: &str, figure: &dyn Figure) -> Result<PageBlock, CommandError> {
        Ok(report_blocks::plot(self.run, name, caption, figure)?)
    }

    fn defects(&self) -> Result<Vec<PageBlock>, CommandError> {
        let mut text = String::from("Each layer clusters what the ones before left over and takes one cluster out. ");
        if self.findings.inverted {
            text += "The tiles were inverted first: what stands in their middle is bright. ";
        }
        if self.findings.replaced > 0 {
            let replaced = self.findings.replaced;
            text = format!("{text}{replaced} features were not finite numbers and count as 0.");
        }
        let groups = self.by_defect(0..self.found.labels.len());
        let rows = self.findings.layers.iter().map(|layer| {
            let sizes: Vec<String> = layer.clusters.iter().map(ToString::to_string).collect();
            let cluster = layer.cluster.map(|id| id.to_string()).unwrap_or_default();
            let out = format!("{:.1}", layer.stands_out);
            vec![layer.name.clone(), layer.tiles.to_string(), sizes.join(", "), cluster, out, layer.taken.to_string()]
        });
        let columns = ["layer", "tiles", "clusters", "chosen", "stands out (robust σ)", "taken"].map(str::to_owned);
        let caption = "What each layer saw and took".to_owned();
        let mut blocks = vec![
            PageBlock::Paragraph(text),
            PageBlock::Table { caption, columns: columns.to_vec(), rows: rows.collect() },
            self.plot("defects", "Tiles per defect", &FieldDistribution { field: "defect", values: &groups })?,
        ];
        let axes = if self.by_tsne { ["t-SNE 1", "t-SNE 2"] } else { ["component 1", "component 2"] };
        let panel =
            Panel { title: "", x_label: axes[0], y_label: axes[1], points: self.points.view(), groups: &groups };
        let figure = Scatter { title: "All tiles by defect", panels: vec![panel] };
        blocks.push(self.plot(
            "defects_tsne",
            "All tiles by the features of the layers, coloured by defect",
            &figure,
        )?);
        for (array, name) in self.places.arrays.iter().enumerate().take(MAPS) {
            let rows: Vec<usize> =
                (0..self.places.of_tiles.len()).filter(|row| self.places.of_tiles[*row].array == array).collect();
            let places: Vec<(u32, u32)> =
                rows.iter().map(|&row| (self.places.of_tiles[row].row, self.places.of_tiles[row].column)).collect();
            let groups = self.by_defect(rows.iter().copied());
            let title = format!("Array {name}");
            let figure = ArrayMap { title: &title, places: &places, groups: &groups };
            blocks.push(self.plot(&format!("array_{:02}", array + 1), &format!("{title}, by defect"), &figure)?);
        }
        let more = self.places.arrays.len().saturating_sub(MAPS);
        if more > 0 {
            blocks.push(PageBlock::Paragraph(format!("{more} more arrays are not drawn; images.csv has all.")));
        }
        Ok(blocks)
    }

    /// Tiles by defect label; what is consistent is the rest, pale where the others have colours.
    fn by_defect(&self, rows: impl Iterator<Item = usize>) -> Grouping {
        let names = &self.found.names;
        let rest = names.iter().position(|name| name == CONSISTENT).unwrap_or(names.len());
        let of = rows.map(|row| match self.found.labels[row] {
            label if label == rest => None,
            label => Some(label - usize::from(label > rest)),
        });
        let coloured: Vec<&str> = names.iter().map(String::as_str).filter(|name| *name != CONSISTENT).collect();
        Grouping::new(of.collect(), &coloured, CONSISTENT)
    }

    fn layer(&self, layer: &LayerOutcome, context: &Context<'_>) -> Result<Vec<PageBlock>, CommandError> {
        let name = &layer.key;
        let groups = Grouping::clusters(&layer.clustering);
        let taken = match layer.taken.cluster {
            Some(cluster) if !layer.taken.rows.is_empty() => format!(
                "The rule points at cluster {cluster}; {} tiles were taken, rounds: {}",
                layer.taken.rows.len(),
                layer.taken.rounds
            ),
            Some(cluster) => {
                format!("The rule points at cluster {cluster}, but nothing stands out far enough: nothing was taken")
            }
            None => "There was nothing to cluster".to_owned(),
        };
        let mut blocks = vec![PageBlock::Paragraph(format!(
            "{taken}. The first candidate stands out by {:.1} robust standard deviations.",
            layer.taken.stands_out
        ))];
        let points = crate::workflow::clustering::plane(layer.reduced.view());
        let laid_out = layout_of(&layer.reduced, self.recipe.seed, context)?;
        let panel = |title, labels: [&'static str; 2], points| Panel {
            title,
            x_label: labels[0],
            y_label: labels[1],
            points,
            groups: &groups,
        };
        let panels =
            vec![panel("PCA", ["PC1", "PC2"], points.view()), panel("t-SNE", ["t-SNE 1", "t-SNE 2"], laid_out.view())];
        let title = format!("{}: clusters of {} tiles", layer.name, layer.rows.len());
        blocks.push(self.plot(&format!("layer_{name}"), &title, &Scatter { title: &title, panels })?);
        let figure = FieldDistribution { field: "cluster", values: &groups };
        blocks.push(self.plot(&format!("layer_{name}_sizes"), "Tiles per cluster", &figure)?);
        for cluster in layer.clustering.ids() {
            let members: Vec<usize> = layer.clustering.members(Some(cluster)).map(|at| layer.rows[at]).collect();
            let shown = self.random(&members, cluster);
            let title = format!("Cluster {cluster}: {} of {} tiles", shown.len(), members.len());
            blocks.push(self.gallery(title, shown.iter().map(|&row| (row, None)))?);
        }
        Ok(blocks)
    }

    fn random(&self, members: &[usize], cluster: ClusterId) -> Vec<usize> {
        let mut rng = ChaCha8Rng::seed_from_u64(self.recipe.seed ^ (u64::from(cluster.0) << 32));
        let mut picked = index::sample(&mut rng, members.len(), RANDOM.min(members.len())).into_vec();
        picked.sort_unstable();
        picked.into_iter().map(|at| members[at]).collect()
    }

    fn inconsistency(&self, context: &Context<'_>) -> Result<Vec<PageBlock>, CommandError> {
        let rest = &self.found.inconsistency;
        let odd = rest.outliers.iter().filter(|odd| **odd).count();
        let mut blocks = vec![PageBlock::Paragraph(format!(
            "{} tiles are left; {odd} of them have a local outlier factor above {}.",
            rest.rows.len(),
            self.recipe.separate.inconsistency.lof.threshold.get(),
        ))];
        let title = "Inconsistency of the tiles that are left";
        let figure = Histogram { title, label: "local outlier factor", values: &rest.scores, percentile: PERCENTILE };
        blocks.push(self.plot("inconsistency_histogram", title, &figure)?);
        if !rest.rows.is_empty() {
            let points = layout_of(&rest.standardised, self.recipe.seed, context)?;
            let title = "Tiles that are left, by inconsistency";
            let labels = ["t-SNE 1", "t-SNE 2"];
            let figure = ScoredScatter { title, labels, points: points.view(), scores: &rest.scores };
            blocks.push(self.plot("inconsistency_tsne", title, &figure)?);
        }
        let mut order: Vec<usize> = (0..rest.rows.len()).collect();
        order.sort_by(|&a, &b| rest.scores[b].total_cmp(&rest.scores[a]));
        let scored = |at: &usize| (rest.rows[*at], Some(rest.scores[*at]));
        let most = order.iter().take(RANKED).map(scored);
        blocks.push(self.gallery("The most inconsistent tiles".to_owned(), most)?);
        let least = order.iter().rev().take(RANKED).map(scored);
        blocks.push(self.gallery("The least inconsistent tiles".to_owned(), least)?);
        Ok(blocks)
    }

    /// Tiles with their names, or their scores; one whose file is gone is left out.
    fn gallery(
        &self,
        title: String,
        tiles: impl Iterator<Item = (usize, Option<f64>)>,
    ) -> Result<PageBlock, CommandError> {
        let mut images = Vec::new();
        for (row, score) in tiles {
            let record = &self.manifest.records[row];
            let Ok(decoded) = decode(&self.manifest.file(record)) else { continue };
            let jpeg = jpeg(&thumbnail(&self.depth.apply(&decoded), EDGE), 85)?;
            let name = record.path.rsplit('/').next().unwrap_or(&record.path);
            let caption = score.map_or_else(|| name.to_owned(), |score| format!("{score:.2} {name}"));
            images.push(GalleryImage { jpeg, caption });
        }
        Ok(PageBlock::Gallery { title, images })
    }
}
