//! The light of each frame over its number, as it was decided on: one panel per series, frames coloured by cluster or class,
//! with the line between spoiled and usable.

use super::Figure;
use super::axes::{Axis, Frame};
use super::canvas::{Canvas, Rect};
use super::grouping::Grouping;
use super::legend::{Legend, LegendEntry};
use super::page::page;
use super::style::{FAINT_INK, INK, MARGIN, Mark, NOISE, group_colour, group_mark};

/// Panels side by side.
const COLUMNS: usize = 2;
/// More series than this are named in the title and not drawn.
const MOST_PANELS: usize = 40;
const WIDTH: i32 = 900;
const HEIGHT: i32 = 380;

/// The brightness of many series.
#[derive(Debug, Clone)]
pub struct FluxPlot<'a> {
    /// Title of the picture.
    pub title: &'a str,
    /// A panel each, all with groups of the same names.
    pub series: &'a [FluxSeries],
}

/// The brightness of the frames of one series, in the order they were taken.
#[derive(Debug, Clone)]
pub struct FluxSeries {
    /// Title of the panel.
    pub name: String,
    /// Counts per pixel.
    pub mean: Vec<f32>,
    /// Share of the beam's light, of each frame by itself.
    pub share: Vec<f32>,
    /// What was decided on: the same, or medians of some frames where single ones scatter too much.
    pub decided: Vec<f32>,
    /// A frame with less light is spoiled.
    pub line: f32,
    /// One entry per frame.
    pub groups: Grouping,
}

impl Figure for FluxPlot<'_> {
    fn draw(&self) -> Canvas {
        let shown = &self.series[..self.series.len().min(MOST_PANELS)];
        let title = match self.series.len() - shown.len() {
            0 => self.title.to_owned(),
            more => format!("{} ({more} more series not shown)", self.title),
        };
        let legend = legend(self.series);
        let n_rows = shown.len().div_ceil(COLUMNS).max(1) as i32;
        let width = COLUMNS as i32 * WIDTH + 20 + legend.width() + MARGIN;
        let (mut canvas, body) = page(width, n_rows * HEIGHT, &title, "");
        for (at, series) in shown.iter().enumerate() {
            let (row, column) = ((at / COLUMNS) as i32, (at % COLUMNS) as i32);
            let area = Rect::new(body.x + column * WIDTH, body.y + row * HEIGHT, WIDTH - 20, HEIGHT - 20);
            series.draw(&mut canvas, area);
        }
        legend.draw(&mut canvas, Rect::new(body.x + COLUMNS as i32 * WIDTH, body.y + 54, legend.width(), HEIGHT));
        canvas
    }
}

fn legend(series: &[FluxSeries]) -> Legend {
    let names = series.iter().map(|series| series.groups.names()).max_by_key(|names| names.len()).unwrap_or_default();
    let named =
        |(i, name): (usize, &String)| LegendEntry { name: name.clone(), colour: group_colour(i), mark: group_mark(i) };
    let rest = series.iter().find(|series| series.groups.has_rest());
    let rest =
        rest.map(|series| LegendEntry { name: series.groups.rest().to_owned(), colour: NOISE, mark: Mark::Disc });
    Legend::new(names.iter().enumerate().map(named).chain(rest).collect(), HEIGHT)
}

impl FluxSeries {
    fn draw(&self, canvas: &mut Canvas, area: Rect) {
        let seen: Vec<(f64, f64, Option<usize>)> = (self.share.iter().zip(self.groups.of()).enumerate())
            .filter(|(_, (share, _))| share.is_finite())
            .map(|(frame, (share, group))| (frame as f64, f64::from(*share), *group))
            .collect();
        let line = f64::from(self.line);
        let x = Axis::around("frame", seen.iter().map(|point| point.0));
        let y = Axis::from_zero("share of light", seen.iter().map(|point| point.1).chain([line, 1.0]));
        let mut counts: Vec<f64> = self.mean.iter().map(|mean| f64::from(*mean)).collect();
        let typical = crate::metrics::upper_median(&mut counts).unwrap_or(0.0);
        let title = format!("{} (median {typical:.3} counts per pixel)", self.name);
        let frame = Frame::draw(canvas, area, &title, &x, &y);
        let decided: Vec<(f64, f64)> =
            self.decided.iter().enumerate().map(|(at, share)| (at as f64, f64::from(*share))).collect();
        frame.curve(canvas, &decided, FAINT_INK, 1);
        if let (Some(first), Some(last)) = (seen.first(), seen.last()) {
            canvas.dashes((frame.x(first.0), frame.y(line)), (frame.x(last.0), frame.y(line)), INK, 2);
        }
        let radius = if seen.len() > 500 { 3 } else { 5 };
        for (x, y, group) in seen {
            let (mark, colour) = group.map_or((Mark::Disc, NOISE), |group| (group_mark(group), group_colour(group)));
            canvas.mark((frame.x(x), frame.y(y)), radius, mark, colour, 0.8);
        }
    }
}
