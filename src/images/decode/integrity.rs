//! Finds damage that decoders pass over: they would fill the rest with grey, or trust a checksum unseen.

use std::borrow::Cow;

use image::ImageFormat;

use super::{DecodeError, jpeg_scan};

/// The bytes of a picture that is all there and whose checksums hold, with the end mark that decoders wait for.
pub(super) fn whole(bytes: &[u8], format: ImageFormat) -> Result<Cow<'_, [u8]>, DecodeError> {
    const PNG_END: [u8; 12] = [0, 0, 0, 0, b'I', b'E', b'N', b'D', 0xAE, 0x42, 0x60, 0x82];
    // Decoders fill the end of a JPEG without its mark with grey, whole as it may be.
    const JPEG_END: [u8; 2] = [0xFF, 0xD9];
    match format {
        ImageFormat::Jpeg => {
            jpeg_scan::check(bytes)?;
            Ok(if bytes.ends_with(&JPEG_END) { bytes.into() } else { [bytes, &JPEG_END].concat().into() })
        }
        ImageFormat::Png => Ok(match png_chunks(bytes)? {
            None => bytes.into(),
            Some(end) => [&bytes[..end], &PNG_END].concat().into(),
        }),
        ImageFormat::WebP if !webp_is_whole(bytes) => {
            Err(DecodeError::Truncated { format: "WebP", detail: "shorter than its header says" })
        }
        _ => Ok(bytes.into()),
    }
}

fn big_endian(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0, |sum, &digit| sum << 8 | u32::from(digit))
}

/// Where the last whole chunk ends, if no end mark follows it. Checks the checksums of all chunks that the first picture is
/// made of: those with a capital letter, and transparency. Whether pixels are missing where no chunk is cut is for the
/// decoder to tell.
fn png_chunks(bytes: &[u8]) -> Result<Option<usize>, DecodeError> {
    let truncated = || DecodeError::Truncated { format: "PNG", detail: "a chunk is not whole" };
    let mut rest = bytes.get(8..).ok_or_else(truncated)?;
    while let Some((head, after)) = rest.split_at_checked(8) {
        let (length, name) = (big_endian(&head[..4]) as usize, &head[4..]);
        if name == b"IEND" {
            // A missing checksum of the empty last chunk loses nothing, and what follows is no part of the picture.
            return Ok(None);
        }
        let matters = name[0].is_ascii_uppercase() || name == b"tRNS";
        let Some((sum, next)) = after.split_at_checked(length).and_then(|(_, after)| after.split_at_checked(4)) else {
            return if matters { Err(truncated()) } else { Ok(Some(bytes.len() - rest.len())) };
        };
        let whole = &rest[4..8 + length];
        if matters && crc32fast::hash(whole) != big_endian(sum) {
            let detail = format!("the checksum of its chunk `{}` does not hold", String::from_utf8_lossy(name));
            return Err(DecodeError::Corrupt { format: "PNG", detail });
        }
        rest = next;
    }
    Ok(Some(bytes.len() - rest.len()))
}

fn webp_is_whole(bytes: &[u8]) -> bool {
    let Some(size) = bytes.get(4..8) else { return false };
    let size = size.iter().rev().fold(0, |sum, &digit| sum << 8 | usize::from(digit));
    bytes.len() >= size.saturating_add(8)
}
