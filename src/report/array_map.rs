//! Map of an array of tiles: a square per tile where it lies, coloured by its group.

use super::Figure;
use super::canvas::{Canvas, Rect};
use super::grouping::Grouping;
use super::legend::{Legend, LegendEntry};
use super::page::{nothing, page};
use super::style::{MARGIN, NOISE, colour_of, group_colour};

/// Tiles of one array by row and column.
#[derive(Debug, Clone)]
pub struct ArrayMap<'a> {
    /// Title of the picture.
    pub title: &'a str,
    /// Row and column of each tile, counted from 1; one entry per tile of `groups`.
    pub places: &'a [(u32, u32)],
    /// The group of each tile.
    pub groups: &'a Grouping,
}

/// Pixels of the longer side of the map.
const SIDE: i32 = 1000;

impl Figure for ArrayMap<'_> {
    fn draw(&self) -> Canvas {
        let most = |of: fn(&(u32, u32)) -> u32| self.places.iter().map(of).max().unwrap_or(1).min(SIDE as u32) as i32;
        let (rows, columns) = (most(|place| place.0), most(|place| place.1));
        let edge = (SIDE / rows.max(columns)).max(1);
        let named = self.groups.all_names().into_iter().zip(self.groups.sizes()).enumerate();
        let groups = self.groups.names().len();
        let colour = |i: usize| if i < groups { group_colour(i) } else { NOISE };
        let entries = named.map(|(i, (name, size))| LegendEntry::area(format!("{name}: {size}"), colour(i)));
        let legend = Legend::new(entries.collect(), SIDE);
        let width = (columns * edge).max(400) + MARGIN + legend.width();
        let (mut canvas, body) = page(width, (rows * edge).max(200), self.title, "");
        let gap = i32::from(edge > 6);
        for ((row, column), group) in self.places.iter().zip(self.groups.of()) {
            let (row, column) = ((*row).max(1) as i32 - 1, (*column).max(1) as i32 - 1);
            let cell = Rect::new(body.x + column * edge, body.y + row * edge, edge - gap, edge - gap);
            canvas.rect(cell, colour_of(*group), 1.0);
        }
        if self.places.is_empty() {
            nothing(&mut canvas, body);
        }
        legend.draw(&mut canvas, Rect::new(body.right() - legend.width(), body.y, legend.width(), body.h));
        canvas
    }
}
