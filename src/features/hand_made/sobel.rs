//! Derivatives of the intensities by the 3×3 filter of Sobel, in grey levels (eight times those per pixel).
//!
//! Beyond the border the image is mirrored without repeating its edge (`cba|abc|cba` without the second `a`), as OpenCV
//! has it by default; imageproc repeats the edge, which moves the means over rows by more than the tolerance.

use ndarray::{Array2, ArrayView2};

/// Derivatives, each of the tile's shape.
pub(super) struct Gradient {
    /// Along a row, positive where it gets brighter to the right.
    pub x: Array2<f32>,
    /// Along a column, positive where it gets brighter downwards.
    pub y: Array2<f32>,
}

pub(super) fn gradient(pixels: ArrayView2<'_, f32>) -> Gradient {
    let (height, width) = pixels.dim();
    let (mut x, mut y) = (Array2::zeros((height, width)), Array2::zeros((height, width)));
    // Per column: the smoothed and the differentiated rows above and below.
    let (mut smooth, mut step) = (vec![0.0_f32; width + 2], vec![0.0_f32; width + 2]);
    // One column more on each side, mirrored.
    let (before, behind) = (mirrored(-1, width) + 1, mirrored(width.cast_signed(), width) + 1);
    for row in 0..height {
        let [above, below] = [-1, 1].map(|by| pixels.row(mirrored(row.cast_signed() + by, height)));
        let here = pixels.row(row);
        for column in 0..width {
            smooth[column + 1] = above[column] + 2.0 * here[column] + below[column];
            step[column + 1] = below[column] - above[column];
        }
        for line in [&mut smooth, &mut step] {
            (line[0], line[width + 1]) = (line[before], line[behind]);
        }
        for (x, near) in x.row_mut(row).iter_mut().zip(smooth.windows(3)) {
            *x = near[2] - near[0];
        }
        for (y, near) in y.row_mut(row).iter_mut().zip(step.windows(3)) {
            *y = near[0] + 2.0 * near[1] + near[2];
        }
    }
    Gradient { x, y }
}

/// The place inside `0..n` that a place near it is a mirror image of; the edge itself is not repeated.
pub(super) fn mirrored(at: isize, n: usize) -> usize {
    let n = n.cast_signed();
    if n == 1 {
        return 0;
    }
    let period = 2 * (n - 1);
    let within = at.rem_euclid(period);
    within.min(period - within).cast_unsigned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mirrors_do_not_repeat_the_edge() {
        assert_eq!((-3..7).map(|at| mirrored(at, 4)).collect::<Vec<_>>(), [3, 2, 1, 0, 1, 2, 3, 2, 1, 0]);
        assert_eq!((-3..3).map(|at| mirrored(at, 2)).collect::<Vec<_>>(), [1, 0, 1, 0, 1, 0]);
        assert_eq!(mirrored(5, 1), 0);
    }
}
