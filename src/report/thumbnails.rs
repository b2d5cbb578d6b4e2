//! Images made small: for montages, galleries and the scatter plot of the page.

use image::codecs::jpeg::JpegEncoder;
use image::imageops::{self, FilterType};
use image::{ImageEncoder, RgbImage};

use super::canvas::PlotError;
use crate::images::Image;

/// `image` in RGB, scaled to fit `edge` × `edge` pixels; the aspect ratio stays. Values are cut to `0..=255`,
/// NaN is black; an image without pixels becomes one black pixel.
#[must_use]
pub fn thumbnail(image: &Image, edge: u32) -> RgbImage {
    let (height, width, channels) = image.pixels.dim();
    if height == 0 || width == 0 || channels == 0 || edge == 0 {
        return RgbImage::new(1, 1);
    }
    let value = |row: u32, column: u32, channel: usize| image.pixels[[row as usize, column as usize, channel]] as u8;
    let (w, h) = (width as u32, height as u32);
    let full =
        RgbImage::from_fn(w, h, |x, y| image::Rgb([0, 1, 2].map(|c| value(y, x, if channels < 3 { 0 } else { c }))));
    let scale = f64::from(edge) / f64::from(w.max(h));
    let [to_w, to_h] = [w, h].map(|side| ((f64::from(side) * scale).round() as u32).clamp(1, edge));
    if scale < 1.0 {
        imageops::thumbnail(&full, to_w, to_h)
    } else {
        imageops::resize(&full, to_w, to_h, FilterType::Triangle)
    }
}

/// The bytes of a JPEG file; grey pictures are stored with one channel.
///
/// # Errors
/// When the encoder fails.
pub fn jpeg(picture: &RgbImage, quality: u8) -> Result<Vec<u8>, PlotError> {
    let mut bytes = Vec::new();
    let encoder = JpegEncoder::new_with_quality(&mut bytes, quality);
    let (width, height) = picture.dimensions();
    if picture.pixels().all(|pixel| pixel[0] == pixel[1] && pixel[1] == pixel[2]) {
        let grey: Vec<u8> = picture.pixels().map(|pixel| pixel[0]).collect();
        encoder.write_image(&grey, width, height, image::ExtendedColorType::L8)?;
    } else {
        encoder.write_image(picture, width, height, image::ExtendedColorType::Rgb8)?;
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::Array3;

    #[test]
    fn thumbnails_keep_the_aspect_ratio() {
        let image = Image { pixels: Array3::from_elem((50, 200, 1), 90.0) };
        assert_eq!(thumbnail(&image, 100).dimensions(), (100, 25));
        assert_eq!(thumbnail(&image, 400).dimensions(), (400, 100));
        assert_eq!(thumbnail(&image, 100).get_pixel(3, 3).0, [90; 3]);
    }

    #[test]
    fn odd_images_become_thumbnails_too() {
        for shape in [(0, 0, 1), (1, 1, 1), (1, 5000, 1), (3, 3, 3), (2, 2, 2)] {
            let small = thumbnail(&Image { pixels: Array3::from_elem(shape, f32::NAN) }, 64);
            assert!(small.width() <= 64 && small.height() >= 1, "{shape:?}");
            assert!(jpeg(&small, 80).is_ok());
        }
    }
}
