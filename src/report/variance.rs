//! Explained variance of the principal components, one by one and together.

use super::Figure;
use super::axes::{Axis, Frame, number};
use super::canvas::Canvas;
use super::page::{nothing, page};
use super::style::{BLUE, FAINT_INK, MARGIN, SMALL, STROKE, VERMILION};
use super::text::{Align, TextStyle};

/// Bars per component and a cumulative line.
#[derive(Debug, Clone)]
pub struct ExplainedVariance<'a> {
    /// Share of the variance per component, `0.0..=1.0`; NaN counts as 0.
    pub ratios: &'a [f64],
}

impl Figure for ExplainedVariance<'_> {
    fn draw(&self) -> Canvas {
        let percent: Vec<f64> =
            self.ratios.iter().map(|ratio| if ratio.is_finite() { ratio * 100.0 } else { 0.0 }).collect();
        let mut kept = 0.0;
        let together: Vec<(f64, f64)> = (1..)
            .zip(&percent)
            .map(|(component, share)| {
                kept += share;
                (f64::from(component), kept)
            })
            .collect();
        let remark = format!("{} components keep {} % of the variance", percent.len(), number(kept, 1));
        let (mut canvas, body) = page(2000, 720, "Explained variance of the principal components", &remark);
        let numbers = || (1..=percent.len()).map(|component| component as f64);

        let left = body.cell((1, 2), (0, 0), MARGIN);
        let x = Axis::whole("component", numbers().chain([0.0]));
        let y = Axis::from_zero("% of the variance", percent.iter().copied());
        let frame = Frame::draw(&mut canvas, left, "Each component", &x, &y);
        for (component, share) in numbers().zip(&percent) {
            canvas.rect(frame.rect((component - 0.4, component + 0.4), (0.0, *share)), BLUE, 1.0);
        }
        let right = body.cell((1, 2), (0, 1), MARGIN);
        let y = Axis::between("% of the variance", 0.0, 102.0);
        let frame = Frame::draw(&mut canvas, right, "Together", &x, &y);
        for level in [80.0, 90.0, 95.0] {
            let (from, to) = (frame.inner.x, frame.inner.right());
            canvas.dashes((from, frame.y(level)), (to, frame.y(level)), FAINT_INK, 2);
            if let Some((component, _)) = together.iter().find(|point| point.1 >= level) {
                let style = TextStyle { across: Align::Start, ..TextStyle::size(SMALL).ink(FAINT_INK).ending() };
                canvas.text(&format!("{level} % from {component}"), (to - 8, frame.y(level) + 4), style);
            }
        }
        frame.curve(&mut canvas, &together, VERMILION, STROKE);
        for (x, y) in &together {
            canvas.mark((frame.x(*x), frame.y(*y)), 5, super::style::Mark::Disc, VERMILION, 1.0);
        }
        if percent.is_empty() {
            nothing(&mut canvas, frame.inner);
        }
        canvas
    }
}
