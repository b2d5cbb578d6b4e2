//! CBF, the crystallographic binary file of Pilatus and Eiger detectors: a text header, then byte-offset differences.
//!
//! Reference: Bernstein and Ellis, "Definition of the CBF/imgCIF format", section 5.6 (`x-CBF_BYTE_OFFSET`). Each pixel
//! is the difference to the one before, in one byte, or in two after 0x80, or in four after 0x8000, or in eight. The MD5 of
//! the section is looked at where the header has it.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use md5::{Digest, Md5};

use super::Header;
use super::counts::{PixelType, frame, of_i16, of_i32, of_i64, of_u64};
use crate::images::{DecodeError, Decoded, Limits, Samples};

/// Ends the text of a binary section.
const MARK: [u8; 4] = [0x0C, 0x1A, 0x04, 0xD5];

/// Whether the bytes start as a CBF does.
pub(in crate::images) fn applies(bytes: &[u8]) -> bool {
    bytes.starts_with(b"###CBF")
}

/// The image in the bytes of a whole file; negative counts are pixels that were not measured.
pub(in crate::images) fn decode(bytes: &[u8]) -> Result<Decoded, DecodeError> {
    let section = Section::of(bytes)?;
    let (height, width, kind) = (section.height, section.width, section.kind);
    let decoded = if section.packed {
        frame(undo_differences(section.bytes, height * width, kind), kind, height, width)
    } else {
        let bytes = section.bytes.get(..height * width * kind.size()).ok_or_else(truncated)?;
        frame(kind.decode(bytes, section.little_endian), kind, height, width)
    };
    decoded.ok_or_else(truncated)
}

/// Size and depth of the image in the bytes of a whole file.
pub(in crate::images) fn header(bytes: &[u8]) -> Result<Header, DecodeError> {
    let section = Section::of(bytes)?;
    Ok(Header { width: section.width as u32, height: section.height as u32, bit_depth: section.kind.bit_depth() })
}

/// The binary section of a file.
struct Section<'a> {
    height: usize,
    width: usize,
    kind: PixelType,
    /// Whether the bytes are differences.
    packed: bool,
    little_endian: bool,
    bytes: &'a [u8],
}

impl<'a> Section<'a> {
    fn of(bytes: &'a [u8]) -> Result<Self, DecodeError> {
        let mark = bytes.windows(MARK.len()).position(|window| window == MARK).ok_or_else(truncated)?;
        let text = String::from_utf8_lossy(&bytes[..mark]);
        let value = |key: &str| {
            let line = text.lines().find(|line| line.trim_start().starts_with(key))?;
            line.split_once(':').map(|(_, value)| value.trim())
        };
        let number = |key: &str| {
            let number = value(key).and_then(|value| value.parse::<usize>().ok()).filter(|number| *number > 0);
            number.ok_or_else(|| DecodeError::Corrupt { format: "CBF", detail: format!("no `{key}` in its header") })
        };
        let unsupported = |detail: String| Err(DecodeError::Unsupported { format: "CBF", detail });
        let packed = text.contains("x-CBF_BYTE_OFFSET");
        let conversions = text.lines().find_map(|line| line.split_once("conversions=")).map(|(_, name)| name.trim());
        if let Some(name) = conversions.filter(|name| !packed && name.trim_matches('"') != "x-CBF_NONE") {
            return unsupported(format!("compressed by {name}, not by byte offsets"));
        }
        let kind = match value("X-Binary-Element-Type").map(|value| value.trim_matches('"')) {
            Some("signed 32-bit integer") | None => PixelType::I32,
            Some("unsigned 32-bit integer") => PixelType::U32,
            Some("signed 16-bit integer") => PixelType::I16,
            Some("unsigned 16-bit integer") => PixelType::U16,
            Some("signed 8-bit integer") => PixelType::I8,
            Some("unsigned 8-bit integer") => PixelType::U8,
            Some("signed 64-bit integer") => PixelType::I64,
            Some("unsigned 64-bit integer") => PixelType::U64,
            Some("signed 32-bit real IEEE") if !packed => PixelType::F32,
            Some("signed 64-bit real IEEE") if !packed => PixelType::F64,
            Some(other) => return unsupported(format!("pixels of type `{other}`")),
        };
        let little_endian = !value("X-Binary-Element-Byte-Order").is_some_and(|order| order.contains("BIG"));
        let (width, height) = (number("X-Binary-Size-Fastest-Dimension")?, number("X-Binary-Size-Second-Dimension")?);
        if value("X-Binary-Size-Third-Dimension").is_some_and(|size| !matches!(size, "0" | "1")) {
            return unsupported("a third dimension".to_owned());
        }
        let size = number("X-Binary-Size")?;
        let start = mark + MARK.len();
        let end = start.checked_add(size).filter(|end| *end <= bytes.len()).ok_or_else(truncated)?;
        // Every pixel takes a byte at least: a header that promises more is damaged.
        if height.checked_mul(width).is_none_or(|pixels| pixels > size) {
            return Err(truncated());
        }
        Limits::current().check(width as u64, height as u64, kind.size() as u64)?;
        let bytes = &bytes[start..end];
        let sum = text.lines().find_map(|line| line.trim_start().strip_prefix("Content-MD5:")).map(str::trim);
        if sum.is_some_and(|sum| !sum.is_empty() && sum != BASE64_STANDARD.encode(Md5::digest(bytes))) {
            let detail = "its MD5 does not hold: the pixels are damaged".to_owned();
            return Err(DecodeError::Corrupt { format: "CBF", detail });
        }
        Ok(Self { height, width, kind, packed, little_endian, bytes })
    }
}

/// Up to `n` counts out of their differences, fewer where the bytes end before; differences are added in the width of
/// `kind`.
fn undo_differences(bytes: &[u8], n: usize, kind: PixelType) -> Samples {
    let numbers = Numbers { rest: bytes, last: 0 }.take(n);
    match kind {
        PixelType::U8 => Samples::U8(numbers.map(|number| number as u8).collect()),
        PixelType::I8 => of_i16(numbers.map(|number| i16::from(number as i8))),
        PixelType::U16 => Samples::U16(numbers.map(|number| number as u16).collect()),
        PixelType::I16 => of_i16(numbers.map(|number| number as i16)),
        PixelType::U32 => Samples::U32(numbers.map(|number| number as u32).collect()),
        PixelType::U64 => of_u64(numbers.map(i64::cast_unsigned)),
        PixelType::I64 => of_i64(numbers),
        // Floats are never packed so.
        PixelType::I32 | PixelType::F16 | PixelType::F32 | PixelType::F64 => {
            of_i32(numbers.map(|number| number as i32))
        }
    }
}

/// The numbers whose differences the bytes hold.
struct Numbers<'a> {
    rest: &'a [u8],
    last: i64,
}

impl Numbers<'_> {
    fn bytes<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (bytes, rest) = self.rest.split_first_chunk()?;
        self.rest = rest;
        Some(*bytes)
    }
}

impl Iterator for Numbers<'_> {
    type Item = i64;

    fn next(&mut self) -> Option<i64> {
        let mut difference = i64::from(i8::from_le_bytes(self.bytes()?));
        if difference == i64::from(i8::MIN) {
            difference = i64::from(i16::from_le_bytes(self.bytes()?));
            if difference == i64::from(i16::MIN) {
                difference = i64::from(i32::from_le_bytes(self.bytes()?));
                if difference == i64::from(i32::MIN) {
                    difference = i64::from_le_bytes(self.bytes()?);
                }
            }
        }
        self.last = self.last.wrapping_add(difference);
        Some(self.last)
    }
}

fn truncated() -> DecodeError {
    DecodeError::Truncated { format: "CBF", detail: "fewer pixels than its header says" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn differences_of_every_width() {
        let bytes = [5, 0xFF, 0x80, 0x00, 0x01, 0x80, 0x00, 0x80, 0x40, 0x42, 0x0F, 0x00];
        assert_eq!(undo_differences(&bytes, 4, PixelType::I32), Samples::U32(vec![5, 4, 260, 1_000_260]));
        assert_eq!(undo_differences(&bytes, 5, PixelType::I32).len(), 4, "the bytes end before");
        assert_eq!(undo_differences(&bytes, 3, PixelType::U16), Samples::U16(vec![5, 4, 260]));
        assert_eq!(undo_differences(&[1, 0xFE], 2, PixelType::I32), Samples::U32(vec![1, u32::MAX]), "-1 is none");
    }
}
