//! Text in pictures, drawn from the embedded font.
//!
//! Glyphs are placed with their side bearings and at fractions of a pixel, which plotters' own text does not do.

use std::sync::LazyLock;

use ab_glyph::{Font, FontRef, GlyphId, PxScale, ScaleFont, point};

use super::style::{Colour, INK, TEXT};

static REGULAR: LazyLock<FontRef<'static>> =
    LazyLock::new(|| parse(include_bytes!("../../assets/fonts/DejaVuSans.ttf")));
static BOLD: LazyLock<FontRef<'static>> =
    LazyLock::new(|| parse(include_bytes!("../../assets/fonts/DejaVuSans-Bold.ttf")));

fn parse(bytes: &'static [u8]) -> FontRef<'static> {
    FontRef::try_from_slice(bytes).expect("the embedded font is whole")
}

/// Which part of the text lies at the given place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Align {
    /// Left end, or top.
    Start,
    /// Middle.
    Middle,
    /// Right end, or bottom.
    End,
}

/// How a piece of text is set.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TextStyle {
    /// Em size in pixels.
    pub size: f32,
    /// Bold or regular.
    pub bold: bool,
    /// Ink.
    pub colour: Colour,
    /// Along the reading direction.
    pub along: Align,
    /// Across the reading direction.
    pub across: Align,
    /// Reads from bottom to top instead of left to right.
    pub turned: bool,
}

impl Default for TextStyle {
    fn default() -> Self {
        Self { size: TEXT, bold: false, colour: INK, along: Align::Start, across: Align::Middle, turned: false }
    }
}

impl TextStyle {
    /// Regular text of this size, left-aligned, centred on its line.
    #[must_use]
    pub fn size(size: f32) -> Self {
        Self { size, ..Self::default() }
    }

    /// In bold.
    #[must_use]
    pub fn bold(self) -> Self {
        Self { bold: true, ..self }
    }

    /// In this ink.
    #[must_use]
    pub fn ink(self, colour: Colour) -> Self {
        Self { colour, ..self }
    }

    /// Centred along the reading direction.
    #[must_use]
    pub fn centred(self) -> Self {
        Self { along: Align::Middle, ..self }
    }

    /// Ends at the given place.
    #[must_use]
    pub fn ending(self) -> Self {
        Self { along: Align::End, ..self }
    }

    /// Reads from bottom to top.
    #[must_use]
    pub fn turned(self) -> Self {
        Self { turned: true, ..self }
    }

    /// The length of `text` in pixels.
    #[must_use]
    pub fn width(&self, text: &str) -> i32 {
        glyphs(text, *self).last().map_or(0, |end| end.1.ceil() as i32)
    }

    /// `text`, cut with an ellipsis where it is longer than `width` pixels.
    #[must_use]
    pub fn fit(&self, text: &str, width: i32) -> String {
        if self.width(text) <= width {
            return text.to_owned();
        }
        let room = (width - self.width("…")).max(0) as f32;
        let kept = glyphs(text, *self).take_while(|(_, end, _)| *end <= room).count();
        text.chars().take(kept).chain(['…']).collect()
    }

    /// `text`, cut in the middle where it is longer than `width` pixels: file names differ at their ends.
    #[must_use]
    pub fn fit_ends(&self, text: &str, width: i32) -> String {
        let letters: Vec<char> = text.chars().collect();
        let with = |kept: usize| -> String {
            let head = letters[..kept / 3].iter();
            head.chain(&['…']).chain(&letters[letters.len() - (kept - kept / 3)..]).collect()
        };
        if self.width(text) <= width {
            return text.to_owned();
        }
        (0..letters.len()).rev().map(with).find(|cut| self.width(cut) <= width).unwrap_or_else(|| "…".to_owned())
    }

    fn font(&self) -> &'static FontRef<'static> {
        if self.bold { &BOLD } else { &REGULAR }
    }

    fn scale(&self) -> PxScale {
        let font = self.font();
        PxScale::from(self.size * font.height_unscaled() / font.units_per_em().unwrap_or(1.0))
    }

    /// Calls `ink(x, y, coverage)` for every pixel that `text` touches when set at `at`.
    pub(super) fn rasterise(&self, text: &str, at: (i32, i32), mut ink: impl FnMut(i32, i32, f32)) {
        let width = self.width(text) as f32;
        let start = match self.along {
            Align::Start => 0.0,
            Align::Middle => -width / 2.0,
            Align::End => -width,
        };
        // Heights of capitals and descenders of the font, in em.
        let baseline = match self.across {
            Align::Start => 0.76,
            Align::Middle => 0.36,
            Align::End => -0.24,
        } * self.size;
        for (from, _, id) in glyphs(text, *self) {
            let glyph = id.with_scale_and_position(self.scale(), point(start + from, baseline));
            let Some(outline) = self.font().outline_glyph(glyph) else { continue };
            let corner = outline.px_bounds().min;
            outline.draw(|gx, gy, coverage| {
                let (x, y) = (corner.x as i32 + gx as i32, corner.y as i32 + gy as i32);
                if self.turned {
                    ink(at.0 + y, at.1 - x, coverage);
                } else {
                    ink(at.0 + x, at.1 + y, coverage);
                }
            });
        }
    }
}

/// Where each glyph starts and ends along the line, kerned; control characters count as spaces.
fn glyphs(text: &str, style: TextStyle) -> impl Iterator<Item = (f32, f32, GlyphId)> + '_ {
    let font = style.font().as_scaled(style.scale());
    let mut end = 0.0;
    let mut previous = None;
    text.chars().map(move |c| {
        let id = font.glyph_id(if c.is_control() { ' ' } else { c });
        let start = end + previous.map_or(0.0, |previous| font.kern(previous, id));
        previous = Some(id);
        end = start + font.h_advance(id);
        (start, end, id)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_names_are_cut_to_fit() {
        let style = TextStyle::default();
        let name = "a very long name of a very long cluster";
        let cut = style.fit(name, 150);
        assert!(cut.ends_with('…') && style.width(&cut) <= 150);
        let cut = style.fit_ends("dale_1070_frame_002133_C.png", 220);
        assert!(cut.ends_with("33_C.png") && cut.contains('…') && style.width(&cut) <= 220);
        assert_eq!(style.fit("short", 150), "short");
        assert_eq!(style.fit(name, 0), "…");
        assert_eq!(style.width(""), 0);
    }

    #[test]
    fn an_em_is_as_wide_as_asked() {
        // DejaVu Sans: "m" advances 1995 of 2048 units.
        let wide = TextStyle::size(100.0).width("mmmmmmmmmm");
        assert!((wide - 974).abs() <= 3, "{wide}");
    }
}
