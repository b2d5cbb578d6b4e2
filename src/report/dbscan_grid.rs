//! DBSCAN over a grid of eps and `min_samples`: clusters, silhouette, noise (`dbscan_parameter_optimization.png`).

use ndarray::Array2;

use super::Figure;
use super::axes::number;
use super::canvas::{Canvas, Rect};
use super::heatmap::Heatmap;
use super::page::page;
use super::style::{MARGIN, shade};

/// Three heatmaps; every array has shape `[min_samples.len(), eps.len()]`.
#[derive(Debug, Clone)]
pub struct DbscanGridPlot<'a> {
    /// Ascending.
    pub eps: &'a [f64],
    /// Ascending.
    pub min_samples: &'a [usize],
    /// Number of clusters, noise not counted.
    pub clusters: &'a Array2<usize>,
    /// Mean silhouette of the images that are not noise, `-1.0..=1.0`; NaN where it is undefined (a grey cell).
    /// Negative values are drawn in the colour of 0; the number in the cell is the true one.
    pub silhouette: &'a Array2<f64>,
    /// Share of noise, `0.0..=1.0`.
    pub noise: &'a Array2<f64>,
    /// Row and column of the cell that was taken.
    pub chosen: Option<(usize, usize)>,
}

impl Figure for DbscanGridPlot<'_> {
    fn draw(&self) -> Canvas {
        let eps: Vec<String> = self.eps.iter().map(ToString::to_string).collect();
        let min_samples: Vec<String> = self.min_samples.iter().map(ToString::to_string).collect();
        let remark = match self.chosen.and_then(|(row, column)| self.eps.get(column).zip(self.min_samples.get(row))) {
            Some((eps, min_samples)) => format!("framed: chosen, eps = {eps}, min_samples = {min_samples}"),
            None => "no cell was chosen".to_owned(),
        };
        let panel = ((Heatmap::room(eps.len(), 84) + 130).max(430), Heatmap::room(min_samples.len(), 72) + 150);
        let title = "DBSCAN: choosing eps and min_samples";
        let (mut canvas, body) = page(3 * panel.0 + 2 * MARGIN, panel.1, title, &remark);
        let most = self.clusters.iter().max().map_or(0.0, |&most| (most as f64).ln_1p()).max(f64::MIN_POSITIVE);
        let decimals = |values: &Array2<f64>| values.mapv(|value| number(value, 2));
        let silhouette = self.silhouette.mapv(|value| value.max(if value.is_nan() { f64::NAN } else { 0.0 }));
        let panels = [
            (
                "Clusters (log shade)",
                self.clusters.mapv(|count| (count as f64).ln_1p() / most),
                self.clusters.mapv(|count| number(count as f64, 0)),
            ),
            ("Silhouette without noise", silhouette, decimals(self.silhouette)),
            ("Share of noise", self.noise.clone(), decimals(self.noise)),
        ];
        for (i, (title, shades, texts)) in (0..).zip(panels) {
            let heatmap = Heatmap {
                title,
                row_title: "min_samples",
                column_title: "eps",
                rows: &min_samples,
                columns: &eps,
                shades,
                palette: shade,
                texts,
                marked: self.chosen,
            };
            heatmap.draw(&mut canvas, Rect::new(body.x + i * (panel.0 + MARGIN), body.y, panel.0, panel.1));
        }
        canvas
    }
}
