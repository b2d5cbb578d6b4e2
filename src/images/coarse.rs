//! Values of the parts of a picture, and of the pixels between their middles.

use std::ops::Range;

use ndarray::Array2;

/// A value per cell of a grid over a picture, shape `[rows, columns]`, by rows and columns of its pixels.
#[derive(Debug, Clone)]
pub(super) struct Coarse {
    pub cells: Array2<f32>,
}

impl Coarse {
    /// Rows and columns of a grid with at most `longest` cells along the longer side of a picture of `height` × `width`.
    pub fn shape((height, width): (usize, usize), longest: usize) -> (usize, usize) {
        let longer = height.max(width);
        let cells = |side: usize| (side * longest).div_ceil(longer.max(longest)).clamp(1, side);
        (cells(height), cells(width))
    }

    /// The pixels of cell `at` of `cells`, along a side of the picture.
    pub fn span(at: usize, side: usize, cells: usize) -> Range<usize> {
        at * side / cells..(at + 1) * side / cells
    }

    /// By pixel, between the middles of the four cells around it.
    pub fn over(&self, (height, width): (usize, usize)) -> Array2<f32> {
        let (rows, columns) = self.cells.dim();
        let across: Vec<_> = (0..width).map(|x| between(x, width, columns)).collect();
        let mut plane = Array2::zeros((height, width));
        for (y, mut line) in plane.rows_mut().into_iter().enumerate() {
            let (above, below, down) = between(y, height, rows);
            for (value, &(left, right, along)) in line.iter_mut().zip(&across) {
                let mix = |row: usize| self.cells[[row, left]] * (1.0 - along) + self.cells[[row, right]] * along;
                *value = mix(above) * (1.0 - down) + mix(below) * down;
            }
        }
        plane
    }
}

/// The two cells whose middles a pixel lies between, and how far it lies from the first.
fn between(at: usize, side: usize, cells: usize) -> (usize, usize, f32) {
    let place = ((at as f32 + 0.5) * cells as f32 / side as f32 - 0.5).clamp(0.0, (cells - 1) as f32);
    let first = place.floor() as usize;
    (first, (first + 1).min(cells - 1), place.fract())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pixels_lie_between_the_middles_of_cells() {
        assert_eq!(Coarse::shape((100, 300), 64), (22, 64));
        assert_eq!(Coarse::shape((1, 500), 64), (1, 64));
        assert_eq!(Coarse::shape((3, 2), 64), (3, 2));
        assert_eq!((Coarse::span(0, 5, 2), Coarse::span(1, 5, 2)), (0..2, 2..5));
        let coarse = Coarse { cells: Array2::from_shape_fn((1, 2), |(_, column)| column as f32) };
        assert_eq!(coarse.over((1, 4)).into_raw_vec_and_offset().0, [0.0, 0.25, 0.75, 1.0]);
    }
}
