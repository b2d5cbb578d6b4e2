//! Bytes become samples: one grey or three colour channels, at the depth the file has.
//!
//! The content decides on the format, never the extension. Alpha is blended over black; an image whose three channels
//! are equal everywhere is grey. Of an animation the first frame counts. Orientation tags are not followed, as in
//! image libraries of the training world, and it is said. What gzip packs is unpacked. The `image` crate decodes, except
//! TIFF (see [`tiff`](super::tiff)) and what detectors write (see `frames`).

mod animation;
pub(super) mod gzip;
mod integrity;
pub(super) mod jpeg_scan;
pub(super) mod samples;

use std::fs;
use std::io::Cursor;
use std::path::Path;

use image::error::{LimitErrorKind, UnsupportedErrorKind};
use image::metadata::Orientation;
use image::{ColorType, ImageDecoder, ImageFormat, ImageReader};

use super::frames::{self, cbf, edf, npy};
use super::guarded::guarded;
use super::patches;
use super::tiff::{self, Tiff};
use super::{DecodeError, Limits};
use crate::data::{FrameAddress, PatchAddress};
pub use samples::{Decoded, Mask, Samples};

/// Changes whenever some file is read as other numbers than before, so that no store keeps what was read wrongly.
pub const READING: u32 = 2;

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
    let bytes = &*gzip::unpacked(bytes)?;
    if let Some(format) = Counts::of(bytes) {
        return guarded(format.name(), || format.decode(bytes));
    }
    let format = format_of(bytes)?;
    let decoded = or_by_image(
        bytes,
        format,
        |tiff| tiff.read(0),
        || {
            check_size(decoded_header(bytes, format)?, format)?;
            let bytes = integrity::whole(bytes, format)?;
            let image = reader(&bytes, format).decode().map_err(|error| translate(error, format))?;
            // Writers of 32-bit BMP leave the fourth byte of a pixel zero, also where the header calls it alpha.
            Ok(Decoded::from_dynamic(image, format == ImageFormat::Bmp))
        },
    )?;
    Ok(decoded.into_grey_if_equal())
}

/// What `by_tiff` gives of a TIFF; what our reader does not know, and all other formats, `by_image` does.
fn or_by_image<T>(
    bytes: &[u8],
    format: ImageFormat,
    by_tiff: impl FnOnce(&mut Tiff<Cursor<&[u8]>>) -> Result<T, DecodeError>,
    by_image: impl FnOnce() -> Result<T, DecodeError>,
) -> Result<T, DecodeError> {
    if format != ImageFormat::Tiff || !tiff::applies(bytes) {
        return guarded(name(format), by_image);
    }
    match guarded("TIFF", || by_tiff(&mut Tiff::open(Cursor::new(bytes), bytes.len() as u64)?)) {
        Err(DecodeError::Unsupported { format, detail }) => {
            guarded("TIFF", by_image).map_err(|_| DecodeError::Unsupported { format, detail })
        }
        done => done,
    }
}

/// What a file of one picture holds besides it, such as further pictures of an animation; `None` where it is nothing.
pub(super) fn left_out(bytes: &[u8]) -> Option<String> {
    let bytes = &*gzip::unpacked(bytes).ok()?;
    let format = format_of(bytes).ok()?;
    if format == ImageFormat::Tiff {
        return Tiff::open(Cursor::new(bytes), bytes.len() as u64).ok()?.left_out();
    }
    let n = animation::frames(bytes, format);
    let pictures = (n > 1).then(|| format!("{} of {n} pictures", n - 1));
    let orientation = reader(bytes, format).into_decoder().and_then(|mut decoder| decoder.orientation());
    let turn = orientation.is_ok_and(|turn| turn != Orientation::NoTransforms);
    with_turn(pictures, turn)
}

/// What is left out of a file, and the turn where an orientation tag asks for one.
pub(super) fn with_turn(left_out: Option<String>, is_turned: bool) -> Option<String> {
    let turn = is_turned.then(|| TURN.to_owned());
    match (left_out, turn) {
        (Some(left_out), Some(turn)) => Some(format!("{left_out} and {turn}")),
        (left_out, turn) => left_out.or(turn),
    }
}

const TURN: &str = "the turn that its orientation tag asks for";

/// The format of the content, such as `PNG`; `None` where it is not known.
pub(super) fn format_name(bytes: &[u8]) -> Option<&'static str> {
    let bytes = &*gzip::unpacked(bytes).ok()?;
    match Counts::of(bytes) {
        Some(counts) => Some(counts.name()),
        None => format_of(bytes).ok().map(name),
    }
}

/// Size and depth, without decoding the pixels; finds most truncated files too.
///
/// # Errors
/// As [`decode_bytes`], for what the header and the outer structure of the file show.
pub fn read_header(bytes: &[u8]) -> Result<Header, DecodeError> {
    let bytes = &*gzip::unpacked(bytes)?;
    if let Some(format) = Counts::of(bytes) {
        return guarded(format.name(), || format.header(bytes));
    }
    let format = format_of(bytes)?;
    or_by_image(
        bytes,
        format,
        |tiff| Ok(tiff.header()),
        || {
            let (header, pixel) = decoded_header(bytes, format)?;
            check_size((header, pixel), format)?;
            // Whether a JPEG is whole costs a part of decoding it, and is looked at there.
            if format != ImageFormat::Jpeg {
                integrity::whole(bytes, format)?;
            }
            Ok(header)
        },
    )
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

    fn name(self) -> &'static str {
        match self {
            Self::Cbf => "CBF",
            Self::Edf => "EDF",
            Self::Npy => "npy",
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
        Err(_) if tiff::applies(bytes) => Ok(ImageFormat::Tiff),
        Err(_) => match packed_by(bytes) {
            Some(format) => Err(DecodeError::Unsupported { format, detail: "unpack it first".to_owned() }),
            None => Err(DecodeError::Unknown),
        },
    }
}

/// The archive or compression that the bytes start with.
fn packed_by(bytes: &[u8]) -> Option<&'static str> {
    let known: [(&[u8], &str); 5] = [
        (b"PK\x03\x04", "zip"),
        (b"BZh", "bzip2"),
        (b"\xFD7zXZ\0", "xz"),
        (b"\x28\xB5\x2F\xFD", "zstd"),
        (b"7z\xBC\xAF", "7z"),
    ];
    known.iter().find(|(start, _)| bytes.starts_with(start)).map(|(_, name)| *name)
}

/// Header and bytes per pixel of the decoded image.
fn decoded_header(bytes: &[u8], format: ImageFormat) -> Result<(Header, u64), DecodeError> {
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
