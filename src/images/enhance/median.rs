//! The median of 3×3 pixels; beyond the edge the outermost pixels repeat.
//!
//! Reference: Tukey, "Exploratory Data Analysis", 1977. The median of nine is the median of three numbers: the greatest of
//! the columns' minima, the median of their medians, the least of their maxima.

use ndarray::{Array2, ArrayView2};

pub(super) fn median(plane: ArrayView2<'_, f32>) -> Array2<f32> {
    let (height, width) = plane.dim();
    let mut out = Array2::zeros((height, width));
    let mut columns = vec![(0.0, 0.0, 0.0); width];
    for (y, mut row) in out.outer_iter_mut().enumerate() {
        let (above, below) = (plane.row(y.saturating_sub(1)), plane.row((y + 1).min(height - 1)));
        for (column, ((&a, &b), &c)) in columns.iter_mut().zip(above.iter().zip(plane.row(y)).zip(below)) {
            *column = (a.min(b).min(c), middle(a, b, c), a.max(b).max(c));
        }
        for (x, value) in row.iter_mut().enumerate() {
            let [a, b, c] = [x.saturating_sub(1), x, (x + 1).min(width - 1)].map(|x| columns[x]);
            *value = middle(a.0.max(b.0).max(c.0), middle(a.1, b.1, c.1), a.2.min(b.2).min(c.2));
        }
    }
    out
}

/// The median of three.
fn middle(a: f32, b: f32, c: f32) -> f32 {
    a.min(b).max(a.max(b).min(c))
}
