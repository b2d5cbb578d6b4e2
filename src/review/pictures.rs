//! Pictures that are not thumbnails: whole images for a browser, and what stands for one that cannot be read.

use std::path::Path;

use image::codecs::png::PngEncoder;
use image::{ExtendedColorType, ImageEncoder, Rgb, RgbImage};

use crate::images::{DecodeError, DepthRange, decode};
use crate::report::thumbnail;

/// The longest side of a whole image in pixels.
const LARGEST: u32 = 2048;

/// An image of any depth as a PNG of 8 bits, at most [`LARGEST`] pixels wide or high.
///
/// # Errors
/// When the file is not there or no image.
pub(super) fn whole(file: &Path, depth: &DepthRange) -> Result<Vec<u8>, DecodeError> {
    let image = depth.apply(&decode(file)?);
    let (height, width, _) = image.pixels.dim();
    let side = u32::try_from(height.max(width)).unwrap_or(LARGEST).min(LARGEST);
    png(&thumbnail(&image, side)).map_err(|error| DecodeError::from(std::io::Error::other(error)))
}

/// A grey field with a cross: here is an image that cannot be shown.
///
/// # Errors
/// Never in practice: such a picture can be encoded.
pub(super) fn placeholder(size: u32) -> Result<Vec<u8>, image::ImageError> {
    let (field, line) = (Rgb([232, 232, 232]), Rgb([160, 160, 160]));
    let picture = RgbImage::from_fn(size, size, |x, y| {
        let edge = x.min(y).min(size - 1 - x).min(size - 1 - y);
        let crosses = x.abs_diff(y) <= 1 || (x + y).abs_diff(size - 1) <= 1;
        if edge == 0 || crosses { line } else { field }
    });
    png(&picture)
}

fn png(picture: &RgbImage) -> Result<Vec<u8>, image::ImageError> {
    let mut bytes = Vec::new();
    let (width, height) = picture.dimensions();
    let encoder = PngEncoder::new(&mut bytes);
    if picture.pixels().all(|Rgb([red, green, blue])| red == green && green == blue) {
        let grey: Vec<u8> = picture.pixels().map(|pixel| pixel[0]).collect();
        encoder.write_image(&grey, width, height, ExtendedColorType::L8)?;
    } else {
        encoder.write_image(picture, width, height, ExtendedColorType::Rgb8)?;
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_images_keep_their_size_up_to_the_limit() {
        let home = tempfile::tempdir().unwrap();
        let file = home.path().join("a.png");
        for (width, shown) in [(30, 30), (4096, 2048)] {
            RgbImage::from_fn(width, 10, |x, _| Rgb([x as u8, 0, 0])).save(&file).unwrap();
            let picture = image::load_from_memory(&whole(&file, &DepthRange::default()).unwrap()).unwrap();
            assert_eq!((picture.width(), picture.color()), (shown, image::ColorType::Rgb8));
        }
        std::fs::write(&file, b"no image").unwrap();
        assert!(whole(&file, &DepthRange::default()).is_err());
        assert!(image::load_from_memory(&placeholder(64).unwrap()).is_ok());
    }
}
