//! Mean flux over frame number: one panel per series, its frames coloured by cluster or class.

use super::Figure;
use super::axes::{Axis, Frame};
use super::canvas::{Canvas, Rect};
use super::grouping::Grouping;
use super::legend::{Legend, LegendEntry};
use super::page::page;
use super::style::{MARGIN, Mark, NOISE, group_colour, group_mark};

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
    pub flux: Vec<f32>,
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
        let seen: Vec<(f64, f64, Option<usize>)> = (self.flux.iter().zip(self.groups.of()).enumerate())
            .filter(|(_, (flux, _))| flux.is_finite())
            .map(|(frame, (flux, group))| (frame as f64, f64::from(*flux), *group))
            .collect();
        let x = Axis::around("frame", seen.iter().map(|point| point.0));
        let y = Axis::around("counts per pixel", seen.iter().map(|point| point.1));
        let frame = Frame::draw(canvas, area, &self.name, &x, &y);
        let radius = if seen.len() > 500 { 3 } else { 5 };
        for (x, y, group) in seen {
            let (mark, colour) = group.map_or((Mark::Disc, NOISE), |group| (group_mark(group), group_colour(group)));
            canvas.mark((frame.x(x), frame.y(y)), radius, mark, colour, 0.8);
        }
    }
}
