//! Clusters against the values of a field: stacked bars, and a cross table in row percent.

use ndarray::{Array2, Axis as Along};

use super::Figure;
use super::axes::{Axis, Frame, number};
use super::canvas::{Canvas, Rect};
use super::grouping::Grouping;
use super::heatmap::Heatmap;
use super::legend::{Legend, LegendEntry};
use super::page::{nothing, page};
use super::style::{MARGIN, colour_of, shade};

/// Two panels: images per cluster stacked by the values of a field, and each value's shares of the clusters.
#[derive(Debug, Clone)]
pub struct ClusterMix<'a> {
    /// Such as `k-means`.
    pub method: &'a str,
    /// The name field, such as `sensor`.
    pub field: &'a str,
    /// One entry per image.
    pub clusters: &'a Grouping,
    /// One entry per image.
    pub values: &'a Grouping,
}

impl Figure for ClusterMix<'_> {
    fn draw(&self) -> Canvas {
        let height = 620;
        let [by_value, by_cluster] = [self.values, self.clusters].map(|parts| Legend::new(entries(parts), height - 80));
        let bars = self.clusters.sizes().len().max(self.values.sizes().len()) as i32;
        let width = (bars * 40).clamp(1300, 2600);
        let beside = by_value.width().max(by_cluster.width()) + MARGIN;
        let title = format!("{}: clusters and {}", self.method, self.field);
        let (mut canvas, body) = page(width + beside, 2 * height + MARGIN, &title, "");
        let panels = body.without(0, 0, beside, 0);
        let top = panels.cell((2, 1), (0, 0), MARGIN);
        let counts = self.clusters.cross(self.values).mapv(|count| count as f64);
        let y = Axis::from_zero("images", counts.sum_axis(Along(1)));
        let x = Axis::names("cluster", &self.clusters.all_names());
        let frame = Frame::draw(&mut canvas, top, &format!("Images per cluster, by {}", self.field), &x, &y);
        stack(&mut canvas, &frame, &counts, self.values);
        by_value.draw(&mut canvas, Rect::new(panels.right() + MARGIN, top.y + 54, beside, height));

        let bottom = panels.cell((2, 1), (1, 0), MARGIN);
        let shares = row_shares(&self.values.cross(self.clusters));
        let x = Axis::names(self.field, &self.values.all_names());
        let title = format!("Clusters per {}", self.field);
        let frame = Frame::draw(&mut canvas, bottom, &title, &x, &Axis::percent("share of images"));
        stack(&mut canvas, &frame, &shares, self.clusters);
        by_cluster.draw(&mut canvas, Rect::new(panels.right() + MARGIN, bottom.y + 54, beside, height));
        canvas
    }
}

/// Draws one bar per row of `heights`, `[bars, parts]`, its parts from the bottom up.
fn stack(canvas: &mut Canvas, frame: &Frame, heights: &Array2<f64>, parts: &Grouping) {
    for (bar, row) in heights.rows().into_iter().enumerate() {
        let (left, right) = (bar as f64 + 0.12, bar as f64 + 0.88);
        let mut below = 0.0;
        for (part, &height) in row.iter().enumerate().filter(|(_, height)| **height > 0.0) {
            let colour = colour_of((part < parts.len()).then_some(part));
            canvas.rect(frame.rect((left, right), (below, below + height)), colour, 1.0);
            below += height;
        }
    }
    if heights.is_empty() {
        nothing(canvas, frame.inner);
    }
}

fn entries(groups: &Grouping) -> Vec<LegendEntry> {
    let colour = |i: usize| colour_of((i < groups.len()).then_some(i));
    groups.all_names().into_iter().enumerate().map(|(i, name)| LegendEntry::area(name, colour(i))).collect()
}

/// Each row divided by its sum; NaN for a row without images.
fn row_shares(counts: &Array2<u64>) -> Array2<f64> {
    let mut shares = counts.mapv(|count| count as f64);
    for mut row in shares.rows_mut() {
        let total = row.sum();
        row /= total;
    }
    shares
}

/// Field × cluster in row percent: do the clusters merely mirror the field? (`sensor_cluster_heatmap.png`)
/// Of more than 60 values the largest 60 are shown.
#[derive(Debug, Clone)]
pub struct FieldHeatmap<'a> {
    /// Such as `k-means`.
    pub method: &'a str,
    /// The name field, such as `sensor`.
    pub field: &'a str,
    /// One entry per image.
    pub clusters: &'a Grouping,
    /// One entry per image.
    pub values: &'a Grouping,
}

const MOST_ROWS: usize = 60;

impl Figure for FieldHeatmap<'_> {
    fn draw(&self) -> Canvas {
        let sizes = self.values.sizes();
        let names = self.values.all_names();
        let mut rows: Vec<usize> = (0..sizes.len()).collect();
        rows.sort_by_key(|&row| std::cmp::Reverse(sizes[row]));
        rows.truncate(MOST_ROWS);
        rows.sort_unstable();
        let shown: Vec<String> =
            rows.iter().map(|&row| format!("{} ({})", names[row], number(sizes[row] as f64, 0))).collect();
        let shades = row_shares(&self.values.cross(self.clusters)).select(Along(0), &rows);
        let texts = shades.mapv(|share| if share > 0.0 { number(share * 100.0, 0) } else { String::new() });
        let columns = self.clusters.all_names();
        let cut = match names.len() {
            n if n > MOST_ROWS => format!("; the largest {MOST_ROWS} of {} values", number(n as f64, 0)),
            _ => String::new(),
        };
        let remark = format!("percent of the row's images{cut}");
        let title = format!("{} × {} cluster", self.field, self.method);
        let size = (Heatmap::room(columns.len(), 90), Heatmap::room(shown.len(), 58));
        let (mut canvas, body) = page(size.0.max(560) + Heatmap::beside(&shown), size.1 + 150, &title, &remark);
        let heatmap = Heatmap {
            title: "",
            row_title: self.field,
            column_title: "cluster",
            rows: &shown,
            columns: &columns,
            shades,
            palette: shade,
            texts,
            marked: None,
        };
        heatmap.draw(&mut canvas, body);
        canvas
    }
}
