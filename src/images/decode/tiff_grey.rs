//! TIFF with one sample per pixel: detectors and microscopes write floats, signed and 32-bit integers and palettes,
//! which the `image` crate refuses.

use std::io::Cursor;

use tiff::decoder::{Decoder, DecodingResult, Limits};
use tiff::tags::Tag;
use tiff::{ColorType, TiffError};

use super::{DecodeError, Decoded, Header, Samples};
use crate::images::frames::counts::{of_f64, of_i16, of_i32, of_i64, of_u64};

type TiffDecoder<'a> = Decoder<Cursor<&'a [u8]>>;

fn open(bytes: &[u8]) -> Result<TiffDecoder<'_>, TiffError> {
    Decoder::new(Cursor::new(bytes))
}

/// Whether the first image has one sample per pixel.
pub(super) fn applies(bytes: &[u8]) -> bool {
    let color = open(bytes).and_then(|mut decoder| decoder.colortype());
    matches!(color, Ok(ColorType::Gray(_))) || palette_as_grey(bytes).is_some()
}

/// Header and bytes per pixel of the decoded image.
pub(super) fn header(bytes: &[u8]) -> Result<(Header, u64), DecodeError> {
    let palette = palette_as_grey(bytes);
    let mut decoder = open(palette.as_deref().unwrap_or(bytes)).map_err(translate)?;
    let (width, height) = decoder.dimensions().map_err(translate)?;
    let bits = decoder.colortype().map_err(translate)?.bit_depth();
    let unsigned = sample_format(&mut decoder)? == UNSIGNED;
    let (bit_depth, pixel) = match bits {
        _ if palette.is_some() => (8, 3),
        0..=8 if unsigned => (8, 1),
        9..=16 if unsigned => (16, 2),
        _ => (32, u64::from(bits).div_ceil(8) + 4),
    };
    Ok((Header { width, height, bit_depth }, pixel))
}

/// The file with its palette's levels declared grey, which the decoder then reads; `None` where there is no palette.
fn palette_as_grey(bytes: &[u8]) -> Option<Vec<u8>> {
    const PHOTOMETRIC_INTERPRETATION: usize = 262;
    const PALETTE: usize = 3;
    let little = match bytes.get(..4)? {
        b"II*\0" => true,
        b"MM\0*" => false,
        _ => return None,
    };
    let number = |at: usize, width: usize| {
        let digits = bytes.get(at..at + width)?.iter().map(|&digit| usize::from(digit));
        let join = |number: usize, digit: usize| number << 8 | digit;
        Some(if little { digits.rev().fold(0, join) } else { digits.fold(0, join) })
    };
    let directory = number(4, 4)?;
    let mut entries = (0..number(directory, 2)?).map(|entry| directory + 2 + 12 * entry);
    let value = entries.find(|&at| number(at, 2) == Some(PHOTOMETRIC_INTERPRETATION))? + 8;
    if number(value, 2)? != PALETTE {
        return None;
    }
    let mut grey = bytes.to_vec();
    grey[value..value + 2].copy_from_slice(if little { &[1, 0] } else { &[0, 1] });
    Some(grey)
}

/// `SampleFormat` of unsigned integers, also the default.
const UNSIGNED: u16 = 1;

fn sample_format(decoder: &mut TiffDecoder<'_>) -> Result<u16, DecodeError> {
    let formats = decoder.find_tag_unsigned_vec::<u16>(Tag::SampleFormat).map_err(translate)?;
    Ok(formats.and_then(|formats| formats.first().copied()).unwrap_or(UNSIGNED))
}

/// Decodes within `limit` bytes.
pub(super) fn decode(bytes: &[u8], limit: u64) -> Result<Decoded, DecodeError> {
    let mut limits = Limits::default();
    limits.decoding_buffer_size = usize::try_from(limit).unwrap_or(usize::MAX);
    limits.intermediate_buffer_size = limits.decoding_buffer_size;
    let palette = palette_as_grey(bytes);
    let mut decoder = open(palette.as_deref().unwrap_or(bytes)).map_err(translate)?.with_limits(limits);
    let (width, height) = decoder.dimensions().map_err(translate)?;
    let (width, height) = (width as usize, height as usize);
    let color = decoder.colortype().map_err(translate)?;
    let counts = decoder.read_image().map_err(translate)?;
    let (channels, samples) = match (color, counts) {
        (ColorType::Gray(bits), DecodingResult::U8(packed)) if palette.is_some() => {
            let colors = decoder.get_tag_u16_vec(Tag::ColorMap).map_err(translate)?;
            (3, Samples::U8(look_up(&unpack(&packed, bits, width), &colors)?))
        }
        (ColorType::Gray(bits), DecodingResult::U8(packed)) if bits < 8 => {
            let white = (1_u16 << bits) - 1;
            let levels = unpack(&packed, bits, width);
            (1, Samples::U8(levels.iter().map(|&level| (u16::from(level) * 255 / white) as u8).collect()))
        }
        (ColorType::Gray(8), DecodingResult::U8(counts)) => (1, Samples::U8(counts)),
        (ColorType::Gray(16), DecodingResult::U16(counts)) => (1, Samples::U16(counts)),
        (ColorType::Gray(_), counts) => (1, Samples::F32(as_floats(counts)?)),
        (other, _) => return Err(unsupported(format!("pixels of kind {other:?}"))),
    };
    if samples.len() != width * height * channels {
        return Err(DecodeError::Truncated { format: "TIFF", detail: "fewer pixels than its header says" });
    }
    Ok(Decoded { height, width, channels, samples, masked: false })
}

/// Integers above 2^24 lose their last digits, which no brightness scale would show.
fn as_floats(counts: DecodingResult) -> Result<Vec<f32>, DecodeError> {
    Ok(match counts {
        DecodingResult::F16(counts) => counts.into_iter().map(f32::from).collect(),
        DecodingResult::F32(counts) => counts,
        DecodingResult::F64(counts) => counts.into_iter().map(|count| count as f32).collect(),
        DecodingResult::I8(counts) => counts.into_iter().map(f32::from).collect(),
        DecodingResult::I16(counts) => counts.into_iter().map(f32::from).collect(),
        DecodingResult::I32(counts) => counts.into_iter().map(|count| count as f32).collect(),
        DecodingResult::I64(counts) => counts.into_iter().map(|count| count as f32).collect(),
        DecodingResult::U32(counts) => counts.into_iter().map(|count| count as f32).collect(),
        DecodingResult::U64(counts) => counts.into_iter().map(|count| count as f32).collect(),
        DecodingResult::U8(_) | DecodingResult::U16(_) => {
            return Err(unsupported("an unusual number of bits per pixel".to_owned()));
        }
    })
}

/// A page as detector counts, whatever numbers it has: see `frames`.
pub(in crate::images) fn as_counts(counts: DecodingResult) -> Samples {
    match counts {
        DecodingResult::U8(counts) => Samples::U8(counts),
        DecodingResult::U16(counts) => Samples::U16(counts),
        DecodingResult::U32(counts) => Samples::U32(counts),
        DecodingResult::U64(counts) => of_u64(counts.into_iter()),
        DecodingResult::I8(counts) => of_i16(counts.into_iter().map(i16::from)),
        DecodingResult::I16(counts) => of_i16(counts.into_iter()),
        DecodingResult::I32(counts) => of_i32(counts.into_iter()),
        DecodingResult::I64(counts) => of_i64(counts.into_iter()),
        DecodingResult::F16(counts) => Samples::F32(counts.into_iter().map(f32::from).collect()),
        DecodingResult::F32(counts) => Samples::F32(counts),
        DecodingResult::F64(counts) => of_f64(counts.into_iter()),
    }
}

/// Levels of `bits` bits each; a row starts at a whole byte.
fn unpack(packed: &[u8], bits: u8, width: usize) -> Vec<u8> {
    if bits == 8 {
        return packed.to_vec();
    }
    let (bits, per_byte) = (usize::from(bits), 8 / usize::from(bits));
    packed
        .chunks_exact(width.div_ceil(per_byte))
        .flat_map(|row| {
            (0..width).map(move |x| (row[x / per_byte] >> (8 - bits * (x % per_byte + 1))) & ((1 << bits) - 1) as u8)
        })
        .collect()
}

/// A TIFF palette holds all reds, then all greens, then all blues, of 16 bits.
fn look_up(levels: &[u8], colors: &[u16]) -> Result<Vec<u8>, DecodeError> {
    let n = colors.len() / 3;
    if levels.iter().any(|&level| usize::from(level) >= n) {
        return Err(DecodeError::Corrupt { format: "TIFF", detail: "a pixel lies outside the palette".to_owned() });
    }
    Ok(levels
        .iter()
        .flat_map(|&level| (0..3).map(move |channel| (colors[channel * n + usize::from(level)] >> 8) as u8))
        .collect())
}

fn unsupported(detail: String) -> DecodeError {
    DecodeError::Unsupported { format: "TIFF", detail }
}

pub(in crate::images) fn translate(error: TiffError) -> DecodeError {
    match error {
        TiffError::IoError(source) if source.kind() == std::io::ErrorKind::UnexpectedEof => {
            DecodeError::Truncated { format: "TIFF", detail: "the file ends too early" }
        }
        TiffError::UnsupportedError(detail) => unsupported(detail.to_string()),
        TiffError::LimitsExceeded => {
            DecodeError::TooLarge { what: "the memory it needs".to_owned(), limit: "what is safe".to_owned() }
        }
        other => DecodeError::Corrupt { format: "TIFF", detail: other.to_string() },
    }
}
