//! TIFF: pages of grey, colours or palettes, in strips or tiles, of 1 to 64 bits.
//!
//! Every page of the first page's size and kind is a frame; others, such as thumbnails, are left out and said. An `ImageJ`
//! stack of one directory holds its frames one after the other. Sizes are checked against [`Limits`] before anything is
//! allocated, and blocks are decoded one by one into the picture's own memory.
//!
//! The largest number of 16 and 32 bits is white as from a camera, and so are negative numbers what they are; unless a maker
//! of counting detectors names itself in the file. Pixels of the value in GDAL's tag 42113 were not measured.
//!
//! Reference: TIFF 6.0 (Adobe, 1992), its technical notes 1 to 3, and `BigTIFF` (Aware Systems, 2007).

mod colours;
mod compression;
mod copy;
mod directory;
mod layout;
mod pixels;

use std::collections::HashSet;
use std::io::{Read, Seek, SeekFrom};

use directory::{Directory, Format, read_at};
use layout::{Layout, Meaning, tags};

use super::decode::with_turn;
use super::{DecodeError, Decoded, Header, Limits, Samples};

/// Whether the bytes start as a TIFF does.
pub(super) fn applies(bytes: &[u8]) -> bool {
    matches!(bytes, [b'I', b'I', 42 | 43, 0, ..] | [b'M', b'M', 0, 42 | 43, ..])
}

/// An open file.
pub(super) struct Tiff<R> {
    from: R,
    length: u64,
    format: Format,
    frames: Vec<Place>,
    /// What all frames have in common.
    layout: Layout,
    left_out: Option<String>,
}

/// Where a frame lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Place {
    /// Of its directory.
    directory: u64,
    /// How far its blocks lie behind where the directory says, as in an `ImageJ` stack.
    shift: u64,
}

impl<R: Read + Seek> Tiff<R> {
    /// Reads the directories of a file of `length` bytes.
    ///
    /// # Errors
    /// When the first page cannot be read, or the chain of pages is broken.
    pub fn open(mut from: R, length: u64) -> Result<Self, DecodeError> {
        from.seek(SeekFrom::Start(0))?;
        let (format, first) = Format::read(&mut from)?;
        let directory = Directory::read(&mut from, format, first, length)?;
        let layout = Layout::of(&directory, &mut from, length)?;
        let mut frames = vec![Place { directory: first, shift: 0 }];
        let (mut seen, mut next, mut others) = (HashSet::from([first]), directory.next, 0_u64);
        while next != 0 {
            if !seen.insert(next) {
                return Err(corrupt("its pages lead in a circle"));
            }
            Limits::current().check_frames(seen.len() as u64)?;
            let page = Directory::read(&mut from, format, next, length)?;
            if Layout::of(&page, &mut from, length).is_ok_and(|other| other.is_like(&layout)) {
                frames.push(Place { directory: next, shift: 0 });
            } else {
                others += 1;
            }
            next = page.next;
        }
        let mut left_out = (others > 0).then(|| format!("{others} of {} pages, of another size or kind", seen.len()));
        if seen.len() == 1 {
            let (stack, missing) = image_j(&directory, &layout, &mut from, length)?;
            frames.extend((1..stack).map(|frame| Place { directory: first, shift: frame * frame_bytes(&layout) }));
            left_out = (missing > 0)
                .then(|| format!("{missing} of {} frames, which are not whole", missing + frames.len() as u64));
        }
        let turn =
            directory.numbers(&mut from, tags::ORIENTATION, length)?.is_some_and(|turn| matches!(turn[..], [2..=8]));
        Ok(Self { from, length, format, frames, layout, left_out: with_turn(left_out, turn) })
    }

    /// How many frames there are; at least one.
    pub fn len(&self) -> usize {
        self.frames.len()
    }

    /// Size and depth of each frame.
    pub fn header(&self) -> Header {
        let Layout { width, height, .. } = self.layout;
        Header { width: width as u32, height: height as u32, bit_depth: self.layout.bit_depth() }
    }

    /// What the file holds besides its frames.
    pub fn left_out(&self) -> Option<String> {
        self.left_out.clone()
    }

    /// The frame of this number, which must be one.
    pub fn read(&mut self, index: usize) -> Result<Decoded, DecodeError> {
        let (from, length) = (&mut self.from, self.length);
        let directory = Directory::read(from, self.format, self.frames[index].directory, length)?;
        let layout = Layout::of(&directory, from, length)?;
        let blocks = Blocks::of(&directory, &layout, from, length, self.frames[index].shift)?;
        let mut samples = pixels::room(&layout);
        let tables = directory.bytes(from, tags::JPEG_TABLES, length)?;
        for (number, &(at, size)) in blocks.places.iter().enumerate() {
            if layout.compression == compression::JPEG {
                blocks.place_jpeg(number, &read_at(from, at, size, length)?, tables.as_deref(), &mut samples)?;
                continue;
            }
            if at.checked_add(size).is_none_or(|end| end > length) {
                return Err(truncated());
            }
            from.seek(SeekFrom::Start(at))?;
            let mut rows = compression::rows(from.take(size), layout.compression, layout.reversed_bits)?;
            blocks.place(number, rows.as_mut(), self.format, &mut samples)?;
        }
        let palette = match layout.meaning {
            Meaning::Palette => directory.numbers(from, tags::COLOUR_MAP, length)?,
            _ => None,
        };
        colours::decoded(&layout, samples, &palette.unwrap_or_default())
    }
}

/// The blocks of a page, and the part of the picture that each holds.
struct Blocks<'a> {
    layout: &'a Layout,
    /// Where each lies, and its bytes.
    places: Vec<(u64, u64)>,
    across: usize,
    down: usize,
}

impl<'a> Blocks<'a> {
    fn of(
        directory: &Directory,
        layout: &'a Layout,
        from: &mut (impl Read + Seek),
        length: u64,
        shift: u64,
    ) -> Result<Self, DecodeError> {
        let (starts, sizes) = if layout.tiled {
            (tags::TILE_OFFSETS, tags::TILE_BYTES)
        } else {
            (tags::STRIP_OFFSETS, tags::STRIP_BYTES)
        };
        let (across, down) = (layout.width.div_ceil(layout.block.0), layout.height.div_ceil(layout.block.1));
        let n = across * down * if layout.planar { layout.samples } else { 1 };
        let starts =
            directory.numbers(from, starts, length)?.ok_or_else(|| corrupt("it says not where its pixels lie"))?;
        let sizes = directory.numbers(from, sizes, length)?;
        if starts.len() < n || sizes.as_ref().is_some_and(|sizes| sizes.len() < n) {
            return Err(truncated());
        }
        let blocks = Self { layout, places: Vec::new(), across, down };
        let places = (0..n).map(|number| {
            let raw = (layout.row_bytes() * blocks.rows(number)) as u64;
            let start = starts[number] + shift;
            // What is not compressed needs no more than its pixels take, and in a stack each strip says its own.
            let size = match &sizes {
                Some(sizes) if layout.compression != 1 => sizes[number],
                Some(sizes) if sizes[number] == 0 => 0,
                None if layout.compression != 1 => length.saturating_sub(start),
                _ => raw,
            };
            if size == 0 || starts[number] == 0 {
                return Err(unsupported("sparse: some of its blocks are missing"));
            }
            Ok((start, size))
        });
        let places = places.collect::<Result<_, _>>()?;
        Ok(Self { places, ..blocks })
    }

    /// Rows that are stored of a block: the last strip is shorter, the last tile is not.
    fn rows(&self, number: usize) -> usize {
        let rows = self.layout.block.1;
        let row = number / self.across % self.down;
        if self.layout.tiled { rows } else { rows.min(self.layout.height - row * rows) }
    }

    /// Puts a block into the picture, row by row.
    fn place(&self, number: usize, rows: &mut dyn Read, format: Format, into: &mut Samples) -> Result<(), DecodeError> {
        let layout = self.layout;
        if layout.predictor > 1 && !layout.bits.is_multiple_of(8) {
            return Err(unsupported("differences of packed bits"));
        }
        let mut row = vec![0; layout.row_bytes()];
        for y in 0..self.rows(number) {
            compression::read_row(rows, &mut row)?;
            pixels::to_native(&mut row, layout, format.little_endian);
            self.place_row(number, y, &row, into);
        }
        compression::finish(rows)
    }

    /// Puts a block of JPEG into the picture.
    fn place_jpeg(
        &self,
        number: usize,
        block: &[u8],
        tables: Option<&[u8]>,
        into: &mut Samples,
    ) -> Result<(), DecodeError> {
        let layout = self.layout;
        if layout.bits != 8 {
            return Err(unsupported(format!("JPEG of {} bits", layout.bits)));
        }
        let size = (layout.block.0, self.rows(number));
        let bytes = compression::jpeg(block, tables, size, layout.together(), layout.meaning == Meaning::YCbCr)?;
        for (y, row) in bytes.chunks_exact(layout.row_bytes()).take(size.1).enumerate() {
            self.place_row(number, y, row, into);
        }
        Ok(())
    }

    /// Puts row `y` of a block into the picture; rows and columns beyond it are padding.
    fn place_row(&self, number: usize, y: usize, row: &[u8], into: &mut Samples) {
        let layout = self.layout;
        let (column, down) = (number % self.across, number / self.across % self.down);
        let plane = number / (self.across * self.down);
        let (left, y) = (column * layout.block.0, down * layout.block.1 + y);
        if y < layout.height {
            let pixels = layout.block.0.min(layout.width - left);
            let start = (y * layout.width + left) * layout.samples + plane;
            let step = if layout.planar { layout.samples } else { 1 };
            pixels::place(row, layout, pixels * layout.together(), into, start, step);
        }
    }
}

/// Bytes of a frame that is not compressed.
fn frame_bytes(layout: &Layout) -> u64 {
    let row = (layout.width * layout.together() * layout.bits).div_ceil(8);
    (row * layout.height * if layout.planar { layout.samples } else { 1 }) as u64
}

/// Frames of an `ImageJ` stack that has one directory for all of them, and how many it promises besides.
fn image_j(
    directory: &Directory,
    layout: &Layout,
    from: &mut (impl Read + Seek),
    length: u64,
) -> Result<(u64, u64), DecodeError> {
    let text = directory.text(from, tags::DESCRIPTION, length);
    let images = text.lines().find_map(|line| line.strip_prefix("images=")?.trim().parse::<u64>().ok());
    let promised = images.filter(|images| text.starts_with("ImageJ=") && *images > 1);
    let Some(promised) = promised.filter(|_| layout.compression == 1 && !layout.tiled) else { return Ok((1, 0)) };
    let starts = directory.numbers(from, tags::STRIP_OFFSETS, length)?.unwrap_or_default();
    let Some(first) = starts.iter().min() else { return Ok((1, 0)) };
    let whole = length.saturating_sub(*first) / frame_bytes(layout).max(1);
    let frames = promised.min(whole).max(1);
    Limits::current().check_frames(frames)?;
    Ok((frames, promised - frames))
}

fn truncated() -> DecodeError {
    DecodeError::Truncated { format: "TIFF", detail: "the file ends too early" }
}

fn corrupt(detail: impl Into<String>) -> DecodeError {
    DecodeError::Corrupt { format: "TIFF", detail: detail.into() }
}

fn unsupported(detail: impl Into<String>) -> DecodeError {
    DecodeError::Unsupported { format: "TIFF", detail: detail.into() }
}
