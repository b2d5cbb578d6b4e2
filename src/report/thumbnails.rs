//! Images made small: for montages, galleries and the scatter plot of the page.

use image::codecs::jpeg::JpegEncoder;
use image::imageops::{self, FilterType};
use image::{ImageEncoder, RgbImage};
use ndarray::Axis;

use super::canvas::PlotError;
use crate::images::Image;

/// `image` in RGB, scaled to fit `edge` × `edge` pixels; the aspect ratio stays. Values are cut to `0..=255`,
/// NaN is black; an image without pixels becomes one black pixel. Shrinking averages the pixels that fall together.
#[must_use]
pub fn thumbnail(image: &Image, edge: u32) -> RgbImage {
    let (height, width, channels) = image.pixels.dim();
    if height == 0 || width == 0 || channels == 0 || edge == 0 {
        return RgbImage::new(1, 1);
    }
    let scale = f64::from(edge) / width.max(height) as f64;
    let [to_w, to_h] = [width, height].map(|side| ((side as f64 * scale).round() as u32).clamp(1, edge));
    if scale < 1.0 {
        averaged(image, to_w, to_h)
    } else {
        imageops::resize(&averaged(image, width as u32, height as u32), to_w, to_h, FilterType::Triangle)
    }
}

/// Shrinks to `to_w` × `to_h` pixels, each the mean of a box of at least one pixel.
fn averaged(image: &Image, to_w: u32, to_h: u32) -> RgbImage {
    let (height, width, channels) = image.pixels.dim();
    let kept = if channels < 3 { 1 } else { 3 };
    let bounds = |at: u32, from: usize, to: u32| {
        let start = at as usize * from / to as usize;
        start..((at as usize + 1) * from / to as usize).max(start + 1)
    };
    let columns: Vec<_> = (0..to_w).map(|x| bounds(x, width, to_w)).collect();
    let mut small = RgbImage::new(to_w, to_h);
    let mut sums = vec![0.0_f32; to_w as usize * kept];
    for y in 0..to_h {
        let rows = bounds(y, height, to_h);
        sums.fill(0.0);
        for row in rows.clone() {
            let pixels = image.pixels.index_axis(Axis(0), row);
            let pixels = pixels.as_standard_layout(); // borrowed unless the image is a strange view
            let Some(pixels) = pixels.as_slice() else { continue };
            for (sum, columns) in sums.chunks_exact_mut(kept).zip(&columns) {
                for pixel in pixels[columns.start * channels..columns.end * channels].chunks_exact(channels) {
                    sum.iter_mut().zip(pixel).for_each(|(sum, value)| *sum += value);
                }
            }
        }
        for (x, (sum, columns)) in (0..).zip(sums.chunks_exact(kept).zip(&columns)) {
            let count = (rows.len() * columns.len()) as f32;
            let value = |channel: usize| (sum[channel % kept] / count).round() as u8; // `as` cuts and takes NaN to 0
            small.put_pixel(x, y, image::Rgb([0, 1, 2].map(value)));
        }
    }
    small
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
    fn shrinking_averages() {
        let colour = Array3::from_shape_fn((4, 8, 3), |(y, x, c)| [(y * 10) as f32, (x * 10) as f32, 300.0][c]);
        let small = thumbnail(&Image { pixels: colour }, 2);
        assert_eq!(small.dimensions(), (2, 1));
        assert_eq!((small.get_pixel(0, 0).0, small.get_pixel(1, 0).0), ([15, 15, 255], [15, 55, 255]));
        let grey = Array3::from_shape_fn((3, 5, 1), |(_, x, _)| [0.0, 10.0, 20.0, 31.0, 41.0][x]);
        let small = thumbnail(&Image { pixels: grey }, 2);
        assert_eq!((small.get_pixel(0, 0).0, small.get_pixel(1, 0).0), ([5; 3], [31; 3]));
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
