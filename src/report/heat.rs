//! A heat map over the image it explains.

use ndarray::{Array2, Array3, ArrayView2};

use super::style::{Colour, VERMILION, mix};
use crate::images::Image;

const HOT: Colour = [255, 230, 90];
/// How much of the image the hottest place hides.
const COVER: f64 = 0.65;

/// `image` in RGB with `heat` over it: nothing where there is none, yellow at its highest.
///
/// `heat` has any shape, 0 or more, and is stretched over the image; without any heat the image stays as it is.
#[must_use]
pub fn heat_overlay(image: &Image, heat: ArrayView2<'_, f32>) -> Image {
    let (height, width, channels) = image.pixels.dim();
    let highest = heat.iter().copied().filter(|value| value.is_finite()).fold(0.0_f32, f32::max);
    let share = if highest > 0.0 { stretched(heat, height, width) / highest } else { Array2::zeros((height, width)) };
    let pixels = Array3::from_shape_fn((height, width, 3), |(y, x, c)| {
        let under = f64::from(image.pixels[[y, x, c.min(channels - 1)]]);
        let heat = f64::from(share[[y, x]]).clamp(0.0, 1.0);
        let colour = f64::from(mix(VERMILION, HOT, heat)[c]);
        (under + (colour - under) * heat * COVER) as f32
    });
    Image { pixels }
}

/// Bilinear, with the middle of each cell where it belongs.
fn stretched(heat: ArrayView2<'_, f32>, height: usize, width: usize) -> Array2<f32> {
    let (rows, columns) = heat.dim();
    let place = |at: usize, from: usize, to: usize| {
        let centre = ((at as f32 + 0.5) * from as f32 / to as f32 - 0.5).clamp(0.0, (from - 1) as f32);
        let below = centre.floor() as usize;
        (below, (below + 1).min(from - 1), centre.fract())
    };
    Array2::from_shape_fn((height, width), |(y, x)| {
        let (top, bottom, down) = place(y, rows, height);
        let (left, right, across) = place(x, columns, width);
        let row = |y: usize| heat[[y, left]] * (1.0 - across) + heat[[y, right]] * across;
        row(top) * (1.0 - down) + row(bottom) * down
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    #[test]
    fn the_hot_corner_glows_and_the_cold_one_is_the_image() {
        let image = Image { pixels: Array3::from_elem((40, 60, 1), 100.0) };
        let over = heat_overlay(&image, array![[0.0, 0.0], [0.0, 2.0]].view());
        assert_eq!(over.pixels.dim(), (40, 60, 3));
        let at = |y: usize, x: usize| [0, 1, 2].map(|c| over.pixels[[y, x, c]]);
        assert_eq!(at(0, 0), [100.0; 3]);
        assert!(at(39, 59)[0] > 190.0 && at(39, 59)[2] < 100.0, "{:?}", at(39, 59));
        assert_eq!(heat_overlay(&image, Array2::zeros((3, 3)).view()).pixels, Array3::from_elem((40, 60, 3), 100.0));
    }
}
