//! What changed between two confusion matrices of the same images.

use ndarray::{Array2, Axis};

use super::Figure;
use super::canvas::Canvas;
use super::heatmap::Heatmap;
use super::page::page;
use super::style::{SMALL, balance};
use super::text::TextStyle;

/// Counts of the second matrix less those of the first: blue where that is better, vermilion where it is worse.
#[derive(Debug, Clone)]
pub struct ConfusionDifference<'a> {
    /// Title of the picture.
    pub title: &'a str,
    /// Class names, in the order of rows and columns.
    pub names: &'a [String],
    /// Shape `[names.len(), names.len()]`: images by true class (rows) and predicted class (columns).
    pub first: &'a Array2<u64>,
    /// The same images, judged by the second classifier; of the same shape.
    pub second: &'a Array2<u64>,
}

impl Figure for ConfusionDifference<'_> {
    fn draw(&self) -> Canvas {
        let difference = Array2::from_shape_fn(self.first.dim(), |place| {
            self.second.get(place).copied().unwrap_or(0) as i64 - self.first[place] as i64
        });
        let totals = self.first.sum_axis(Axis(1));
        let shades = Array2::from_shape_fn(difference.dim(), |(row, column)| {
            let share = difference[(row, column)] as f64 / totals[row] as f64; // 0 / 0 is NaN, a grey cell
            let better = if row == column { share } else { -share };
            // The eye sees a tenth of a class as a clear change already.
            better.signum() * better.abs().sqrt()
        });
        let texts = difference.mapv(|count| if count == 0 { "0".to_owned() } else { format!("{count:+}") });
        let changed: i64 = difference.iter().map(|count| count.abs()).sum::<i64>() / 2;
        let remark = format!("second less first, in images; at least {changed} changed; blue is better, orange worse");
        let longest = self.names.iter().map(|name| TextStyle::size(SMALL).width(name)).max().unwrap_or(0);
        let width = Heatmap::room(self.names.len(), (longest + 20).clamp(150, 260));
        let height = Heatmap::room(self.names.len(), 90);
        let (mut canvas, body) = page(width + Heatmap::beside(self.names), height + 240, self.title, &remark);
        let heatmap = Heatmap {
            title: "",
            row_title: "true class",
            column_title: "predicted class",
            rows: self.names,
            columns: self.names,
            shades,
            palette: balance,
            texts,
            marked: None,
        };
        heatmap.draw(&mut canvas, body);
        canvas
    }
}
