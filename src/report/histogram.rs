//! Histogram of scores, with one percentile marked.

use super::Figure;
use super::axes::{Axis, Frame, number};
use super::canvas::Canvas;
use super::page::{nothing, page};
use super::style::{BLUE, SMALL, VERMILION};
use super::text::TextStyle;

/// Counts of scores in equal steps, and the line that a share of them lies below.
#[derive(Debug, Clone)]
pub struct Histogram<'a> {
    /// Title of the picture.
    pub title: &'a str,
    /// Label of the horizontal axis: the quantity that is counted.
    pub label: &'a str,
    /// One per image, in any order; those that are not finite are left out.
    pub values: &'a [f64],
    /// Share below the marked line, in `0.0..=1.0`.
    pub percentile: f64,
}

const BINS: usize = 60;

impl Figure for Histogram<'_> {
    fn draw(&self) -> Canvas {
        let mut sorted: Vec<f64> = self.values.iter().copied().filter(|value| value.is_finite()).collect();
        sorted.sort_by(f64::total_cmp);
        let marked = sorted.get(((sorted.len().max(1) - 1) as f64 * self.percentile.clamp(0.0, 1.0)).round() as usize);
        let remark = marked.map_or_else(String::new, |at| {
            format!(
                "{:.0} % of {} lie below {}",
                self.percentile * 100.0,
                number(sorted.len() as f64, 0),
                number(*at, 3)
            )
        });
        let (mut canvas, body) = page(1300, 640, self.title, &remark);
        let (low, high) = (sorted.first().copied().unwrap_or(0.0), sorted.last().copied().unwrap_or(1.0));
        let step = if high > low { (high - low) / BINS as f64 } else { 1.0 };
        let mut counts = vec![0_usize; BINS];
        for value in &sorted {
            counts[(((value - low) / step) as usize).min(BINS - 1)] += 1;
        }
        let x = Axis::between(self.label, low, low + step * BINS as f64);
        let y = Axis::from_zero("images", counts.iter().map(|count| *count as f64));
        let frame = Frame::draw(&mut canvas, body, "", &x, &y);
        for (bin, count) in counts.iter().enumerate().filter(|(_, count)| **count > 0) {
            let left = low + step * bin as f64;
            canvas.rect(frame.rect((left, left + step), (0.0, *count as f64)), BLUE, 0.85);
        }
        match marked {
            Some(&at) => {
                let x = frame.x(at);
                canvas.dashes((x, frame.inner.y), (x, frame.inner.bottom()), VERMILION, 4);
                let style = TextStyle::size(SMALL).ink(VERMILION);
                canvas.text(&number(at, 3), (x + 12, frame.inner.y + 20), style);
            }
            None => nothing(&mut canvas, frame.inner),
        }
        canvas
    }
}
