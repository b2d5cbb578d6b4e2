//! The reliability diagram: how often confidence was right, bin by bin, before and after calibration.
//!
//! Reference: `DeGroot` & Fienberg, "The comparison and evaluation of forecasters", 1983.

use super::Figure;
use super::axes::{Axis, Frame};
use super::canvas::{Canvas, Rect};
use super::legend::{Legend, LegendEntry};
use super::page::{nothing, page};
use super::style::{AXIS, BLUE, MARGIN, NOISE, VERMILION};

/// A bin of fewer images is pale: it proves little.
const FEW: u64 = 10;

/// Images of one bin of confidence.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ReliabilityBar {
    /// How many.
    pub images: u64,
    /// Their mean confidence, in `0.0..=1.0`; NaN without images.
    pub confidence: f64,
    /// The share of them that is right, in `0.0..=1.0`; NaN without images.
    pub accuracy: f64,
}

/// One panel per state: before calibration, after it.
#[derive(Debug, Clone)]
pub struct ReliabilityPlot<'a> {
    /// Title of the picture.
    pub title: &'a str,
    /// Title of the panel, and its bins of equal width over `0.0..=1.0`.
    pub panels: Vec<(String, &'a [ReliabilityBar])>,
}

impl Figure for ReliabilityPlot<'_> {
    fn draw(&self) -> Canvas {
        let entries =
            [("share that is right", BLUE), ("gap to the confidence", VERMILION), ("share of the images", NOISE)];
        let legend = Legend::new(entries.map(|(name, colour)| LegendEntry::area(name, colour)).to_vec(), 600);
        let n = self.panels.len().max(1) as i32;
        let (mut canvas, body) = page(n * 800 + legend.width() + MARGIN, 980, self.title, "");
        let panels = body.without(0, 0, legend.width() + MARGIN, 0);
        for (column, (title, bins)) in (0..).zip(&self.panels) {
            panel(&mut canvas, panels.cell((1, n), (0, column), MARGIN), title, bins);
        }
        if self.panels.is_empty() {
            nothing(&mut canvas, panels);
        }
        legend.draw(&mut canvas, Rect::new(panels.right() + MARGIN, body.y + 54, legend.width(), 600));
        canvas
    }
}

fn panel(canvas: &mut Canvas, area: Rect, title: &str, bins: &[ReliabilityBar]) {
    let width = 1.0 / bins.len().max(1) as f64;
    let (upper, lower) = (area.without(0, 0, 0, 260), area.without(0, area.h - 250, 0, 0));
    let frame = Frame::draw(canvas, upper, title, &Axis::percent(""), &Axis::percent("share that is right"));
    for (index, bin) in bins.iter().enumerate().filter(|(_, bin)| bin.images > 0) {
        let left = index as f64 * width;
        let across = (left + 0.08 * width, left + 0.92 * width);
        let opacity = if bin.images < FEW { 0.3 } else { 0.9 };
        canvas.rect(frame.rect(across, (0.0, bin.accuracy)), BLUE, opacity);
        let gap = frame.rect(across, (bin.accuracy, bin.confidence));
        if bin.confidence > bin.accuracy {
            canvas.rect(gap, VERMILION, opacity * 0.4);
        }
        canvas.outline(gap, VERMILION, 3);
    }
    canvas.line(&[(frame.x(0.0), frame.y(0.0)), (frame.x(1.0), frame.y(1.0))], AXIS, 3);
    let total: u64 = bins.iter().map(|bin| bin.images).sum();
    let below = Frame::draw(canvas, lower, "", &Axis::percent("confidence"), &Axis::percent("images"));
    for (index, bin) in bins.iter().enumerate() {
        let left = index as f64 * width;
        let share = bin.images as f64 / total.max(1) as f64;
        canvas.rect(below.rect((left + 0.08 * width, left + 0.92 * width), (0.0, share)), NOISE, 1.0);
    }
    if bins.iter().all(|bin| bin.images == 0) {
        nothing(canvas, frame.inner);
    }
}
