//! What the pixels of a page are and where they lie.

use std::io::{Read, Seek};

use super::directory::Directory;
use super::{corrupt, unsupported};
use crate::images::{DecodeError, Limits, Mask};

/// Kinds of numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Numbers {
    Unsigned,
    Signed,
    Float,
}

/// What a pixel's numbers mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meaning {
    MinIsWhite,
    MinIsBlack,
    Rgb,
    Palette,
    Cmyk,
    /// Only within JPEG, whose decoder makes RGB of it.
    YCbCr,
}

/// A number more than the colours need.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Alpha {
    None,
    /// Colours are to be multiplied by it.
    Straight,
    /// Colours are multiplied by it already.
    Premultiplied,
}

/// The layout of a page.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Layout {
    pub width: usize,
    pub height: usize,
    /// Numbers of a pixel.
    pub samples: usize,
    /// Bits of a number.
    pub bits: usize,
    pub numbers: Numbers,
    pub meaning: Meaning,
    pub alpha: Alpha,
    pub compression: u64,
    pub predictor: u64,
    /// Whether the lowest bit of a byte comes first.
    pub reversed_bits: bool,
    /// Whether each colour lies in blocks of its own.
    pub planar: bool,
    /// Size of a tile, or of a strip.
    pub block: (usize, usize),
    pub tiled: bool,
    /// The number of pixels that were not measured.
    pub nodata: Option<f64>,
    /// Whose counts they are: see [`super`].
    pub mask: Mask,
}

/// Tags of the format, and GDAL's.
pub(super) mod tags {
    pub const WIDTH: u16 = 256;
    pub const HEIGHT: u16 = 257;
    pub const BITS: u16 = 258;
    pub const COMPRESSION: u16 = 259;
    pub const PHOTOMETRIC: u16 = 262;
    pub const FILL_ORDER: u16 = 266;
    pub const DESCRIPTION: u16 = 270;
    pub const MAKE: u16 = 271;
    pub const MODEL: u16 = 272;
    pub const STRIP_OFFSETS: u16 = 273;
    pub const ORIENTATION: u16 = 274;
    pub const SAMPLES: u16 = 277;
    pub const ROWS_PER_STRIP: u16 = 278;
    pub const STRIP_BYTES: u16 = 279;
    pub const PLANAR: u16 = 284;
    pub const SOFTWARE: u16 = 305;
    pub const PREDICTOR: u16 = 317;
    pub const COLOUR_MAP: u16 = 320;
    pub const TILE_WIDTH: u16 = 322;
    pub const TILE_HEIGHT: u16 = 323;
    pub const TILE_OFFSETS: u16 = 324;
    pub const TILE_BYTES: u16 = 325;
    pub const EXTRA_SAMPLES: u16 = 338;
    pub const SAMPLE_FORMAT: u16 = 339;
    pub const JPEG_TABLES: u16 = 347;
    pub const GDAL_NODATA: u16 = 42113;
}

/// Makers of detectors that count photons, as they and their software name themselves.
const DETECTORS: [&str; 8] = ["pilatus", "eiger", "dectris", "mythen", "jungfrau", "medipix", "timepix", "maxipix"];

impl Layout {
    pub fn of(directory: &Directory, from: &mut (impl Read + Seek), length: u64) -> Result<Self, DecodeError> {
        let numbers = |from: &mut _, tag| directory.numbers(from, tag, length);
        let mut number = |tag, default: u64| {
            let values = numbers(from, tag)?;
            Ok::<u64, DecodeError>(values.and_then(|values| values.first().copied()).unwrap_or(default))
        };
        let (width, height) = (number(tags::WIDTH, 0)?, number(tags::HEIGHT, 0)?);
        if width == 0 || height == 0 || width > u64::from(u32::MAX) || height > u64::from(u32::MAX) {
            return Err(corrupt(format!("{width}×{height} pixels")));
        }
        let samples = number(tags::SAMPLES, 1)?;
        let compression = number(tags::COMPRESSION, 1)?;
        let meaning = meaning(number(tags::PHOTOMETRIC, 1)?, compression)?;
        let (predictor, reversed_bits) = (number(tags::PREDICTOR, 1)?, number(tags::FILL_ORDER, 1)? == 2);
        let planar = number(tags::PLANAR, 1)? == 2 && samples > 1;
        let tile = (number(tags::TILE_WIDTH, 0)?, number(tags::TILE_HEIGHT, 0)?);
        let rows = number(tags::ROWS_PER_STRIP, height)?.clamp(1, height);
        let tiled = tile.0 > 0 && tile.1 > 0;
        let block = if tiled { tile } else { (width, rows) };
        let bits = numbers(from, tags::BITS)?.unwrap_or_else(|| vec![1]);
        let formats = numbers(from, tags::SAMPLE_FORMAT)?.unwrap_or_else(|| vec![1]);
        if bits.iter().any(|other| *other != bits[0]) || formats.iter().any(|other| *other != formats[0]) {
            return Err(unsupported("numbers of several widths in a pixel"));
        }
        let (bits, format) = (bits.first().copied().unwrap_or(1), formats.first().copied().unwrap_or(1));
        let numbers_kind = match (format, bits) {
            (1 | 4, 1..=32 | 64) => Numbers::Unsigned,
            (2, 8 | 16 | 32 | 64) => Numbers::Signed,
            (3, 16 | 32 | 64) => Numbers::Float,
            _ => return Err(unsupported(format!("numbers of {bits} bits and format {format}"))),
        };
        let colours = meaning.colours();
        let alpha = match samples.checked_sub(colours) {
            Some(0) => Alpha::None,
            Some(1) if colours != 4 => match numbers(from, tags::EXTRA_SAMPLES)?.as_deref() {
                Some([1, ..]) => Alpha::Premultiplied,
                Some([0, ..]) => Alpha::None,
                _ => Alpha::Straight,
            },
            _ => return Err(unsupported(format!("{samples} numbers in a pixel of {colours}"))),
        };
        // A block larger than this is larger than the page: nothing is allocated for what is not there.
        let pixel = (samples * bits).div_ceil(8);
        Limits::current().check(width, height, pixel.max(samples))?;
        Limits::current().check(block.0, block.1, pixel)?;
        let nodata = directory.text(from, tags::GDAL_NODATA, length).trim().parse().ok();
        let detector = [tags::DESCRIPTION, tags::MAKE, tags::MODEL, tags::SOFTWARE].iter().any(|tag| {
            let text = directory.text(from, *tag, length).to_lowercase();
            DETECTORS.iter().any(|name| text.contains(name))
        });
        Ok(Self {
            width: width as usize,
            height: height as usize,
            samples: samples as usize,
            bits: bits as usize,
            numbers: numbers_kind,
            meaning,
            alpha,
            compression,
            predictor,
            reversed_bits,
            planar,
            block: (block.0 as usize, block.1 as usize),
            tiled,
            nodata,
            mask: if detector { Mask::Detector } else { Mask::Camera },
        })
    }

    /// Bits per channel after decoding: 8, 16 or 32.
    pub fn bit_depth(&self) -> u8 {
        match (self.meaning, self.numbers, self.bits) {
            (Meaning::Palette, ..) | (_, Numbers::Unsigned, ..=8) => 8,
            (_, Numbers::Unsigned, ..=16) => 16,
            (_, Numbers::Signed, ..=16) if self.mask == Mask::Detector => 16,
            _ => 32,
        }
    }

    /// 1 (grey) or 3 (RGB).
    pub fn channels(&self) -> usize {
        if matches!(self.meaning, Meaning::MinIsBlack | Meaning::MinIsWhite) { 1 } else { 3 }
    }

    /// Numbers of a pixel that lie in one block.
    pub fn together(&self) -> usize {
        if self.planar { 1 } else { self.samples }
    }

    /// Bytes of a row of a block.
    pub fn row_bytes(&self) -> usize {
        (self.block.0 * self.together() * self.bits).div_ceil(8)
    }

    /// Whether frames of both are of one size and kind.
    pub fn is_like(&self, other: &Self) -> bool {
        let facts = |one: &Self| (one.width, one.height, one.bits, one.numbers, one.channels(), one.bit_depth());
        facts(self) == facts(other)
    }
}

impl Meaning {
    fn colours(self) -> u64 {
        match self {
            Self::MinIsBlack | Self::MinIsWhite | Self::Palette => 1,
            Self::Rgb | Self::YCbCr => 3,
            Self::Cmyk => 4,
        }
    }
}

fn meaning(photometric: u64, compression: u64) -> Result<Meaning, DecodeError> {
    Ok(match photometric {
        0 => Meaning::MinIsWhite,
        1 => Meaning::MinIsBlack,
        2 => Meaning::Rgb,
        3 => Meaning::Palette,
        5 => Meaning::Cmyk,
        6 if compression == 7 => Meaning::YCbCr,
        other => {
            let name = match other {
                4 => "a transparency mask",
                6 => "YCbCr outside JPEG",
                8..=10 => "CIE L*a*b*",
                32803 => "a camera's raw mosaic (CFA)",
                32844 | 32845 => "LogLuv",
                34892 => "a camera's raw numbers (LinearRaw)",
                _ => return Err(unsupported(format!("colours of kind {other}"))),
            };
            return Err(unsupported(name));
        }
    })
}
