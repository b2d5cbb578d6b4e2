//! Thumbnails of many images on a few JPEG sheets, built one image at a time.

use std::borrow::Cow;

use image::RgbImage;
use image::imageops;

use crate::images::Image;
use crate::report::canvas::PlotError;
use crate::report::thumbnails::{jpeg, thumbnail};

/// Cells along a side of a sheet.
pub(super) const SIDE: u32 = 20;
/// No more images than this have a thumbnail.
const MOST: usize = 20_000;
const QUALITY: u8 = 70;

/// Thumbnails for an interactive scatter plot.
///
/// The more images, the smaller the cells, so that a page stays below about 35 MB (photographs take some 0.6 kB each
/// at 48 pixels, 2 kB at 96): 96 pixels a side up to 4,000 images, 64 beyond. Of more than 20,000 images an even selection has a thumbnail; the others are
/// points with a name. Memory: one sheet of pixels and the finished JPEG bytes.
#[derive(Debug, Clone)]
pub struct Atlas {
    edge: u32,
    every: usize,
    cells: Vec<Option<u32>>,
    filled: u32,
    sheet: RgbImage,
    sheets: Vec<Vec<u8>>,
}

impl Atlas {
    /// For `n_images` images, none added yet.
    #[must_use]
    pub fn new(n_images: usize) -> Self {
        let edge = if n_images <= 4_000 { 96 } else { 64 };
        let every = n_images.div_ceil(MOST).max(1);
        Self { edge, every, cells: vec![None; n_images], filled: 0, sheet: blank(edge), sheets: Vec::new() }
    }

    /// Whether image `row` is to have a thumbnail; the others need not be decoded.
    #[must_use]
    pub fn wants(&self, row: usize) -> bool {
        row < self.cells.len() && row.is_multiple_of(self.every)
    }

    /// Adds the thumbnail of image `row`, in any order; what [`Atlas::wants`] does not want is ignored.
    ///
    /// # Errors
    /// When a full sheet cannot be encoded.
    pub fn add(&mut self, row: usize, image: &Image) -> Result<(), PlotError> {
        if !self.wants(row) || self.cells[row].is_some() {
            return Ok(());
        }
        let cell = self.filled % (SIDE * SIDE);
        let small = thumbnail(image, self.edge);
        let [left, top] = [cell % SIDE, cell / SIDE].map(|place| place * self.edge);
        let [dx, dy] = [small.width(), small.height()].map(|side| (self.edge - side) / 2);
        imageops::replace(&mut self.sheet, &small, i64::from(left + dx), i64::from(top + dy));
        self.cells[row] = Some(self.filled);
        self.filled += 1;
        if self.filled.is_multiple_of(SIDE * SIDE) {
            self.sheets.push(jpeg(&self.sheet, QUALITY)?);
            self.sheet = blank(self.edge);
        }
        Ok(())
    }

    /// Pixels along a side of a cell.
    pub(super) fn edge(&self) -> u32 {
        self.edge
    }

    /// Cell of each image, counted over all sheets.
    pub(super) fn cells(&self) -> &[Option<u32>] {
        &self.cells
    }

    /// All sheets, JPEG; the last one is as high as its cells need.
    ///
    /// # Errors
    /// When the last sheet cannot be encoded.
    pub(super) fn sheets(&self) -> Result<Vec<Cow<'_, [u8]>>, PlotError> {
        let mut sheets: Vec<Cow<'_, [u8]>> = self.sheets.iter().map(|sheet| sheet.as_slice().into()).collect();
        let open = self.filled % (SIDE * SIDE);
        if open > 0 {
            let rows = open.div_ceil(SIDE) * self.edge;
            let last = imageops::crop_imm(&self.sheet, 0, 0, self.sheet.width(), rows).to_image();
            sheets.push(jpeg(&last, QUALITY)?.into());
        }
        Ok(sheets)
    }
}

fn blank(edge: u32) -> RgbImage {
    RgbImage::from_pixel(SIDE * edge, SIDE * edge, image::Rgb([128; 3]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::Array3;

    #[test]
    fn sheets_fill_one_after_the_other() {
        let mut atlas = Atlas::new(1000);
        for row in (0..900).rev() {
            atlas.add(row, &Image { pixels: Array3::from_elem((2, 3, 1), 10.0) }).unwrap();
        }
        let sheets = atlas.sheets().unwrap();
        let sizes: Vec<_> =
            sheets.iter().map(|bytes| image::load_from_memory(bytes).unwrap().to_rgb8().dimensions()).collect();
        assert_eq!(sizes, [(1920, 1920), (1920, 1920), (1920, 5 * 96)]);
        assert_eq!((atlas.cells()[899], atlas.cells()[0], atlas.cells()[950]), (Some(0), Some(899), None));
        assert!(Atlas::new(0).sheets().unwrap().is_empty());
    }

    #[test]
    fn very_many_images_are_thinned_evenly() {
        let atlas = Atlas::new(50_000);
        assert_eq!((0..50_000).filter(|&row| atlas.wants(row)).count(), 16_667);
        assert!(!atlas.wants(60_000));
    }
}
