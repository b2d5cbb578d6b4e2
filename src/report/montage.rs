//! Example images in a grid, in titled sections: typical, atypical, random members of a cluster.

use super::Figure;
use super::canvas::{Canvas, Rect};
use super::page::page;
use super::style::{FAINT_INK, GRID, HEADING, SMALL};
use super::text::TextStyle;
use super::thumbnails::thumbnail;
use crate::images::Image;

const EDGE: i32 = 260;
const GAP: i32 = 20;
const CAPTION: i32 = 40;
const SECTION: i32 = 56;
const MOST_COLUMNS: usize = 8;

/// A page of example images.
#[derive(Debug, Clone)]
pub struct Montage<'a> {
    /// Such as `k-means cluster 3: 214 images`.
    pub title: &'a str,
    /// From the top down.
    pub sections: Vec<MontageSection<'a>>,
}

/// A titled row of images, on as many lines as it needs.
#[derive(Debug, Clone)]
pub struct MontageSection<'a> {
    /// Such as `typical`.
    pub title: &'a str,
    /// Each with the text below it; long captions are cut. Aspect ratios stay.
    pub images: Vec<(&'a Image, String)>,
}

impl Figure for Montage<'_> {
    fn draw(&self) -> Canvas {
        let columns =
            self.sections.iter().map(|section| section.images.len()).max().unwrap_or(0).clamp(3, MOST_COLUMNS);
        let lines = |section: &MontageSection<'_>| section.images.len().div_ceil(columns).max(1) as i32;
        let line = EDGE + CAPTION + GAP / 2;
        let height: i32 = self.sections.iter().map(|section| SECTION + lines(section) * line).sum();
        let width = columns as i32 * (EDGE + GAP) - GAP;
        let (mut canvas, body) = page(width, height.max(line), self.title, "");
        let mut top = body.y;
        for section in &self.sections {
            canvas.text(section.title, (body.x, top + SECTION / 2), TextStyle::size(HEADING).bold());
            for (place, (image, caption)) in section.images.iter().enumerate() {
                let x = body.x + (place % columns) as i32 * (EDGE + GAP);
                let y = top + SECTION + (place / columns) as i32 * line;
                draw_cell(&mut canvas, Rect::new(x, y, EDGE, EDGE), image, caption);
            }
            if section.images.is_empty() {
                let style = TextStyle::size(SMALL).ink(FAINT_INK);
                canvas.text("no images", (body.x, top + SECTION + line / 2), style);
            }
            top += SECTION + lines(section) * line;
        }
        canvas
    }
}

fn draw_cell(canvas: &mut Canvas, area: Rect, image: &Image, caption: &str) {
    let small = thumbnail(image, EDGE as u32);
    let (dx, dy) = ((EDGE - small.width() as i32) / 2, (EDGE - small.height() as i32) / 2);
    canvas.rect(area, GRID, 0.6);
    canvas.blit(&small, (area.x + dx, area.y + dy));
    let style = TextStyle::size(SMALL).ink(FAINT_INK).centred();
    canvas.text(&style.fit_ends(caption, EDGE), (area.centre().0, area.bottom() + CAPTION / 2), style);
}
