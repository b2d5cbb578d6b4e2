//! Difference of two confusion matrices of the same images.

use ndarray::{Array2, Axis};

use super::Figure;
use super::canvas::Canvas;
use super::confusion::classes_by_classes;
use super::style::balance;

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
        classes_by_classes(self.title, &remark, self.names, 90, (shades, balance, texts))
    }
}
