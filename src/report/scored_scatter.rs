//! Points in the plane, the darker the higher their score.

use ndarray::ArrayView2;

use super::Figure;
use super::axes::{Axis, Frame, number};
use super::canvas::{Canvas, Rect};
use super::page::{nothing, page};
use super::style::{Mark, SMALL, shade};
use super::text::TextStyle;

/// A map of images, coloured by a score.
#[derive(Debug, Clone)]
pub struct ScoredScatter<'a> {
    /// Title of the picture.
    pub title: &'a str,
    /// Labels of the horizontal and the vertical axis.
    pub labels: [&'a str; 2],
    /// Shape `[n_images, 2]`; points that are not finite are left out.
    pub points: ArrayView2<'a, f32>,
    /// One per image. Colours go by rank, so that one wild score does not leave the others pale.
    pub scores: &'a [f64],
}

impl Figure for ScoredScatter<'_> {
    fn draw(&self) -> Canvas {
        let (mut canvas, body) = page(1180, 1000, self.title, "colour by rank of the score");
        let mut seen: Vec<(f64, f64, f64)> = (self.points.rows().into_iter().zip(self.scores))
            .filter(|(point, score)| point.len() == 2 && point.iter().all(|v| v.is_finite()) && score.is_finite())
            .map(|(point, score)| (f64::from(point[0]), f64::from(point[1]), *score))
            .collect();
        seen.sort_by(|a, b| a.2.total_cmp(&b.2)); // the highest lie on top
        let x = Axis::around(self.labels[0], seen.iter().map(|point| point.0));
        let y = Axis::around(self.labels[1], seen.iter().map(|point| point.1));
        let frame = Frame::draw(&mut canvas, body.without(0, 0, 150, 0), "", &x, &y);
        let last = seen.len().saturating_sub(1).max(1) as f64;
        for (rank, (x, y, _)) in seen.iter().enumerate() {
            canvas.mark((frame.x(*x), frame.y(*y)), 6, Mark::Disc, shade(0.12 + 0.88 * rank as f64 / last), 0.9);
        }
        let bar = Rect::new(body.right() - 120, frame.inner.y, 30, frame.inner.h);
        for step in 0..bar.h {
            let share = 1.0 - f64::from(step) / f64::from(bar.h.max(1));
            canvas.rect(Rect::new(bar.x, bar.y + step, bar.w, 1), shade(0.12 + 0.88 * share), 1.0);
        }
        let style = TextStyle::size(SMALL);
        for (at, point) in [(bar.bottom() - 10, seen.first()), (bar.y + 10, seen.last())] {
            if let Some(point) = point {
                canvas.text(&number(point.2, 2), (bar.right() + 10, at), style);
            }
        }
        if seen.is_empty() {
            nothing(&mut canvas, frame.inner);
        }
        canvas
    }
}
