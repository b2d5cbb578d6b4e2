//! Legends: a mark and a name per group, in as many columns as the height asks for.

use super::canvas::{Canvas, Rect};
use super::style::{Colour, FAINT_INK, Mark, TEXT};
use super::text::TextStyle;

const ROW: i32 = 36;
const SWATCH: i32 = 34;
const LONGEST_NAME: i32 = 440;
const MOST_COLUMNS: usize = 3;

/// One line of a legend.
#[derive(Debug, Clone)]
pub struct LegendEntry {
    /// The name; long ones are cut.
    pub name: String,
    /// The ink of its data.
    pub colour: Colour,
    /// The mark of its data.
    pub mark: Mark,
}

impl LegendEntry {
    /// A square of this colour, for areas and bars.
    #[must_use]
    pub fn area(name: impl Into<String>, colour: Colour) -> Self {
        Self { name: name.into(), colour, mark: Mark::Square }
    }
}

/// A legend laid out for a given height.
#[derive(Debug, Clone)]
pub struct Legend {
    entries: Vec<LegendEntry>,
    left_out: usize,
    rows: usize,
    column: i32,
}

impl Legend {
    /// Lays `entries` out in columns of at most `height` pixels; what does not fit is counted in a last line.
    #[must_use]
    pub fn new(mut entries: Vec<LegendEntry>, height: i32) -> Self {
        let rows = (height / ROW).max(2) as usize;
        let room = rows * MOST_COLUMNS;
        let left_out = if entries.len() > room { entries.len() - (room - 1) } else { 0 };
        entries.truncate(entries.len() - left_out);
        let style = TextStyle::size(TEXT);
        let longest = entries.iter().map(|entry| style.width(&entry.name)).max().unwrap_or(0).min(LONGEST_NAME);
        let longest = if left_out > 0 { longest.max(110) } else { longest };
        Self { entries, left_out, rows, column: SWATCH + longest + 24 }
    }

    /// Width in pixels, 0 without entries.
    #[must_use]
    pub fn width(&self) -> i32 {
        let lines = self.entries.len() + usize::from(self.left_out > 0);
        lines.div_ceil(self.rows) as i32 * self.column
    }

    /// Draws at the top left of `area`.
    pub fn draw(&self, canvas: &mut Canvas, area: Rect) {
        let style = TextStyle::size(TEXT);
        let place = |line: usize| {
            let (column, row) = (line / self.rows, line % self.rows);
            (area.x + column as i32 * self.column, area.y + row as i32 * ROW + ROW / 2)
        };
        for (line, entry) in self.entries.iter().enumerate() {
            let (x, y) = place(line);
            canvas.mark((x + 12, y), 9, entry.mark, entry.colour, 1.0);
            canvas.text(&style.fit(&entry.name, self.column - SWATCH - 20), (x + SWATCH, y), style);
        }
        if self.left_out > 0 {
            let text = format!("+ {} more", self.left_out);
            canvas.text(&text, place(self.entries.len()), style.ink(FAINT_INK));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_entries_take_columns_and_then_a_count() {
        let entries = |n: usize| (0..n).map(|_| LegendEntry::area("x", [0; 3])).collect::<Vec<_>>();
        assert_eq!(Legend::new(Vec::new(), 500).width(), 0);
        let one = Legend::new(entries(10), 500).width();
        assert_eq!(Legend::new(entries(20), 500).width(), 2 * one);
        let legend = Legend::new(entries(1000), 500);
        assert_eq!(legend.entries.len() + legend.left_out, 1000);
        assert_eq!(legend.entries.len(), 500 / ROW as usize * MOST_COLUMNS - 1);
    }
}
