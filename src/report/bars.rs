//! Bars: metrics of several runs, and how images spread over the values of a field.

use ndarray::ArrayView2;

use super::Figure;
use super::axes::{Axis, Frame, number};
use super::canvas::{Canvas, Rect};
use super::grouping::Grouping;
use super::legend::{Legend, LegendEntry};
use super::page::{nothing, page};
use super::style::{BLUE, FAINT_INK, INK, MARGIN, NOISE, SMALL, group_colour};
use super::text::{Align, TextStyle};

/// Several runs compared by several metrics: a panel with its own axis per metric, a bar per run.
/// A value that is not finite has no bar and reads `–`.
#[derive(Debug, Clone)]
pub struct GroupedBars<'a> {
    /// Title of the picture.
    pub title: &'a str,
    /// Names of the metrics.
    pub metrics: &'a [String],
    /// Names of the runs.
    pub runs: &'a [String],
    /// Shape `[metrics.len(), runs.len()]`.
    pub values: ArrayView2<'a, f64>,
}

impl Figure for GroupedBars<'_> {
    fn draw(&self) -> Canvas {
        let entries = self.runs.iter().enumerate().map(|(i, name)| LegendEntry::area(name, group_colour(i))).collect();
        let columns = if self.metrics.len() == 4 { 2 } else { self.metrics.len().clamp(1, 3) };
        let rows = self.metrics.len().div_ceil(columns).max(1);
        let panel = (self.runs.len() as i32 * 64 + 140).clamp(420, 1400);
        let height = rows as i32 * 460;
        let legend = Legend::new(entries, height - 60);
        let width = columns as i32 * (panel + MARGIN);
        let (mut canvas, body) = page(width + legend.width(), height, self.title, "");
        let panels = Rect::new(body.x, body.y, width - MARGIN, body.h);
        for (metric, name) in self.metrics.iter().enumerate() {
            let place = ((metric / columns) as i32, (metric % columns) as i32);
            self.panel(&mut canvas, panels.cell((rows as i32, columns as i32), place, MARGIN), metric, name);
        }
        legend.draw(&mut canvas, Rect::new(body.x + width, body.y + 40, legend.width(), height));
        canvas
    }
}

impl GroupedBars<'_> {
    fn panel(&self, canvas: &mut Canvas, area: Rect, metric: usize, name: &str) {
        let values: Vec<f64> =
            (0..self.runs.len()).map(|run| self.values.get((metric, run)).copied().unwrap_or(f64::NAN)).collect();
        let y = Axis::from_zero("", values.iter().map(|value| value * 1.08)); // room for the numbers
        let blank = vec![String::new(); values.len()];
        let frame = Frame::draw(canvas, area, name, &Axis::names("", &blank), &y);
        let most = values.iter().filter(|value| value.is_finite()).fold(0.0, |most, value| value.abs().max(most));
        let decimals = if most < 10.0 { 3 } else { usize::from(most < 1000.0) };
        let slot = frame.inner.w / values.len().max(1) as i32;
        for (run, &value) in values.iter().enumerate() {
            let at = run as f64;
            let bar = frame.rect((at + 0.14, at + 0.86), (0.0, if value.is_finite() { value } else { 0.0 }));
            canvas.rect(bar, group_colour(run), 1.0);
            let text = number(value, decimals);
            let style = TextStyle { across: Align::End, ..TextStyle::size(SMALL).centred() };
            if style.width(&text) <= slot - 4 {
                canvas.text(&text, (bar.centre().0, bar.y - 4), style);
            }
        }
    }
}

/// Images per value of a field, the largest first.
#[derive(Debug, Clone)]
pub struct FieldDistribution<'a> {
    /// The name field, such as `sensor`.
    pub field: &'a str,
    /// One entry per image.
    pub values: &'a Grouping,
}

/// More values than this are summed in a last bar.
const MOST_BARS: usize = 50;

impl Figure for FieldDistribution<'_> {
    fn draw(&self) -> Canvas {
        let total: u64 = self.values.sizes().iter().sum();
        let mut bars: Vec<(String, u64)> = self.values.names().iter().cloned().zip(self.values.sizes()).collect();
        bars.sort_by_key(|bar| std::cmp::Reverse(bar.1)); // stable: equal counts stay sorted by name
        if bars.len() > MOST_BARS {
            let others = bars.split_off(MOST_BARS - 1);
            bars.push((format!("{} others", others.len()), others.iter().map(|bar| bar.1).sum()));
        }
        let named = bars.len();
        if self.values.has_rest() {
            bars.push((self.values.rest().to_owned(), *self.values.sizes().last().unwrap_or(&0)));
        }
        let remark = format!("{} images, {} values", number(total as f64, 0), number(self.values.len() as f64, 0));
        let height = bars.len().max(3) as i32 * 48 + 110;
        let (mut canvas, body) = page(1500, height, &format!("Images per {}", self.field), &remark);
        let names: Vec<&str> = bars.iter().map(|bar| bar.0.as_str()).collect();
        let x = Axis::from_zero("images", bars.iter().map(|bar| bar.1 as f64 * 1.18)); // room for the numbers
        let frame = Frame::draw(&mut canvas, body, "", &x, &Axis::names("", &names));
        for (i, (_, count)) in bars.iter().enumerate() {
            let row = i as f64;
            let bar = frame.rect((0.0, *count as f64), (row + 0.14, row + 0.86));
            canvas.rect(bar, if i < named { BLUE } else { NOISE }, 1.0);
            let share = *count as f64 / total as f64 * 100.0;
            let style = TextStyle::size(SMALL).ink(INK);
            let text = number(*count as f64, 0);
            canvas.text(&text, (bar.right() + 10, bar.centre().1), style);
            let percent = format!("{} %", number(share, 1));
            let after = bar.right() + 24 + style.width(&text);
            canvas.text(&percent, (after, bar.centre().1), style.ink(FAINT_INK));
        }
        if bars.is_empty() {
            nothing(&mut canvas, frame.inner);
        }
        canvas
    }
}
