//! Outlines of dark parts: Otsu's threshold, then borders followed around.
//!
//! References: Otsu, "A threshold selection method from gray-level histograms", 1979; Suzuki & Abe, "Topological
//! structural analysis of digitized binary images by border following", 1985. Numbers as OpenCV's.

use image::{GrayImage, Luma};
use imageproc::contours::{BorderType, find_contours};
use imageproc::contrast::otsu_level;
use ndarray::ArrayView2;

/// The outer border of a connected part (eight neighbours).
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Contour {
    /// Its pixels `(x, y)`, each a neighbour of the one before; the last of the first.
    pub points: Vec<(i32, i32)>,
    /// Inside the line through the middles of the pixels, in pixels.
    pub area: f64,
    /// Length of that line, in pixels.
    pub perimeter: f64,
}

/// The part of largest area among those not above Otsu's threshold; holes count as inside. `None` where nothing is dark.
pub(super) fn largest_dark(pixels: ArrayView2<'_, f32>) -> Option<Contour> {
    let (height, width) = pixels.dim();
    let mut grey = GrayImage::new(width as u32, height as u32);
    for (level, pixel) in grey.pixels_mut().zip(pixels) {
        level.0 = [(pixel + 0.5) as u8]; // rounded: intensities are not negative
    }
    let threshold = otsu_level(&grey);
    // The search sees no border along the edge of the image: the mask gets an empty frame.
    let mut mask = GrayImage::new(width as u32 + 2, height as u32 + 2);
    for (x, y, level) in grey.enumerate_pixels() {
        if level.0[0] <= threshold {
            mask.put_pixel(x + 1, y + 1, Luma([255]));
        }
    }
    find_contours::<i32>(&mask)
        .into_iter()
        .filter(|contour| contour.border_type == BorderType::Outer && contour.parent.is_none())
        .map(|contour| Contour::through(contour.points.iter().map(|point| (point.x - 1, point.y - 1)).collect()))
        .reduce(|best, next| if next.area > best.area { next } else { best })
}

impl Contour {
    fn through(points: Vec<(i32, i32)>) -> Self {
        let (mut twice, mut perimeter) = (0_i64, 0.0);
        for (&(x, y), &(next_x, next_y)) in points.iter().zip(points.iter().cycle().skip(1)) {
            twice += i64::from(x) * i64::from(next_y) - i64::from(next_x) * i64::from(y);
            perimeter += f64::from(next_x - x).hypot(f64::from(next_y - y));
        }
        Self { points, area: twice.abs() as f64 / 2.0, perimeter }
    }
}
