//! The k-means dashboard: how the choice of k was made (`kmeans_evaluation.png`).

use super::Figure;
use super::axes::{Axis, Frame, number};
use super::canvas::{Canvas, Rect};
use super::legend::{Legend, LegendEntry};
use super::page::{nothing, page};
use super::style::{BLUE, Colour, FAINT_INK, GREEN, INK, MARGIN, Mark, SMALL, STROKE, VERMILION, group_colour};
use super::text::{Align, TextStyle};

/// Scores for one k; NaN where there is none.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct KScores {
    /// Number of clusters.
    pub k: usize,
    /// Sum of squared distances to the nearest centroid, at least 0.
    pub inertia: f64,
    /// Mean silhouette, `-1.0..=1.0`.
    pub silhouette: f64,
    /// Images in the smallest cluster.
    pub smallest: usize,
    /// Images in the largest cluster.
    pub largest: usize,
}

/// Four panels: elbow, silhouette, smallest and largest cluster, and all of them on one scale.
#[derive(Debug, Clone)]
pub struct KSweepPlot<'a> {
    /// In ascending order of k.
    pub scores: &'a [KScores],
    /// The k that was taken.
    pub chosen: Option<usize>,
}

type Series = (&'static str, Colour, Vec<f64>);

impl Figure for KSweepPlot<'_> {
    fn draw(&self) -> Canvas {
        let remark = self.chosen.map_or_else(String::new, |k| format!("chosen: k = {k}"));
        let (mut canvas, body) = page(2000, 1400, "k-means: choosing k", &remark);
        let of = |value: fn(&KScores) -> f64| self.scores.iter().map(value).collect::<Vec<_>>();
        let inertia = of(|s| s.inertia);
        let silhouette = of(|s| s.silhouette);
        let balance = of(|s| s.smallest as f64 / s.largest as f64);
        let sizes: Vec<Series> =
            vec![("largest", BLUE, of(|s| s.largest as f64)), ("smallest", VERMILION, of(|s| s.smallest as f64))];
        let tightness: Vec<f64> = normalised(&inertia).into_iter().map(|value| 1.0 - value).collect();
        let together = vec![
            ("silhouette", group_colour(0), normalised(&silhouette)),
            ("1 − inertia", group_colour(1), tightness),
            ("smallest / largest", GREEN, normalised(&balance)),
        ];
        let panels: [(&str, &str, Vec<Series>); 4] = [
            ("Elbow", "inertia", vec![("", BLUE, inertia)]),
            ("Silhouette", "mean silhouette", vec![("", BLUE, silhouette)]),
            ("Cluster sizes", "images", sizes),
            ("All, scaled to 0 … 1", "scaled value, higher is better", with_mean(together)),
        ];
        for (i, (title, label, series)) in (0..).zip(panels) {
            let all = || series.iter().flat_map(|one| one.2.iter().copied());
            let y = match i {
                1 => Axis::around(label, all()),
                3 => Axis::between(label, -0.03, 1.03),
                _ => Axis::from_zero(label, all()),
            };
            self.panel(&mut canvas, body.cell((2, 2), (i / 2, i % 2), MARGIN), title, &y, &series);
        }
        canvas
    }
}

impl KSweepPlot<'_> {
    fn panel(&self, canvas: &mut Canvas, area: Rect, title: &str, y: &Axis, series: &[Series]) {
        let k: Vec<f64> = self.scores.iter().map(|scores| scores.k as f64).collect();
        let named = series.iter().filter(|one| !one.0.is_empty());
        let legend = Legend::new(named.map(|one| LegendEntry::area(one.0, one.1)).collect(), 400);
        let plot = area.without(0, 0, legend.width(), 0);
        let frame = Frame::draw(canvas, plot, title, &Axis::whole("k", k.iter().copied()), y);
        let chosen = self.chosen.and_then(|chosen| self.scores.iter().position(|scores| scores.k == chosen));
        if let Some(chosen) = chosen {
            let x = frame.x(k[chosen]);
            canvas.dashes((x, frame.inner.y), (x, frame.inner.bottom()), FAINT_INK, 3);
        }
        for (_, colour, values) in series {
            let points: Vec<_> = k.iter().copied().zip(values.iter().copied()).collect();
            frame.curve(canvas, &points, *colour, STROKE);
            for (i, (x, y)) in points.iter().enumerate().filter(|(_, point)| point.1.is_finite()) {
                let radius = if Some(i) == chosen { 10 } else { 6 };
                canvas.mark((frame.x(*x), frame.y(*y)), radius, Mark::Disc, *colour, 1.0);
            }
        }
        if let (Some(chosen), [(_, _, values)]) = (chosen, series) {
            let value = values[chosen];
            let (x, y) = (frame.x(k[chosen]), frame.y(value));
            let left = x > frame.inner.centre().0;
            let style = TextStyle { along: if left { Align::End } else { Align::Start }, ..TextStyle::size(SMALL) };
            let text = format!("k = {}: {}", k[chosen], number(value, if value.abs() < 10.0 { 3 } else { 0 }));
            canvas.text(&text, (if left { x - 18 } else { x + 18 }, y - 24), style.bold());
        }
        if k.is_empty() {
            nothing(canvas, frame.inner);
        }
        legend.draw(canvas, Rect::new(plot.right(), plot.y + 54, legend.width(), 400));
    }
}

/// Adds the mean of the series, where all of them are known.
fn with_mean(mut series: Vec<Series>) -> Vec<Series> {
    let n = series.first().map_or(0, |one| one.2.len());
    let mean = (0..n).map(|i| series.iter().map(|one| one.2[i]).sum::<f64>() / series.len() as f64).collect();
    series.push(("mean", INK, mean));
    series
}

/// Scaled so that the smallest is 0 and the largest 1; all equal gives 0.5, NaN stays NaN.
fn normalised(values: &[f64]) -> Vec<f64> {
    let finite = || values.iter().copied().filter(|value| value.is_finite());
    let (low, high) = (finite().fold(f64::INFINITY, f64::min), finite().fold(f64::NEG_INFINITY, f64::max));
    let scale = |value: f64| if high > low { (value - low) / (high - low) } else { 0.5 };
    values.iter().map(|&value| if value.is_finite() { scale(value) } else { f64::NAN }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scaling_keeps_gaps_and_flat_lines() {
        assert_eq!(normalised(&[2.0, 4.0, 3.0]), [0.0, 1.0, 0.5]);
        assert_eq!(normalised(&[2.0, 2.0]), [0.5, 0.5]);
        assert!(normalised(&[f64::NAN, 1.0, 2.0])[0].is_nan());
    }
}
