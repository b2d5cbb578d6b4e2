//! Tiles on disk: one file per tile.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use image::codecs::png::PngEncoder;
use image::{ExtendedColorType, ImageEncoder};
use tiff::encoder::{TiffEncoder, colortype};

use super::geometry::TilePlace;
use crate::images::{Decoded, ImageError, Samples};

/// `png`, or `tif` where PNG cannot hold the depth.
pub(super) fn extension(image: &Decoded) -> &'static str {
    match image.samples {
        Samples::U32(_) | Samples::F32(_) => "tif",
        Samples::U8(_) | Samples::U16(_) => "png",
    }
}

/// Writes the tile at `place` with the depth and channels of its image.
pub(super) fn tile(image: &Decoded, place: &TilePlace, file: &Path) -> Result<(), ImageError> {
    write(image, place, file).map_err(|source| ImageError::Write { path: file.to_path_buf(), source })
}

fn write(image: &Decoded, place: &TilePlace, file: &Path) -> io::Result<()> {
    let (width, height) = (place.x.len() as u32, place.y.len() as u32);
    let mut out = BufWriter::new(File::create_new(file)?);
    let png = |out: &mut BufWriter<File>, bytes: &[u8], color: ExtendedColorType| {
        PngEncoder::new(out).write_image(bytes, width, height, color).map_err(png_error)
    };
    match &image.samples {
        Samples::U8(counts) => {
            let color = if image.channels == 1 { ExtendedColorType::L8 } else { ExtendedColorType::Rgb8 };
            png(&mut out, &window(counts, image, place), color)?;
        }
        Samples::U16(counts) => {
            let color = if image.channels == 1 { ExtendedColorType::L16 } else { ExtendedColorType::Rgb16 };
            let bytes: Vec<u8> = window(counts, image, place).into_iter().flat_map(u16::to_ne_bytes).collect();
            png(&mut out, &bytes, color)?;
        }
        Samples::U32(counts) => {
            let counts = window(counts, image, place);
            let mut encoder = TiffEncoder::new(&mut out).map_err(tiff_error)?;
            encoder.write_image::<colortype::Gray32>(width, height, &counts).map_err(tiff_error)?;
        }
        Samples::F32(counts) => {
            let counts = window(counts, image, place);
            let mut encoder = TiffEncoder::new(&mut out).map_err(tiff_error)?;
            if image.channels == 1 {
                encoder.write_image::<colortype::Gray32Float>(width, height, &counts).map_err(tiff_error)?;
            } else {
                encoder.write_image::<colortype::RGB32Float>(width, height, &counts).map_err(tiff_error)?;
            }
        }
    }
    out.flush()
}

fn window<T: Copy>(counts: &[T], image: &Decoded, place: &TilePlace) -> Vec<T> {
    let row = image.width * image.channels;
    let columns = place.x.start * image.channels..place.x.end * image.channels;
    place.y.clone().flat_map(|y| &counts[y * row..][columns.clone()]).copied().collect()
}

fn png_error(error: image::ImageError) -> io::Error {
    match error {
        image::ImageError::IoError(source) => source,
        other => io::Error::other(other),
    }
}

fn tiff_error(error: tiff::TiffError) -> io::Error {
    match error {
        tiff::TiffError::IoError(source) => source,
        other => io::Error::other(other),
    }
}
