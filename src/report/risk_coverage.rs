//! Risk over coverage: how wrong the answers are that are given, over how many are given (`risk_coverage.png`).
//!
//! Reference: El-Yaniv and Wiener, "On the Foundations of Noise-free Selective Classification", JMLR 2010.

use super::Figure;
use super::axes::{Axis, Frame, number};
use super::canvas::{Canvas, Rect};
use super::legend::{Legend, LegendEntry};
use super::page::{nothing, page};
use super::style::{FAINT_INK, GREEN, MARGIN, STROKE, group_colour};
use crate::metrics::RiskCoverage;

/// Curves of the same predictions, rejected in different orders.
#[derive(Debug, Clone)]
pub struct RiskCoveragePlot<'a> {
    /// Title of the picture.
    pub title: &'a str,
    /// The order of rejection, and the curve.
    pub curves: &'a [(&'a str, &'a RiskCoverage)],
    /// Share of images that the checkpoint's thresholds give an answer to.
    pub chosen: Option<f64>,
}

impl Figure for RiskCoveragePlot<'_> {
    fn draw(&self) -> Canvas {
        let entry = |(i, (name, curve)): (usize, &(&str, &RiskCoverage))| {
            let area = curve.area().map_or_else(String::new, |area| format!(" (area {})", number(area, 4)));
            LegendEntry::area(format!("{name}{area}"), group_colour(i))
        };
        let line =
            self.chosen.map(|share| LegendEntry::area(format!("kept by the thresholds: {} %", percent(share)), GREEN));
        let least = (!self.curves.is_empty()).then(|| LegendEntry::area("no order is better", FAINT_INK));
        let entries = self.curves.iter().enumerate().map(entry).chain(least).chain(line).collect();
        let legend = Legend::new(entries, 700);
        let first = self.curves.first().map(|(_, curve)| *curve);
        let remark =
            first.map_or_else(String::new, |curve| format!("{} of {} answers are wrong", curve.wrong, curve.images));
        let (mut canvas, body) = page(1300 + legend.width() + MARGIN, 860, self.title, &remark);
        let plot = body.without(0, 0, legend.width() + MARGIN, 0);
        let x = Axis::percent("images given an answer");
        let risks = self.curves.iter().flat_map(|(_, curve)| curve.points.iter().map(|point| 100.0 * point.risk));
        let y = Axis::from_zero("wrong among the answers given, %", risks);
        let frame = Frame::draw(&mut canvas, plot, "", &x, &y);
        if let Some(share) = self.chosen {
            let x = frame.x(share);
            canvas.dashes((x, frame.inner.y), (x, frame.inner.bottom()), GREEN, 3);
        }
        if let Some(curve) = first {
            frame.curve(&mut canvas, &least_risk(curve), FAINT_INK, 2);
        }
        for (i, (_, curve)) in self.curves.iter().enumerate() {
            let points: Vec<_> = curve.points.iter().map(|point| (point.coverage, 100.0 * point.risk)).collect();
            frame.curve(&mut canvas, &points, group_colour(i), STROKE);
        }
        if first.is_none_or(|curve| curve.points.is_empty()) {
            nothing(&mut canvas, frame.inner);
        }
        legend.draw(&mut canvas, Rect::new(plot.right() + MARGIN, body.y + 20, legend.width(), 700));
        canvas
    }
}

/// Risk where every wrong answer is rejected before any right one.
fn least_risk(curve: &RiskCoverage) -> Vec<(f64, f64)> {
    let n = curve.images.max(1) as f64;
    let right = 1.0 - curve.wrong as f64 / n;
    let beyond = (0..=50).map(|step| right + (1.0 - right) * f64::from(step) / 50.0);
    let risk = |coverage: f64| if coverage > right { 100.0 * (coverage - right) / coverage } else { 0.0 };
    std::iter::once(0.0).chain(beyond).map(|coverage| (coverage, risk(coverage))).collect()
}

fn percent(share: f64) -> String {
    number(100.0 * share, 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_least_risk_is_zero_until_only_wrong_answers_are_left() {
        let curve = RiskCoverage::of(&[0.0, 1.0, 2.0, 3.0], &[true, false, true, true]);
        let least = least_risk(&curve);
        assert_eq!(least[0], (0.0, 0.0));
        assert_eq!(least[1], (0.75, 0.0));
        assert_eq!(least[51], (1.0, 25.0));
    }
}
