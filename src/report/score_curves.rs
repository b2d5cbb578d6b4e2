//! Scores of settings that were tried: as curves over one setting, as cells over two.

use ndarray::Array2;

use super::Figure;
use super::axes::{Axis, Frame, number};
use super::canvas::{Canvas, Rect};
use super::heatmap::Heatmap;
use super::legend::{Legend, LegendEntry};
use super::page::{nothing, page};
use super::style::{MARGIN, Mark, STROKE, group_colour, shade};

/// Scores over one setting.
#[derive(Debug, Clone)]
pub struct ScoreCurves<'a> {
    /// Title of the picture.
    pub title: &'a str,
    /// The setting.
    pub x_label: &'a str,
    /// The score.
    pub y_label: &'a str,
    /// One curve each.
    pub curves: &'a [ScoreCurve<'a>],
}

/// A named curve.
#[derive(Debug, Clone)]
pub struct ScoreCurve<'a> {
    /// In the legend.
    pub name: &'a str,
    /// Setting and score; points that are not finite are left out.
    pub points: Vec<(f64, f64)>,
}

impl Figure for ScoreCurves<'_> {
    fn draw(&self) -> Canvas {
        let entries = self.curves.iter().enumerate().map(|(at, curve)| LegendEntry::area(curve.name, group_colour(at)));
        let legend = Legend::new(entries.collect(), 500);
        let (mut canvas, body) = page(1200 + legend.width() + MARGIN, 700, self.title, "");
        let all = || self.curves.iter().flat_map(|curve| curve.points.iter().copied());
        let x = Axis::whole(self.x_label, all().map(|point| point.0));
        let y = Axis::around(self.y_label, all().map(|point| point.1));
        let frame = Frame::draw(&mut canvas, body.without(0, 0, legend.width() + MARGIN, 0), "", &x, &y);
        for (at, curve) in self.curves.iter().enumerate() {
            let points: Vec<(f64, f64)> =
                curve.points.iter().copied().filter(|(x, y)| x.is_finite() && y.is_finite()).collect();
            frame.curve(&mut canvas, &points, group_colour(at), STROKE);
            for (x, y) in points {
                canvas.mark((frame.x(x), frame.y(y)), 7, Mark::Disc, group_colour(at), 1.0);
            }
        }
        if all().next().is_none() {
            nothing(&mut canvas, frame.inner);
        }
        legend.draw(&mut canvas, Rect::new(body.right() - legend.width(), body.y + 20, legend.width(), 500));
        canvas
    }
}

/// Scores over two settings.
#[derive(Debug, Clone)]
pub struct ScoreGrid<'a> {
    /// Title of the picture.
    pub title: &'a str,
    /// The setting down.
    pub row_title: &'a str,
    /// The setting across.
    pub column_title: &'a str,
    /// Values of the setting down.
    pub rows: &'a [String],
    /// Values of the setting across.
    pub columns: &'a [String],
    /// Scores in `-1.0..=1.0`, shape `[rows.len(), columns.len()]`; NaN is a grey cell.
    pub scores: &'a Array2<f64>,
}

impl Figure for ScoreGrid<'_> {
    fn draw(&self) -> Canvas {
        let best = self.scores.indexed_iter().filter(|(_, score)| score.is_finite()).max_by(|a, b| a.1.total_cmp(b.1));
        let remark = if best.is_some() { "framed: the highest score" } else { "" };
        let width = Heatmap::room(self.columns.len(), 110) + Heatmap::beside(self.rows);
        let height = Heatmap::room(self.rows.len(), 60) + 150;
        let (mut canvas, body) = page(width.max(700), height, self.title, remark);
        let heatmap = Heatmap {
            title: "",
            row_title: self.row_title,
            column_title: self.column_title,
            rows: self.rows,
            columns: self.columns,
            shades: self.scores.mapv(|score| if score.is_finite() { score.max(0.0) } else { f64::NAN }),
            palette: shade,
            texts: self.scores.mapv(|score| number(score, 3)),
            marked: best.map(|(place, _)| place),
        };
        heatmap.draw(&mut canvas, Rect::new(body.x, body.y, width, height));
        canvas
    }
}
