//! Finds files that end too early by their outer structure, where decoders would fill the rest with grey.

use image::ImageFormat;

use super::DecodeError;

/// Whether the file is all there, as far as its chunks and markers tell.
pub(super) fn check(bytes: &[u8], format: ImageFormat) -> Result<(), DecodeError> {
    match format {
        ImageFormat::Jpeg if !jpeg_is_whole(bytes) => {
            Err(DecodeError::Truncated { format: "JPEG", detail: "no end-of-image marker" })
        }
        ImageFormat::Png if !png_is_whole(bytes) => {
            Err(DecodeError::Truncated { format: "PNG", detail: "the last chunk is missing" })
        }
        ImageFormat::WebP if !webp_is_whole(bytes) => {
            Err(DecodeError::Truncated { format: "WebP", detail: "shorter than its header says" })
        }
        _ => Ok(()),
    }
}

fn big_endian(bytes: &[u8], at: usize, width: usize) -> Option<usize> {
    bytes.get(at..at + width).map(|digits| digits.iter().fold(0, |sum, &digit| sum << 8 | usize::from(digit)))
}

/// Walks marker by marker, so that the end marker of a thumbnail in the header is not taken for the image's.
fn jpeg_is_whole(bytes: &[u8]) -> bool {
    let mut at = 2;
    loop {
        // Between segments lie fill bytes; within a scan FF00 is data and FFD0 to FFD7 are restarts.
        while !matches!((bytes.get(at), bytes.get(at + 1)), (Some(0xFF), Some(1..=0xCF | 0xD8..=0xFE))) {
            at += 1;
            if at >= bytes.len() {
                return false;
            }
        }
        match bytes[at + 1] {
            0xD9 => return true,
            1 | 0xD8 => at += 2,
            _ => match big_endian(bytes, at + 2, 2) {
                Some(length) => at += 2 + length.max(2),
                None => return false,
            },
        }
    }
}

fn png_is_whole(bytes: &[u8]) -> bool {
    let mut at = 8;
    while let Some(length) = big_endian(bytes, at, 4) {
        let Some(end) = at.checked_add(12).and_then(|end| end.checked_add(length)) else { return false };
        if bytes.get(at + 4..at + 8) == Some(b"IEND") {
            // A missing checksum of the empty last chunk loses nothing.
            return true;
        }
        at = end;
    }
    false
}

fn webp_is_whole(bytes: &[u8]) -> bool {
    let Some(size) = bytes.get(4..8) else { return false };
    let size = size.iter().rev().fold(0, |sum, &digit| sum << 8 | usize::from(digit));
    bytes.len() >= size.saturating_add(8)
}
