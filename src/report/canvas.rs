//! The sheet that every picture is drawn on: an RGB buffer, shapes by plotters, text by [`super::text`].

use std::io;
use std::path::{Path, PathBuf};

use image::ImageEncoder;
use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use plotters::backend::{BitMapBackend, DrawingBackend};
use plotters::style::{RGBAColor, ShapeStyle};

use super::style::{Colour, Mark, mix};
use super::text::TextStyle;
use crate::atomic_file;
use crate::files::own_output::{PNG_HEADER, PNG_SOFTWARE};

/// Why a picture could not be made.
#[derive(Debug, thiserror::Error)]
pub enum PlotError {
    /// The rasteriser gave up.
    #[error("cannot draw the plot: {0}")]
    Draw(String),
    /// The picture could not be encoded.
    #[error("cannot encode the plot")]
    Encode(#[from] image::ImageError),
    /// The file could not be written; nothing half-written is left behind.
    #[error("cannot write `{}`", path.display())]
    Write {
        /// The file that was asked for.
        path: PathBuf,
        /// The operating system's error.
        source: io::Error,
    },
}

/// A rectangle in pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rect {
    /// Left edge.
    pub x: i32,
    /// Top edge.
    pub y: i32,
    /// Width, at least 0.
    pub w: i32,
    /// Height, at least 0.
    pub h: i32,
}

impl Rect {
    /// From the top-left corner and the size.
    #[must_use]
    pub fn new(x: i32, y: i32, w: i32, h: i32) -> Self {
        Self { x, y, w: w.max(0), h: h.max(0) }
    }

    /// The column right of the last pixel.
    #[must_use]
    pub fn right(self) -> i32 {
        self.x + self.w
    }

    /// The row below the last pixel.
    #[must_use]
    pub fn bottom(self) -> i32 {
        self.y + self.h
    }

    /// The middle.
    #[must_use]
    pub fn centre(self) -> (i32, i32) {
        (self.x + self.w / 2, self.y + self.h / 2)
    }

    /// Without this many pixels at the left, top, right and bottom.
    #[must_use]
    pub fn without(self, left: i32, top: i32, right: i32, bottom: i32) -> Self {
        Self::new(self.x + left, self.y + top, self.w - left - right, self.h - top - bottom)
    }

    /// Cell (`row`, `column`) of a grid of `rows` × `columns` with `gap` pixels between cells.
    #[must_use]
    pub fn cell(self, (rows, columns): (i32, i32), (row, column): (i32, i32), gap: i32) -> Self {
        let w = (self.w - gap * (columns - 1)) / columns.max(1);
        let h = (self.h - gap * (rows - 1)) / rows.max(1);
        Self::new(self.x + column * (w + gap), self.y + row * (h + gap), w, h)
    }
}

/// A picture being drawn. Drawing never fails: what lies outside is cut off, and a rasteriser's
/// error is kept until [`Canvas::png`].
#[derive(Debug)]
pub struct Canvas {
    width: u32,
    height: u32,
    rgb: Vec<u8>,
    failed: Option<String>,
}

impl Canvas {
    /// The largest width and height; a larger wish is cut to it.
    pub const MAX_SIDE: i32 = 16_000;

    /// A white sheet of this many pixels.
    #[must_use]
    pub fn new(width: i32, height: i32) -> Self {
        let [width, height] = [width, height].map(|side| side.clamp(1, Self::MAX_SIDE) as u32);
        Self { width, height, rgb: vec![255; width as usize * height as usize * 3], failed: None }
    }

    /// Width and height in pixels.
    #[must_use]
    pub fn size(&self) -> (u32, u32) {
        (self.width, self.height)
    }

    /// The pixels, `[height, width, 3]` row by row.
    #[must_use]
    pub fn rgb(&self) -> &[u8] {
        &self.rgb
    }

    /// The whole sheet.
    #[must_use]
    pub fn area(&self) -> Rect {
        Rect::new(0, 0, self.width as i32, self.height as i32)
    }

    /// A filled rectangle; `opacity` in `0.0..=1.0`.
    pub fn rect(&mut self, area: Rect, colour: Colour, opacity: f64) {
        let columns = area.x.max(0)..area.right().min(self.width as i32);
        for y in area.y.max(0)..area.bottom().min(self.height as i32) {
            for x in columns.clone() {
                self.tint((x, y), colour, opacity);
            }
        }
    }

    /// The edge of a rectangle, drawn inwards.
    pub fn outline(&mut self, area: Rect, colour: Colour, stroke: i32) {
        let Rect { x, y, w, h } = area;
        for side in [
            Rect::new(x, y, w, stroke),
            Rect::new(x, area.bottom() - stroke, w, stroke),
            Rect::new(x, y, stroke, h),
            Rect::new(area.right() - stroke, y, stroke, h),
        ] {
            self.rect(side, colour, 1.0);
        }
    }

    /// A line through all points, `stroke` pixels wide.
    pub fn line(&mut self, points: &[(i32, i32)], colour: Colour, stroke: u32) {
        let mut points: Vec<_> = points.iter().map(|&point| self.inside(point)).collect();
        points.dedup();
        if points.len() > 1 {
            let style = ShapeStyle { stroke_width: stroke, ..fill(colour, 1.0) };
            self.draw(|sheet| points.windows(2).try_for_each(|pair| sheet.draw_line(pair[0], pair[1], &style)));
            if stroke > 2 {
                for &joint in &points[1..points.len() - 1] {
                    self.disc(joint, stroke / 2, colour, 1.0);
                }
            }
        }
    }

    /// A horizontal or vertical line of dashes.
    pub fn dashes(&mut self, from: (i32, i32), to: (i32, i32), colour: Colour, stroke: i32) {
        let (dash, gap) = (14, 10);
        if from.1 == to.1 {
            for x in (from.0..to.0).step_by(dash + gap) {
                let w = (dash as i32).min(to.0 - x);
                self.rect(Rect::new(x, from.1 - stroke / 2, w, stroke), colour, 1.0);
            }
        } else {
            for y in (from.1..to.1).step_by(dash + gap) {
                let h = (dash as i32).min(to.1 - y);
                self.rect(Rect::new(from.0 - stroke / 2, y, stroke, h), colour, 1.0);
            }
        }
    }

    /// A filled polygon; `opacity` in `0.0..=1.0`.
    pub fn polygon(&mut self, corners: &[(i32, i32)], colour: Colour, opacity: f64) {
        let corners: Vec<_> = corners.iter().map(|&corner| self.inside(corner)).collect();
        if corners.len() > 2 {
            self.draw(|sheet| sheet.fill_polygon(corners, &fill(colour, opacity)));
        }
    }

    /// A point of a scatter plot with `radius` pixels.
    pub fn mark(&mut self, at: (i32, i32), radius: i32, mark: Mark, colour: Colour, opacity: f64) {
        let ((x, y), r) = (at, radius);
        match mark {
            Mark::Disc => self.disc(at, radius.max(1) as u32, colour, opacity),
            Mark::Square => self.rect(Rect::new(x - r + 1, y - r + 1, 2 * r - 1, 2 * r - 1), colour, opacity),
            Mark::Triangle => {
                self.polygon(&[(x - r - 1, y + r), (x, y - r - 1), (x + r + 1, y + r)], colour, opacity);
            }
            Mark::Diamond => {
                let r = r + 2;
                self.polygon(&[(x - r, y), (x, y - r), (x + r, y), (x, y + r)], colour, opacity);
            }
        }
    }

    /// Text at a place; which part of it lies there is the style's `along` and `across`.
    pub fn text(&mut self, text: &str, at: (i32, i32), style: TextStyle) {
        style.rasterise(text, at, |x, y, coverage| self.tint((x, y), style.colour, f64::from(coverage)));
    }

    /// Copies an RGB picture of `w` × `h` pixels to (`x`, `y`).
    pub fn blit(&mut self, rgb: &image::RgbImage, (x, y): (i32, i32)) {
        for (column, row, pixel) in rgb.enumerate_pixels() {
            self.tint((x + column as i32, y + row as i32), pixel.0, 1.0);
        }
    }

    /// The picture as the bytes of a PNG file.
    ///
    /// # Errors
    /// When a shape could not be drawn or the picture not encoded.
    pub fn png(&self) -> Result<Vec<u8>, PlotError> {
        if let Some(reason) = &self.failed {
            return Err(PlotError::Draw(reason.clone()));
        }
        let mut bytes = Vec::new();
        let encoder = PngEncoder::new_with_quality(&mut bytes, CompressionType::Default, FilterType::Adaptive);
        encoder.write_image(&self.rgb, self.width, self.height, image::ExtendedColorType::Rgb8)?;
        // Plots say whose they are, so that no later run takes them for images.
        bytes.splice(PNG_HEADER..PNG_HEADER, PNG_SOFTWARE.iter().copied());
        Ok(bytes)
    }

    /// Writes the picture as PNG; the file appears whole or not at all.
    ///
    /// # Errors
    /// As [`Canvas::png`], and when the file cannot be written.
    pub fn save(&self, path: &Path) -> Result<(), PlotError> {
        let png = self.png()?;
        atomic_file::write(path, &png).map_err(|source| PlotError::Write { path: path.to_owned(), source })
    }

    /// Blends one pixel; nothing happens outside the sheet.
    fn tint(&mut self, (x, y): (i32, i32), colour: Colour, opacity: f64) {
        if (0..self.width as i32).contains(&x) && (0..self.height as i32).contains(&y) {
            let at = (y as usize * self.width as usize + x as usize) * 3;
            let under = [self.rgb[at], self.rgb[at + 1], self.rgb[at + 2]];
            self.rgb[at..at + 3].copy_from_slice(&mix(under, colour, opacity.clamp(0.0, 1.0)));
        }
    }

    fn disc(&mut self, at: (i32, i32), radius: u32, colour: Colour, opacity: f64) {
        let at = self.inside(at);
        self.draw(|sheet| sheet.draw_circle(at, radius, &fill(colour, opacity), true));
    }

    /// Far outside, the rasteriser would walk forever; just outside is as invisible.
    fn inside(&self, (x, y): (i32, i32)) -> (i32, i32) {
        (x.clamp(-64, self.width as i32 + 64), y.clamp(-64, self.height as i32 + 64))
    }

    fn draw<E: std::fmt::Display>(&mut self, shape: impl FnOnce(&mut BitMapBackend<'_>) -> Result<(), E>) {
        let mut sheet = BitMapBackend::with_buffer(&mut self.rgb, (self.width, self.height));
        if let Err(error) = shape(&mut sheet) {
            self.failed.get_or_insert_with(|| error.to_string());
        }
    }
}

fn fill([r, g, b]: Colour, opacity: f64) -> ShapeStyle {
    ShapeStyle { color: RGBAColor(r, g, b, opacity), filled: true, stroke_width: 1 }
}
