//! Points in the plane, coloured by group: PCA, t-SNE; several panels side by side.

use ndarray::ArrayView2;

use super::Figure;
use super::axes::{Axis, Frame, number};
use super::canvas::{Canvas, Rect};
use super::grouping::Grouping;
use super::legend::{Legend, LegendEntry};
use super::page::page;
use super::style::{MARGIN, Mark, NOISE, TEXT, WHITE, group_colour, group_mark};
use super::text::TextStyle;
use crate::metrics::upper_median;

const SIDE: i32 = 1080;

/// One or more scatter plots side by side.
#[derive(Debug, Clone)]
pub struct Scatter<'a> {
    /// Title of the picture.
    pub title: &'a str,
    /// From left to right.
    pub panels: Vec<Panel<'a>>,
}

/// One scatter plot. Noise is grey and lies below; points that are not finite are left out and counted in the title.
#[derive(Debug, Clone)]
pub struct Panel<'a> {
    /// Title of the panel, may be empty.
    pub title: &'a str,
    /// Such as `PC1 (18.6 %)`.
    pub x_label: &'a str,
    /// Such as `PC2 (9.3 %)`.
    pub y_label: &'a str,
    /// Shape `[n_images, 2]`.
    pub points: ArrayView2<'a, f32>,
    /// One entry per image.
    pub groups: &'a Grouping,
}

impl Figure for Scatter<'_> {
    fn draw(&self) -> Canvas {
        let legends: Vec<_> = self.panels.iter().map(Panel::legend).collect();
        let widths: Vec<_> = legends.iter().map(|legend| SIDE + 20 + legend.width() + MARGIN).collect();
        let (mut canvas, body) = page(widths.iter().sum::<i32>().max(SIDE), SIDE, self.title, "");
        let mut left = body.x;
        for ((panel, legend), width) in self.panels.iter().zip(&legends).zip(widths) {
            let area = Rect::new(left, body.y, SIDE, body.h);
            panel.draw(&mut canvas, area);
            legend.draw(&mut canvas, Rect::new(area.right() + 20, area.y + 54, legend.width(), body.h));
            left += width;
        }
        canvas
    }
}

impl Panel<'_> {
    fn legend(&self) -> Legend {
        let named = |(i, name): (usize, &String)| LegendEntry {
            name: name.clone(),
            colour: group_colour(i),
            mark: group_mark(i),
        };
        let rest = LegendEntry { name: self.groups.rest().to_owned(), colour: NOISE, mark: Mark::Disc };
        let entries = self.groups.names().iter().enumerate().map(named);
        Legend::new(entries.chain(self.groups.has_rest().then_some(rest)).collect(), SIDE - 100)
    }

    fn draw(&self, canvas: &mut Canvas, area: Rect) {
        let seen: Vec<_> = (self.points.rows().into_iter().zip(self.groups.of()))
            .filter(|(point, _)| point.len() == 2 && point.iter().all(|v| v.is_finite()))
            .map(|(point, group)| (f64::from(point[0]), f64::from(point[1]), *group))
            .collect();
        let lost = self.points.nrows() - seen.len();
        let title = match lost {
            0 => self.title.to_owned(),
            _ => format!("{} ({} without a place left out)", self.title, number(lost as f64, 0)),
        };
        let x = Axis::around(self.x_label, seen.iter().map(|point| point.0));
        let y = Axis::around(self.y_label, seen.iter().map(|point| point.1));
        let frame = Frame::draw(canvas, area, title.trim_start(), &x, &y);
        let (radius, opacity) = match seen.len() {
            0..=500 => (7, 0.85),
            501..=3_000 => (5, 0.75),
            3_001..=20_000 => (4, 0.6),
            _ => (3, 0.4),
        };
        for (x, y, _) in seen.iter().filter(|point| point.2.is_none()) {
            canvas.mark((frame.x(*x), frame.y(*y)), radius - 1, Mark::Disc, NOISE, opacity * 0.8);
        }
        for (x, y, group) in &seen {
            if let Some(group) = *group {
                canvas.mark((frame.x(*x), frame.y(*y)), radius, group_mark(group), group_colour(group), opacity);
            }
        }
        self.name_groups(canvas, &frame, &seen);
    }

    /// Short names also stand at the middle of their group: colours alone do not tell many groups apart.
    fn name_groups(&self, canvas: &mut Canvas, frame: &Frame, seen: &[(f64, f64, Option<usize>)]) {
        let style = TextStyle::size(TEXT).bold().centred();
        if self.groups.names().iter().any(|name| style.width(name) > 70) {
            return;
        }
        for (group, name) in self.groups.names().iter().enumerate() {
            let members = || seen.iter().filter(|point| point.2 == Some(group));
            if members().count() < 5 {
                continue; // the name would hide the points
            }
            let middle = |coordinate: fn(&(f64, f64, Option<usize>)) -> f64| {
                upper_median(&mut members().map(coordinate).collect::<Vec<f64>>())
            };
            let Some(x) = middle(|point| point.0) else { continue };
            let Some(y) = middle(|point| point.1) else { continue };
            let (x, y) = (frame.x(x), frame.y(y));
            for (dx, dy) in [(-2, -2), (0, -3), (2, -2), (-3, 0), (3, 0), (-2, 2), (0, 3), (2, 2)] {
                canvas.text(name, (x + dx, y + dy), style.ink(WHITE));
            }
            canvas.text(name, (x, y), style);
        }
    }
}
