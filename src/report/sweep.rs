//! Recipes of a cross-validation side by side: a row per recipe, a small disc per fold, a large one for the mean.

use super::Figure;
use super::axes::{Axis, Frame, number};
use super::canvas::Canvas;
use super::page::{nothing, page};
use super::style::{BLUE, FAINT_INK, GREEN, Mark, SMALL};
use super::text::TextStyle;

/// One recipe.
#[derive(Debug, Clone, PartialEq)]
pub struct SweepPoint {
    /// The settings that tell it from the others.
    pub name: String,
    /// Its score in each fold; NaN where there is none.
    pub folds: Vec<f64>,
    /// Their mean.
    pub mean: f64,
    /// Whether it is as good as the best, within one standard error.
    pub as_good_as_best: bool,
}

/// Scores of several recipes, the best first.
#[derive(Debug, Clone)]
pub struct SweepPlot<'a> {
    /// The score, such as `accuracy`.
    pub metric: &'a str,
    /// A row each.
    pub points: &'a [SweepPoint],
}

/// More recipes than this are not drawn: the picture would be too tall to look at.
const MOST_ROWS: usize = 60;

impl Figure for SweepPlot<'_> {
    fn draw(&self) -> Canvas {
        let shown = &self.points[..self.points.len().min(MOST_ROWS)];
        let remark = match self.points.len() - shown.len() {
            0 => "small: one fold, large: mean, green: as good as the best within one standard error".to_owned(),
            more => format!("the best {MOST_ROWS}; {more} more in results.json"),
        };
        let height = shown.len().max(3) as i32 * 56 + 130;
        let title = format!("Recipes by {}", self.metric);
        let (mut canvas, body) = page(1700, height, &title, &remark);
        let names: Vec<&str> = shown.iter().map(|point| point.name.as_str()).collect();
        let values = shown.iter().flat_map(|point| point.folds.iter().copied().chain([point.mean]));
        let numbers = 150;
        let place = body.without(0, 0, numbers, 0);
        let x = Axis::around(self.metric, values.filter(|value| value.is_finite()));
        let frame = Frame::draw(&mut canvas, place, "", &x, &Axis::names("", &names));
        for (row, point) in shown.iter().enumerate() {
            let colour = if point.as_good_as_best { GREEN } else { BLUE };
            let y = frame.y(row as f64 + 0.5);
            for fold in point.folds.iter().filter(|value| value.is_finite()) {
                canvas.mark((frame.x(*fold), y), 7, Mark::Disc, colour, 0.45);
            }
            if point.mean.is_finite() {
                canvas.mark((frame.x(point.mean), y), 13, Mark::Disc, colour, 1.0);
            }
            canvas.text(&number(point.mean, 4), (frame.inner.right() + 30, y), TextStyle::size(SMALL).ink(FAINT_INK));
        }
        if shown.is_empty() {
            nothing(&mut canvas, frame.inner);
        }
        canvas
    }
}
