//! ROC and precision–recall curves, one class against the rest.

use super::Figure;
use super::axes::{Axis, Frame};
use super::canvas::{Canvas, Rect};
use super::legend::{Legend, LegendEntry};
use super::page::{nothing, page};
use super::style::{AXIS, MARGIN, STROKE, group_colour, group_mark};

/// The curves of one class; both run over `0.0..=1.0` and may be empty.
#[derive(Debug, Clone)]
pub struct ClassCurves {
    /// Name of the class, as the legend shows it.
    pub name: String,
    /// Share of the others taken for the class, and share of the class found.
    pub roc: Vec<(f64, f64)>,
    /// Share of the class found, and share of the found that are right.
    pub precision_recall: Vec<(f64, f64)>,
}

/// Two panels with a curve per class.
#[derive(Debug, Clone)]
pub struct RankingCurves<'a> {
    /// Title of the picture.
    pub title: &'a str,
    /// In the order of the legend.
    pub classes: &'a [ClassCurves],
}

impl Figure for RankingCurves<'_> {
    fn draw(&self) -> Canvas {
        let entries = self.classes.iter().enumerate().map(|(index, class)| LegendEntry {
            name: class.name.clone(),
            colour: group_colour(index),
            mark: group_mark(index),
        });
        let legend = Legend::new(entries.collect(), 600);
        let (mut canvas, body) = page(1640 + legend.width() + MARGIN, 780, self.title, "");
        let panels = body.without(0, 0, legend.width() + MARGIN, 0);
        let roc = Frame::draw(
            &mut canvas,
            panels.cell((1, 2), (0, 0), MARGIN),
            "ROC",
            &Axis::percent("share of the others taken for the class"),
            &Axis::percent("share of the class found"),
        );
        canvas.line(&[(roc.x(0.0), roc.y(0.0)), (roc.x(1.0), roc.y(1.0))], AXIS, 2);
        let precision = Frame::draw(
            &mut canvas,
            panels.cell((1, 2), (0, 1), MARGIN),
            "Precision and recall",
            &Axis::percent("share of the class found"),
            &Axis::percent("share of the found that are right"),
        );
        for (index, class) in self.classes.iter().enumerate() {
            roc.curve(&mut canvas, &class.roc, group_colour(index), STROKE);
            precision.curve(&mut canvas, &class.precision_recall, group_colour(index), STROKE);
        }
        if self.classes.is_empty() {
            nothing(&mut canvas, roc.inner);
            nothing(&mut canvas, precision.inner);
        }
        legend.draw(&mut canvas, Rect::new(panels.right() + MARGIN, body.y + 54, legend.width(), 600));
        canvas
    }
}
