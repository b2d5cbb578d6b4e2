//! A grid of shaded, annotated cells: the common part of confusion matrices, parameter grids and cross tables.

use ndarray::Array2;

use super::axes::{Axis, Frame};
use super::canvas::{Canvas, Rect};
use super::style::{Colour, MISSING, SMALL, VERMILION, WHITE, ink_on};
use super::text::TextStyle;

/// A heatmap to be drawn into a part of a page.
#[derive(Debug, Clone)]
pub(super) struct Heatmap<'a> {
    pub title: &'a str,
    pub row_title: &'a str,
    pub column_title: &'a str,
    pub rows: &'a [String],
    pub columns: &'a [String],
    /// Values for `palette`; NaN is a grey cell. Shape `[rows.len(), columns.len()]`.
    pub shades: Array2<f64>,
    /// Such as [`super::style::shade`].
    pub palette: fn(f64) -> Colour,
    /// Texts of the cells, of the same shape; lines are split at `\n`, and what does not fit is left out.
    pub texts: Array2<String>,
    /// A cell to frame.
    pub marked: Option<(usize, usize)>,
}

impl Heatmap<'_> {
    /// Room that `count` cells want along one side when one would like `wish` pixels: less each when they are many,
    /// but enough for a number of two digits as long as the picture stays below 8,000 pixels.
    pub fn room(count: usize, wish: i32) -> i32 {
        let count = count.clamp(1, 8_000) as i32;
        let cell = (2600 / count).clamp(wish.min(40), wish).min(8_000 / count);
        (cell * count).max(240)
    }

    /// Room that the longest of `names` and the title of the axis want beside the cells.
    pub fn beside(names: &[String]) -> i32 {
        let longest = names.iter().map(|name| TextStyle::size(SMALL).width(name)).max().unwrap_or(0);
        longest.min(Frame::LONGEST_NAME) + 110
    }

    pub fn draw(&self, canvas: &mut Canvas, area: Rect) {
        let x = Axis::names(self.column_title, self.columns);
        let y = Axis::names(self.row_title, self.rows);
        let frame = Frame::draw(canvas, area, self.title, &x, &y);
        let cell = |row: usize, column: usize| {
            let (row, column) = (row as f64, column as f64);
            frame.rect((column, column + 1.0), (row, row + 1.0))
        };
        for ((row, column), &value) in self.shades.indexed_iter() {
            let ground = if value.is_nan() { MISSING } else { (self.palette)(value) };
            let place = cell(row, column);
            canvas.rect(place, ground, 1.0);
            if place.w > 16 && place.h > 16 {
                canvas.outline(place, WHITE, 1);
            }
            let text = self.texts.get((row, column)).map_or("", String::as_str);
            write_cell(canvas, place, text, TextStyle::size(SMALL).ink(ink_on(ground)).centred());
        }
        if let Some((row, column)) = self.marked.filter(|&place| self.shades.get(place).is_some()) {
            canvas.outline(cell(row, column), VERMILION, 6);
        }
    }
}

fn write_cell(canvas: &mut Canvas, place: Rect, text: &str, style: TextStyle) {
    let line = 26;
    let lines: Vec<&str> = text.lines().collect();
    let fits = |text: &&str| style.width(text) <= place.w - 4;
    if !lines.iter().all(fits) || place.h < line {
        return;
    }
    let shown = if line * lines.len() as i32 <= place.h { lines.len() } else { 1 };
    let (x, middle) = place.centre();
    let top = middle - line * (shown as i32 - 1) / 2;
    for (i, text) in lines[..shown.min(lines.len())].iter().enumerate() {
        canvas.text(text, (x, top + i as i32 * line), style);
    }
}
