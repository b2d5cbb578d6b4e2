//! Shapes of what was found: holes in it, and its rim.

use image::{GrayImage, Luma};
use imageproc::distance_transform::Norm;
use imageproc::morphology::erode;
use imageproc::region_labelling::{Connectivity, connected_components};
use ndarray::{Array2, Zip};

/// Fills the holes in `found` of up to `most` pixels.
pub(super) fn fill_holes(found: &mut Array2<bool>, most: usize) {
    let holes = labels(&found.mapv(|one| !one));
    let sizes = sizes(&holes, |_| 1.0);
    Zip::from(found).and(&holes).for_each(|found, &hole| *found |= sizes[hole] <= most as f64);
}

/// What of `found` lies more than `by` pixels from what was not found, along rows, columns and diagonals.
pub(super) fn eroded(found: &Array2<bool>, by: u8) -> Array2<bool> {
    let inner = erode(&picture(found), Norm::LInf, by);
    Array2::from_shape_fn(found.dim(), |(y, x)| inner.get_pixel(x as u32, y as u32).0[0] > 0)
}

/// The weight of the heaviest piece of `shown` that hangs together by its sides.
pub(super) fn heaviest_piece(shown: &Array2<bool>, weights: &Array2<f32>) -> f64 {
    let labels = labels(shown);
    sizes(&labels, |at| f64::from(weights[at])).into_iter().skip(1).fold(0.0, f64::max)
}

/// By pixel the number of its piece, from 1; 0 elsewhere.
fn labels(shown: &Array2<bool>) -> Array2<usize> {
    let labels = connected_components(&picture(shown), Connectivity::Four, Luma([0]));
    Array2::from_shape_fn(shown.dim(), |(y, x)| labels.get_pixel(x as u32, y as u32).0[0] as usize)
}

/// The weight of each piece.
fn sizes(labels: &Array2<usize>, weight: impl Fn([usize; 2]) -> f64) -> Vec<f64> {
    let mut sizes = vec![0.0; labels.iter().max().map_or(1, |most| most + 1)];
    for ((y, x), &label) in labels.indexed_iter() {
        sizes[label] += weight([y, x]);
    }
    sizes
}

fn picture(shown: &Array2<bool>) -> GrayImage {
    let (height, width) = shown.dim();
    let level = |x: u32, y: u32| Luma([if shown[[y as usize, x as usize]] { 255 } else { 0 }]);
    GrayImage::from_fn(width as u32, height as u32, level)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_holes_are_filled_and_rims_taken_off() {
        let mut found = Array2::from_shape_fn((20, 30), |(y, x)| (2..18).contains(&y) && (2..28).contains(&x));
        found[[9, 9]] = false;
        found.slice_mut(ndarray::s![6..12, 16..22]).fill(false);
        fill_holes(&mut found, 8);
        assert!(found[[9, 9]] && !found[[8, 18]] && !found[[0, 0]]);
        let inner = eroded(&found, 2);
        assert!(inner[[9, 9]] && inner[[4, 4]] && !inner[[3, 4]] && !inner[[4, 17]]);
        assert!(eroded(&Array2::from_elem((3, 3), true), 2).iter().all(|one| *one), "nothing lies beyond the border");
        let weights = Array2::from_shape_fn((20, 30), |(_, x)| if x < 15 { 1.0 } else { 0.0 });
        let pieces = Array2::from_shape_fn((20, 30), |(_, x)| x % 10 != 0 || x == 0);
        assert_eq!(heaviest_piece(&pieces, &weights), 200.0);
    }
}
