//! Sobel filter: derivatives of the intensities over 3×3 pixels, in grey levels (eight times those per pixel).
//!
//! Beyond the border the image is mirrored without repeating its edge (`cba|abc|cba` without the second `a`), as OpenCV
//! has it by default; imageproc repeats the edge, which moves the means over rows by more than the tolerance.

use ndarray::{Array2, ArrayView2};

use crate::images::mirrored;

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
