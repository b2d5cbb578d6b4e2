//! Bytes become samples: one grey or three colour channels, at the depth the file has.
//!
//! The content decides on the format, never the extension. Alpha is blended over black; an image whose three channels
//! are equal everywhere is grey. Of an animation the first frame counts. Orientation tags are ignored, as image
//! libraries of the training world do. The `image` crate decodes, except what it refuses of TIFF (see `tiff_grey`) and what
//! detectors write (see `frames`).

mod integrity;
mod samples;
pub(super) mod tiff_grey;

use std::fs;
use std::io::Cursor;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use image::error::{LimitErrorKind, UnsupportedErrorKind};
use image::{ColorType, ImageDecoder, ImageFormat, ImageReader};

use super::frames::{self, cbf, edf, npy};
use super::patches;
use super::{DecodeError, Limits};
use crate::data::{FrameAddress, PatchAddress};
pub use samples::{Decoded, Samples};

/// Size and depth of an image, as the first bytes of a file tell them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    /// In pixels.
    pub width: u32,
    /// In pixels.
    pub height: u32,
    /// Bits per channel after decoding: 8, 16 or 32.
    pub bit_depth: u8,
}

/// Reads and decodes a file, or one frame of a file that is addressed as `file.h5#17`, or a patch of either that is
/// addressed as `file.png#xywh=64,0,32,32`.
///
/// # Errors
/// When the file cannot be read or is no whole image of a supported kind.
pub fn decode(path: &Path) -> Result<Decoded, DecodeError> {
    if let Some(patch) = PatchAddress::parse(path) {
        return patches::read(&patch);
    }
    match FrameAddress::parse(path) {
        Some(address) => frames::read(&address),
        None => decode_bytes(&read(path)?),
    }
}

/// Size and depth of a file or frame.
///
/// # Errors
/// As [`decode`], for what the header shows.
pub fn header_of(path: &Path) -> Result<Header, DecodeError> {
    if let Some(patch) = PatchAddress::parse(path) {
        return patches::header(&patch);
    }
    match FrameAddress::parse(path) {
        Some(address) => frames::header(&address),
        None => read_header(&read(path)?),
    }
}

/// Decodes the bytes of an image file.
///
/// # Errors
/// When the bytes are no whole image of a supported kind.
pub fn decode_bytes(bytes: &[u8]) -> Result<Decoded, DecodeError> {
    if let Some(format) = Counts::of(bytes) {
        return format.decode(bytes);
    }
    let format = format_of(bytes)?;
    guarded(format, || {
        check_size(decoded_header(bytes, format)?, format)?;
        integrity::check(bytes, format)?;
        let decoded = if format == ImageFormat::Tiff && tiff_grey::applies(bytes) {
            tiff_grey::decode(bytes, Limits::current().bytes)?
        } else {
            Decoded::from_dynamic(reader(bytes, format).decode().map_err(|error| translate(error, format))?)
        };
        Ok(decoded.into_grey_if_equal())
    })
}

/// Size and depth, without decoding the pixels; finds most truncated files too.
///
/// # Errors
/// As [`decode_bytes`], for what the header and the outer structure of the file show.
pub fn read_header(bytes: &[u8]) -> Result<Header, DecodeError> {
    if let Some(format) = Counts::of(bytes) {
        return format.header(bytes);
    }
    let format = format_of(bytes)?;
    guarded(format, || {
        let (header, pixel) = decoded_header(bytes, format)?;
        check_size((header, pixel), format)?;
        integrity::check(bytes, format)?;
        Ok(header)
    })
}

/// Formats of detectors that hold one image.
#[derive(Debug, Clone, Copy)]
enum Counts {
    Cbf,
    Edf,
    Npy,
}

impl Counts {
    fn of(bytes: &[u8]) -> Option<Self> {
        match bytes {
            _ if cbf::applies(bytes) => Some(Self::Cbf),
            [b'{', b'\r' | b'\n', ..] if edf::applies(bytes) => Some(Self::Edf),
            [0x93, b'N', b'U', b'M', b'P', b'Y', ..] => Some(Self::Npy),
            _ => None,
        }
    }

    fn decode(self, bytes: &[u8]) -> Result<Decoded, DecodeError> {
        match self {
            Self::Cbf => cbf::decode(bytes),
            Self::Edf => edf::decode(bytes),
            Self::Npy => npy::decode(bytes),
        }
    }

    fn header(self, bytes: &[u8]) -> Result<Header, DecodeError> {
        match self {
            Self::Cbf => cbf::header(bytes),
            Self::Edf => edf::header(bytes),
            Self::Npy => npy::header(bytes),
        }
    }
}

/// The bytes of a regular file that is not absurdly large.
pub(super) fn read(path: &Path) -> Result<Vec<u8>, DecodeError> {
    let metadata = fs::metadata(path)?;
    if !metadata.is_file() {
        return Err(std::io::Error::other("not a regular file").into());
    }
    Limits::current().check_file(metadata.len())?;
    Ok(fs::read(path)?)
}

fn format_of(bytes: &[u8]) -> Result<ImageFormat, DecodeError> {
    if bytes.is_empty() {
        return Err(DecodeError::Empty);
    }
    match image::guess_format(bytes) {
        Ok(format) if format.reading_enabled() => Ok(format),
        Ok(format) => Err(DecodeError::Unsupported { format: name(format), detail: "no decoder for it".to_owned() }),
        Err(_) if bytes.starts_with(b"II+\0") || bytes.starts_with(b"MM\0+") => Ok(ImageFormat::Tiff),
        Err(_) => Err(DecodeError::Unknown),
    }
}

/// Header and bytes per pixel of the decoded image.
fn decoded_header(bytes: &[u8], format: ImageFormat) -> Result<(Header, u64), DecodeError> {
    if format == ImageFormat::Tiff && tiff_grey::applies(bytes) {
        return tiff_grey::header(bytes);
    }
    let decoder = reader(bytes, format).into_decoder().map_err(|error| translate(error, format))?;
    let (width, height) = decoder.dimensions();
    let bit_depth = match decoder.color_type() {
        ColorType::L16 | ColorType::La16 | ColorType::Rgb16 | ColorType::Rgba16 => 16,
        ColorType::Rgb32F | ColorType::Rgba32F => 32,
        _ => 8,
    };
    Ok((Header { width, height, bit_depth }, u64::from(decoder.color_type().bytes_per_pixel())))
}

fn check_size((header, pixel): (Header, u64), format: ImageFormat) -> Result<(), DecodeError> {
    let Header { width, height, .. } = header;
    if width == 0 || height == 0 {
        return Err(DecodeError::Corrupt { format: name(format), detail: format!("{width}×{height} pixels") });
    }
    Limits::current().check(u64::from(width), u64::from(height), pixel)
}

fn reader(bytes: &[u8], format: ImageFormat) -> ImageReader<Cursor<&[u8]>> {
    let mut limits = image::Limits::default();
    limits.max_alloc = Some(2 * Limits::current().bytes);
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    reader.limits(limits);
    reader
}

/// A decoder that panics has met a corrupt file: that must not end the run.
fn guarded<T>(format: ImageFormat, work: impl FnOnce() -> Result<T, DecodeError>) -> Result<T, DecodeError> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| {
        Err(DecodeError::Corrupt { format: name(format), detail: "the decoder gave up".to_owned() })
    })
}

fn translate(error: image::ImageError, format: ImageFormat) -> DecodeError {
    let format = name(format);
    match error {
        image::ImageError::IoError(source) if source.kind() == std::io::ErrorKind::UnexpectedEof => {
            DecodeError::Truncated { format, detail: "the file ends too early" }
        }
        image::ImageError::Limits(limit) => {
            let what = match limit.kind() {
                LimitErrorKind::DimensionError => "its size in pixels",
                _ => "the memory it needs",
            };
            DecodeError::TooLarge {
                what: what.to_owned(),
                limit: format!("{} MB", (2 * Limits::current().bytes) >> 20),
            }
        }
        image::ImageError::Unsupported(unsupported) => {
            let detail = match unsupported.kind() {
                UnsupportedErrorKind::Color(color) => format!("pixels of kind {color:?}"),
                UnsupportedErrorKind::GenericFeature(feature) => feature,
                other => format!("{other:?}"),
            };
            DecodeError::Unsupported { format, detail }
        }
        other => {
            let detail = other.to_string();
            let cause = std::error::Error::source(&other).map_or(detail, ToString::to_string).trim().to_owned();
            let lower = cause.to_lowercase();
            if ["end of file", "eof", "fill whole buffer", "not enough bytes"].iter().any(|sign| lower.contains(sign)) {
                return DecodeError::Truncated { format, detail: "the file ends too early" };
            }
            DecodeError::Corrupt { format, detail: cause }
        }
    }
}

fn name(format: ImageFormat) -> &'static str {
    match format {
        ImageFormat::Png => "PNG",
        ImageFormat::Jpeg => "JPEG",
        ImageFormat::Tiff => "TIFF",
        ImageFormat::Bmp => "BMP",
        ImageFormat::WebP => "WebP",
        ImageFormat::Gif => "GIF",
        ImageFormat::Pnm => "PNM",
        ImageFormat::Avif => "AVIF",
        ImageFormat::OpenExr => "OpenEXR",
        ImageFormat::Hdr => "HDR",
        ImageFormat::Qoi => "QOI",
        ImageFormat::Dds => "DDS",
        ImageFormat::Ico => "ICO",
        ImageFormat::Tga => "TGA",
        ImageFormat::Farbfeld => "farbfeld",
        _ => "unknown",
    }
}

#[cfg(test)]
mod tests;
