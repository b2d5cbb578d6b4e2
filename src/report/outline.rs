//! A line around a part of an image.

use image::{Rgb, RgbImage};
use ndarray::Array2;

use super::style::VERMILION;

/// Half the width of the line, in pixels.
const REACH: u32 = 1;

/// Draws where `inside`, of shape `[height, width]`, ends over `picture`, which shows the same image at any size.
pub fn outline(picture: &mut RgbImage, inside: &Array2<bool>) {
    let (height, width) = inside.dim();
    let (wide, high) = picture.dimensions();
    let is_inside = |x: u32, y: u32| inside[[y as usize * height / high as usize, x as usize * width / wide as usize]];
    let ends_at = |x: u32, y: u32| {
        let here = is_inside(x, y);
        (x + 1 < wide && is_inside(x + 1, y) != here) || (y + 1 < high && is_inside(x, y + 1) != here)
    };
    let all = (0..high).flat_map(|y| (0..wide).map(move |x| (x, y)));
    let line: Vec<(u32, u32)> = all.filter(|&(x, y)| ends_at(x, y)).collect();
    for (x, y) in line {
        for at_y in y.saturating_sub(REACH)..(y + REACH + 1).min(high) {
            for at_x in x.saturating_sub(REACH)..(x + REACH + 1).min(wide) {
                picture.put_pixel(at_x, at_y, Rgb(VERMILION));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_runs_where_the_part_ends() {
        let inside = Array2::from_shape_fn((10, 20), |(_, x)| x < 10);
        let mut picture = RgbImage::new(40, 20);
        outline(&mut picture, &inside);
        let row: Vec<u32> = (0..40).filter(|&x| picture.get_pixel(x, 7).0 == VERMILION).collect();
        assert_eq!(row, [18, 19, 20]);
        let mut untouched = RgbImage::new(40, 20);
        outline(&mut untouched, &Array2::from_elem((10, 20), true));
        assert_eq!(untouched, RgbImage::new(40, 20));
    }
}
