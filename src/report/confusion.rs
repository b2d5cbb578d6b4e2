//! The confusion matrix: true classes in rows, predicted ones in columns, counts and row percent in the cells.

use ndarray::{Array2, Axis};

use super::Figure;
use super::axes::number;
use super::canvas::Canvas;
use super::heatmap::Heatmap;
use super::page::page;
use super::style::{Colour, SMALL, shade};
use super::text::TextStyle;

/// A confusion matrix as a picture. Shades are row shares; a class without images stays grey.
#[derive(Debug, Clone)]
pub struct ConfusionPlot<'a> {
    /// Title of the picture.
    pub title: &'a str,
    /// Class names, in the order of rows and columns.
    pub names: &'a [String],
    /// Shape `[names.len(), names.len()]`: images of the row's class that were predicted to be the column's.
    pub counts: &'a Array2<u64>,
}

impl Figure for ConfusionPlot<'_> {
    fn draw(&self) -> Canvas {
        let totals = self.counts.sum_axis(Axis(1)).mapv(|total| total as f64);
        let mut shades = self.counts.mapv(|count| count as f64);
        for (mut row, total) in shades.rows_mut().into_iter().zip(&totals) {
            row /= *total; // no images: 0 / 0 is NaN, a grey cell
        }
        let texts = Array2::from_shape_fn(shades.dim(), |place| {
            if self.counts[place] == 0 {
                return "0".to_owned();
            }
            format!("{}\n{:.1} %", number(self.counts[place] as f64, 0), shades[place] * 100.0)
        });
        let right: u64 = self.counts.diag().sum();
        let total = self.counts.sum();
        let share = right as f64 / total as f64 * 100.0;
        let remark = format!(
            "{} images, {} right ({} %); shade and percent: share of the row",
            number(total as f64, 0),
            number(right as f64, 0),
            number(share, 1)
        );
        classes_by_classes(self.title, &remark, self.names, 104, (shades, shade, texts))
    }
}

/// Shades, palette and texts of a [`Heatmap`].
type Cells = (Array2<f64>, fn(f64) -> Colour, Array2<String>);

/// True classes in rows, predicted ones in columns, cells of `cell_height` pixels where there is room.
pub(super) fn classes_by_classes(
    title: &str,
    remark: &str,
    names: &[String],
    cell_height: i32,
    (shades, palette, texts): Cells,
) -> Canvas {
    let longest = names.iter().map(|name| TextStyle::size(SMALL).width(name)).max().unwrap_or(0);
    let width = Heatmap::room(names.len(), (longest + 20).clamp(150, 260));
    let height = Heatmap::room(names.len(), cell_height);
    let (mut canvas, body) = page(width + Heatmap::beside(names), height + 240, title, remark);
    let heatmap = Heatmap {
        title: "",
        row_title: "true class",
        column_title: "predicted class",
        rows: names,
        columns: names,
        shades,
        palette,
        texts,
        marked: None,
    };
    heatmap.draw(&mut canvas, body);
    canvas
}
