//! CBF, the crystallographic binary file of Pilatus and Eiger detectors: a text header, then byte-offset differences.
//!
//! Reference: Bernstein and Ellis, "Definition of the CBF/imgCIF format", section 5.6 (`x-CBF_BYTE_OFFSET`). Each pixel
//! is the difference to the one before, in one byte, or in two after 0x80, or in four after 0x8000, or in eight.

use super::Header;
use super::counts::{frame, of_i32};
use crate::images::{DecodeError, Decoded, Limits};

/// Ends the text of a binary section.
const MARK: [u8; 4] = [0x0C, 0x1A, 0x04, 0xD5];

/// Whether the bytes start as a CBF does.
pub(in crate::images) fn applies(bytes: &[u8]) -> bool {
    bytes.starts_with(b"###CBF")
}

/// The image in the bytes of a whole file; negative counts are pixels that were not measured.
pub(in crate::images) fn decode(bytes: &[u8]) -> Result<Decoded, DecodeError> {
    let section = Section::of(bytes)?;
    let pixels = undo_differences(section.bytes, section.height * section.width).ok_or_else(truncated)?;
    frame(of_i32(pixels.into_iter()), section.height, section.width).ok_or_else(truncated)
}

/// Size and depth of the image in the bytes of a whole file.
pub(in crate::images) fn header(bytes: &[u8]) -> Result<Header, DecodeError> {
    let section = Section::of(bytes)?;
    Ok(Header { width: section.width as u32, height: section.height as u32, bit_depth: 32 })
}

/// The binary section of a file.
struct Section<'a> {
    height: usize,
    width: usize,
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
        if !text.contains("x-CBF_BYTE_OFFSET") {
            return unsupported("a compression other than byte offsets".to_owned());
        }
        match value("X-Binary-Element-Type").map(|value| value.trim_matches('"')) {
            Some("signed 32-bit integer") | None => {}
            Some(other) => return unsupported(format!("pixels of type `{other}`")),
        }
        let (width, height) = (number("X-Binary-Size-Fastest-Dimension")?, number("X-Binary-Size-Second-Dimension")?);
        let size = number("X-Binary-Size")?;
        let start = mark + MARK.len();
        let end = start.checked_add(size).filter(|end| *end <= bytes.len()).ok_or_else(truncated)?;
        // Every pixel takes a byte at least: a header that promises more is damaged.
        if height.checked_mul(width).is_none_or(|pixels| pixels > size) {
            return Err(truncated());
        }
        Limits::current().check(width as u64, height as u64, size_of::<i32>() as u64)?;
        Ok(Self { height, width, bytes: &bytes[start..end] })
    }
}

/// `n` numbers out of their differences; `None` where the bytes end before.
fn undo_differences(bytes: &[u8], n: usize) -> Option<Vec<i32>> {
    let mut numbers = Vec::with_capacity(n);
    let (mut at, mut value) = (0, 0_i32);
    for _ in 0..n {
        let byte = *bytes.get(at)?;
        at += 1;
        let difference = if byte == 0x80 {
            let two = i16::from_le_bytes(*bytes.get(at..)?.first_chunk()?);
            at += 2;
            if two == i16::MIN {
                let four = i32::from_le_bytes(*bytes.get(at..)?.first_chunk()?);
                at += 4;
                if four == i32::MIN {
                    let eight = i64::from_le_bytes(*bytes.get(at..)?.first_chunk()?);
                    at += 8;
                    eight as i32
                } else {
                    four
                }
            } else {
                i32::from(two)
            }
        } else {
            i32::from(byte.cast_signed())
        };
        value = value.wrapping_add(difference);
        numbers.push(value);
    }
    Some(numbers)
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
        assert_eq!(undo_differences(&bytes, 4), Some(vec![5, 4, 260, 1_000_260]));
        assert_eq!(undo_differences(&bytes, 5), None);
    }
}
