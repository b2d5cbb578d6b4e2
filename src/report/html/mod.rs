//! `report.html`: a whole run in one file that asks the network for nothing.
//!
//! Pictures are embedded; a content security policy forbids every request. Without JavaScript everything but sorting
//! and the interactive scatter plot works.

mod atlas;
mod blocks;
mod encode;

use std::io::{self, Write};
use std::path::Path;

pub use atlas::Atlas;

use super::canvas::PlotError;
use super::{Figure, Grouping};
use crate::atomic_file;
use encode::escape;

/// A page: title, key facts, table of contents, sections.
#[derive(Debug, Clone, Default)]
pub struct Report {
    /// Title of the page.
    pub title: String,
    /// Names and values at the top of the page, such as `images`, `10,000`.
    pub facts: Vec<(String, String)>,
    /// In reading order.
    pub sections: Vec<PageSection>,
}

/// A titled part of the page.
#[derive(Debug, Clone, Default)]
pub struct PageSection {
    /// Also the entry in the table of contents.
    pub title: String,
    /// In reading order.
    pub blocks: Vec<PageBlock>,
}

/// Something on the page. All text is plain text: it is escaped.
#[derive(Debug, Clone)]
pub enum PageBlock {
    /// A paragraph.
    Paragraph(String),
    /// A picture, shown at half its size in pixels.
    Plot {
        /// The bytes of a PNG file.
        png: Vec<u8>,
        /// Text below, also the alternative text.
        caption: String,
    },
    /// A table that sorts by a click on a column's head.
    Table {
        /// Text above; may be empty.
        caption: String,
        /// Heads of the columns.
        columns: Vec<String>,
        /// Cells; a short row ends in empty cells.
        rows: Vec<Vec<String>>,
    },
    /// Images side by side.
    Gallery {
        /// Text above; may be empty.
        title: String,
        /// From [`super::jpeg`] and [`super::thumbnail`].
        images: Vec<GalleryImage>,
    },
    /// Points to move about in; hovering shows the image.
    Scatter(InteractiveScatter),
}

/// An image of a gallery.
#[derive(Debug, Clone)]
pub struct GalleryImage {
    /// The bytes of a JPEG file; up to 160 pixels a side are shown.
    pub jpeg: Vec<u8>,
    /// Text below.
    pub caption: String,
}

/// A scatter plot on a canvas: zoom, move, switch groups off, see the image under the pointer.
#[derive(Debug, Clone)]
pub struct InteractiveScatter {
    /// Positions to choose from: t-SNE, PCA. All have the same number of points.
    pub layouts: Vec<ScatterLayout>,
    /// Colours to choose from, by name: clusters of a method, a field. One entry per image each.
    pub groupings: Vec<(String, Grouping)>,
    /// Text shown with an image, one per image: its path.
    pub names: Vec<String>,
    /// The thumbnails.
    pub atlas: Atlas,
}

/// One position per image.
#[derive(Debug, Clone)]
pub struct ScatterLayout {
    /// Such as `t-SNE`.
    pub name: String,
    /// Labels of the horizontal and the vertical axis.
    pub axes: [String; 2],
    /// A point that is not finite is not shown.
    pub points: Vec<[f32; 2]>,
}

impl PageBlock {
    /// A figure drawn right here.
    ///
    /// # Errors
    /// When the figure cannot be drawn.
    pub fn figure(figure: &dyn Figure, caption: impl Into<String>) -> Result<Self, PlotError> {
        Ok(Self::Plot { png: figure.png()?, caption: caption.into() })
    }

    /// A PNG file that was written before.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn plot_file(path: &Path, caption: impl Into<String>) -> io::Result<Self> {
        Ok(Self::Plot { png: std::fs::read(path)?, caption: caption.into() })
    }
}

impl Report {
    /// An empty page.
    #[must_use]
    pub fn new(title: impl Into<String>) -> Self {
        Self { title: title.into(), ..Self::default() }
    }

    /// Adds a key fact.
    pub fn fact(&mut self, name: impl Into<String>, value: impl Into<String>) -> &mut Self {
        self.facts.push((name.into(), value.into()));
        self
    }

    /// Adds a section.
    pub fn section(&mut self, title: impl Into<String>, blocks: Vec<PageBlock>) -> &mut Self {
        self.sections.push(PageSection { title: title.into(), blocks });
        self
    }

    /// Writes the page to `out`.
    ///
    /// # Errors
    /// When `out` cannot be written to.
    pub fn render(&self, out: &mut dyn Write) -> io::Result<()> {
        const PAGE: &str = include_str!("page.html");
        for piece in PAGE.split("{{") {
            let (name, text) = piece.split_once("}}").unwrap_or(("", piece));
            match name {
                "title" => write!(out, "{}", escape(&self.title))?,
                "css" => out.write_all(include_bytes!("page.css"))?,
                "js" => out.write_all(include_bytes!("page.js"))?,
                "contents" => self.contents(out)?,
                "facts" => self.key_facts(out)?,
                "body" => self.body(out)?,
                _ => {}
            }
            out.write_all(text.as_bytes())?;
        }
        Ok(())
    }

    /// Writes the page to a file, which appears whole or not at all.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn write(&self, path: &Path) -> Result<(), PlotError> {
        atomic_file::write_with(path, |file| self.render(file))
            .map_err(|source| PlotError::Write { path: path.to_owned(), source })
    }

    fn contents(&self, out: &mut dyn Write) -> io::Result<()> {
        for (i, section) in self.sections.iter().enumerate() {
            writeln!(out, "<li><a href=\"#s{i}\">{}</a></li>", escape(&section.title))?;
        }
        Ok(())
    }

    fn key_facts(&self, out: &mut dyn Write) -> io::Result<()> {
        for (name, value) in &self.facts {
            writeln!(out, "<div><dt>{}</dt><dd>{}</dd></div>", escape(name), escape(value))?;
        }
        Ok(())
    }

    fn body(&self, out: &mut dyn Write) -> io::Result<()> {
        for (i, section) in self.sections.iter().enumerate() {
            writeln!(out, "<section id=\"s{i}\">\n<h2>{}</h2>", escape(&section.title))?;
            for (j, block) in section.blocks.iter().enumerate() {
                blocks::write(out, block, &format!("s{i}b{j}"))?;
            }
            writeln!(out, "</section>")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
