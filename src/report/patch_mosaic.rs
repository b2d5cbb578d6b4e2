//! Images side by side with the clusters of their patches as a transparent colour over them; background has none.

use image::RgbImage;

use super::Figure;
use super::canvas::{Canvas, Rect};
use super::legend::{Legend, LegendEntry};
use super::page::{nothing, page};
use super::style::{FAINT_INK, LEFT_OUT, MARGIN, SMALL, WHITE, group_colour};
use super::text::TextStyle;

/// A mosaic of images.
#[derive(Debug, Clone)]
pub struct PatchMosaic<'a> {
    /// Title of the picture.
    pub title: &'a str,
    /// The settings, below the title.
    pub remark: &'a str,
    /// Images from left to right, at least 1.
    pub columns: usize,
    /// Patches per image: rows and columns.
    pub slices: (usize, usize),
    /// How much of the image a colour hides, `0.0..=1.0`.
    pub opacity: f64,
    /// Clusters in the legend.
    pub n_clusters: usize,
    /// The first of them, which show background and are not tinted.
    pub background: usize,
    /// Row by row.
    pub panels: Vec<MosaicPanel<'a>>,
}

/// One image and the clusters of its patches.
#[derive(Debug, Clone)]
pub struct MosaicPanel<'a> {
    /// At the size it is drawn.
    pub picture: RgbImage,
    /// Text below.
    pub name: String,
    /// Row by row; `None` is a patch that was left out, drawn crossed out.
    pub labels: &'a [Option<u32>],
}

const CAPTION: i32 = 36;

impl Figure for PatchMosaic<'_> {
    fn draw(&self) -> Canvas {
        let side =
            |of: fn(&RgbImage) -> u32| self.panels.iter().map(|panel| of(&panel.picture)).max().unwrap_or(0) as i32;
        let (width, height) = (side(RgbImage::width).max(200), side(RgbImage::height).max(60) + CAPTION);
        let columns = self.columns.clamp(1, self.panels.len().max(1));
        let rows = self.panels.len().div_ceil(columns).max(1) as i32;
        let labels = || self.panels.iter().flat_map(|panel| panel.labels.iter());
        let count = |wanted: Option<u32>| labels().filter(|label| **label == wanted).count();
        let cluster = |id: usize| {
            let patches = count(Some(id as u32));
            if id < self.background {
                LegendEntry::area(format!("cluster {id}: {patches} patches, background"), WHITE)
            } else {
                LegendEntry::area(format!("cluster {id}: {patches} patches"), group_colour(id))
            }
        };
        let left_out = count(None);
        let rest = (left_out > 0).then(|| LegendEntry::area(format!("left out: {left_out}"), LEFT_OUT));
        let legend = Legend::new((0..self.n_clusters).map(cluster).chain(rest).collect(), rows * height);
        let body_width = columns as i32 * (width + MARGIN) + legend.width();
        let (mut canvas, body) = page(body_width, rows * (height + MARGIN / 2), self.title, self.remark);
        for (at, panel) in self.panels.iter().enumerate() {
            let x = body.x + (at % columns) as i32 * (width + MARGIN);
            let y = body.y + (at / columns) as i32 * (height + MARGIN / 2);
            self.panel(&mut canvas, (x, y), panel);
        }
        if self.panels.is_empty() {
            nothing(&mut canvas, body);
        }
        legend.draw(&mut canvas, Rect::new(body.right() - legend.width(), body.y, legend.width(), body.h));
        canvas
    }
}

impl PatchMosaic<'_> {
    fn panel(&self, canvas: &mut Canvas, (left, top): (i32, i32), panel: &MosaicPanel<'_>) {
        canvas.blit(&panel.picture, (left, top));
        let (width, height) = (panel.picture.width() as i32, panel.picture.height() as i32);
        let (rows, columns) = (self.slices.0.max(1) as i32, self.slices.1.max(1) as i32);
        let edge = |cell: i32, side: i32, cells: i32| (2 * cell * side + cells) / (2 * cells);
        for (cell, label) in (0..rows * columns).zip(panel.labels) {
            let (row, column) = (cell / columns, cell % columns);
            let (y, x) = (edge(row, height, rows), edge(column, width, columns));
            let area =
                Rect::new(left + x, top + y, edge(column + 1, width, columns) - x, edge(row + 1, height, rows) - y);
            if let Some(id) = label {
                if *id as usize >= self.background {
                    canvas.rect(area, group_colour(*id as usize), self.opacity);
                }
            } else {
                canvas.rect(area, LEFT_OUT, 0.35);
                canvas.line(&[(area.x, area.y), (area.right() - 1, area.bottom() - 1)], LEFT_OUT, 1);
            }
            if area.w > 12 && area.h > 12 {
                canvas.rect(Rect::new(area.x, area.y, area.w, 1), WHITE, 0.25);
                canvas.rect(Rect::new(area.x, area.y, 1, area.h), WHITE, 0.25);
            }
        }
        let style = TextStyle::size(SMALL).ink(FAINT_INK);
        canvas.text(&style.fit_ends(&panel.name, width.max(200)), (left, top + height + CAPTION / 2), style);
    }
}
