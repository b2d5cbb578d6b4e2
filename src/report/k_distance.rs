//! The sorted k-distance plot, where the knee suggests eps (`dbscan_k_distance.png`).
//!
//! Reference: Ester et al., "A density-based algorithm for discovering clusters", KDD 1996, section 4.2:
//! distances fall from left to right, and what lies left of the knee is noise.

use super::Figure;
use super::axes::{Axis, Frame, number};
use super::canvas::{Canvas, Rect};
use super::legend::{Legend, LegendEntry};
use super::page::{nothing, page};
use super::style::{BLUE, FAINT_INK, MARGIN, NOISE, SMALL, STROKE, group_colour};
use super::text::{Align, TextStyle};

/// Share of images, counted from the largest distance, where the knee is usually found.
pub const KNEE_ZONE: (f64, f64) = (0.05, 0.20);

/// Distances to the `min_samples`-th neighbour, largest first, with a line per eps.
#[derive(Debug, Clone)]
pub struct KDistancePlot<'a> {
    /// One per image, in any order: the radius at which the image becomes a core point. NaN is left out.
    pub distances: &'a [f32],
    /// The image itself included.
    pub min_samples: usize,
    /// Where to draw lines.
    pub eps: &'a [f64],
}

impl KDistancePlot<'_> {
    /// Images whose k-distance is at most `eps`: the core points at that eps.
    #[must_use]
    pub fn core_points(&self, eps: f64) -> usize {
        self.distances.iter().filter(|distance| f64::from(**distance) <= eps).count()
    }
}

impl Figure for KDistancePlot<'_> {
    fn draw(&self) -> Canvas {
        let mut sorted: Vec<f64> = self.distances.iter().map(|&d| f64::from(d)).filter(|d| d.is_finite()).collect();
        sorted.sort_by(|a, b| b.total_cmp(a));
        let n = sorted.len() as f64;
        let entry = |(i, eps): (usize, &f64)| {
            let core = self.core_points(*eps) as f64;
            let share = number(core / n * 100.0, 1);
            LegendEntry::area(format!("eps {eps}: {} core ({share} %)", number(core, 0)), line_colour(i))
        };
        let zone =
            LegendEntry::area(format!("knee zone {:.0}–{:.0} %", KNEE_ZONE.0 * 100.0, KNEE_ZONE.1 * 100.0), NOISE);
        let legend = Legend::new(self.eps.iter().enumerate().map(entry).chain([zone]).collect(), 700);
        let title = format!("Distance to neighbour {} (itself counted)", self.min_samples);
        let remark = "core: images with at least min_samples neighbours within eps, i.e. whose distance is at most eps";
        let (mut canvas, body) = page(1500 + legend.width(), 860, &title, remark);
        let plot = body.without(0, 0, legend.width() + MARGIN, 0);
        let x = Axis::between("images, largest distance first", 0.0, n.max(1.0));
        let y = Axis::from_zero("distance", sorted.iter().chain(self.eps).copied());
        let frame = Frame::draw(&mut canvas, plot, "", &x, &y);

        let (left, right) = (frame.x(n * KNEE_ZONE.0), frame.x(n * KNEE_ZONE.1));
        canvas.rect(Rect::new(left, frame.inner.y, right - left, frame.inner.h), NOISE, 0.3);
        for (i, &eps) in self.eps.iter().enumerate().filter(|(_, eps)| eps.is_finite()) {
            let y = frame.y(eps);
            canvas.dashes((frame.inner.x, y), (frame.inner.right(), y), line_colour(i), 3);
            let style = TextStyle { across: Align::End, ..TextStyle::size(SMALL).ink(FAINT_INK).ending() };
            canvas.text(&format!("eps {eps}"), (frame.inner.right() - 8, y - 4), style);
        }
        let step = (sorted.len() / 4000).max(1);
        let mut points: Vec<_> =
            sorted.iter().enumerate().step_by(step).map(|(i, distance)| (i as f64 + 0.5, *distance)).collect();
        points.extend(sorted.last().map(|last| (n - 0.5, *last)));
        frame.curve(&mut canvas, &points, BLUE, STROKE);
        if sorted.is_empty() {
            nothing(&mut canvas, frame.inner);
        }
        legend.draw(&mut canvas, Rect::new(plot.right() + MARGIN, body.y + 20, legend.width(), 700));
        canvas
    }
}

/// The first colour is the curve's.
fn line_colour(line: usize) -> super::style::Colour {
    group_colour(line + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn core_points_are_those_below_eps() {
        let distances = [0.1, 0.5, 0.3, f32::NAN, 0.9];
        let plot = KDistancePlot { distances: &distances, min_samples: 5, eps: &[] };
        assert_eq!(plot.core_points(0.5), 3);
        assert_eq!(plot.core_points(0.05), 0);
        assert_eq!(plot.core_points(2.0), 4);
    }
}
