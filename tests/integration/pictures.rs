//! Small images, good and bad, made on the spot.

use std::path::Path;

use image::{DynamicImage, GrayImage, ImageFormat, Luma, RgbImage};

/// A grey picture of stripes or checks, different for every `seed`.
pub fn pattern(seed: u32, side: u32) -> GrayImage {
    let period = 2 + seed % 7;
    let checks = seed.is_multiple_of(2);
    GrayImage::from_fn(side, side, |x, y| {
        let on = if checks { (x / period + y / period).is_multiple_of(2) } else { (x / period).is_multiple_of(2) };
        let noise = (x * 31 + y * 17 + seed * 101) % 23;
        Luma([if on { 180 + noise as u8 } else { 40 + noise as u8 }])
    })
}

pub fn encode(image: impl Into<DynamicImage>, format: ImageFormat) -> Vec<u8> {
    let mut bytes = std::io::Cursor::new(Vec::new());
    image.into().write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

/// `n` different patterns as `p00.png`, `p01.png`, ….
pub fn fill(folder: &Path, n: u32, side: u32) {
    std::fs::create_dir_all(folder).unwrap();
    for seed in 0..n {
        pattern(seed, side).save(folder.join(format!("p{seed:02}.png"))).unwrap();
    }
}

pub fn colour(side: u32) -> RgbImage {
    RgbImage::from_fn(side, side, |x, y| image::Rgb([(x * 3) as u8, (y * 5) as u8, 90]))
}
