//! Tiling: where the tiles of an image lie.

use std::num::NonZeroU32;
use std::ops::Range;

/// How an image is cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tiling {
    /// Whole square tiles of `n` pixels a side, `stride` pixels apart; what is left at the border is not used.
    Size { n: NonZeroU32, stride: NonZeroU32 },
    /// Tiles around the centres of the cells of a grid laid over the image, clipped at its border.
    Grid {
        /// Cells from top to bottom.
        rows: NonZeroU32,
        /// Cells from left to right.
        columns: NonZeroU32,
        /// Pixels from the centre to the edge of a tile; half a cell where `None`.
        half_width: Option<NonZeroU32>,
    },
}

/// A tile to be: pixels `top..bottom` and `left..right`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TilePlace {
    /// From 1.
    pub row: u32,
    /// From 1.
    pub column: u32,
    /// Rows of pixels.
    pub y: Range<usize>,
    /// Columns of pixels.
    pub x: Range<usize>,
}

/// Tiles of one image at most: more files than a folder bears.
const MOST_TILES: usize = 4_000_000;

impl Tiling {
    /// Square tiles side by side.
    #[must_use]
    pub fn side_by_side(n: NonZeroU32) -> Self {
        Self::Size { n, stride: n }
    }

    /// The tiles of an image row by row, or why it has none.
    ///
    /// # Errors
    /// A fragment that says what is too small.
    pub fn boxes(&self, height: usize, width: usize) -> Result<Vec<TilePlace>, String> {
        let (ys, xs) = match *self {
            Self::Size { n, stride } => {
                let (n, stride) = (n.get() as usize, stride.get() as usize);
                if height < n || width < n {
                    return Err(format!("{width}×{height} pixels are too few for a tile of {n}×{n}"));
                }
                let along = |side: usize| (0..=side - n).step_by(stride).map(|at| at..at + n).collect::<Vec<_>>();
                (along(height), along(width))
            }
            Self::Grid { rows, columns, half_width } => {
                if height < rows.get() as usize || width < columns.get() as usize {
                    return Err(format!("{width}×{height} pixels are too few for a grid of {rows}×{columns}"));
                }
                (around(height, rows.get(), half_width), around(width, columns.get(), half_width))
            }
        };
        if ys.len().saturating_mul(xs.len()) > MOST_TILES {
            return Err(format!(
                "{} × {} tiles are more than the {MOST_TILES} of one image at most",
                ys.len(),
                xs.len()
            ));
        }
        let places = (1..).zip(&ys).flat_map(|(row, y)| {
            (1..).zip(&xs).map(move |(column, x)| TilePlace { row, column, y: y.clone(), x: x.clone() })
        });
        Ok(places.collect())
    }
}

/// One range per cell around its centre `(cell + 0.5) × side / cells`; without a half width, cells share their edges.
fn around(side: usize, cells: u32, half_width: Option<NonZeroU32>) -> Vec<Range<usize>> {
    let cells = cells as usize;
    let Some(half) = half_width.map(|half| f64::from(half.get())) else {
        let edge = |cell: usize| (2 * cell * side + cells) / (2 * cells);
        return (0..cells).map(|cell| edge(cell)..edge(cell + 1)).collect();
    };
    let pixel = |at: f64| (at.round().max(0.0) as usize).min(side);
    let centre = |cell: usize| (cell as f64 + 0.5) * side as f64 / cells as f64;
    (0..cells).map(|cell| pixel(centre(cell) - half)..pixel(centre(cell) + half)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn n(n: u32) -> NonZeroU32 {
        NonZeroU32::new(n).unwrap()
    }

    #[test]
    fn only_whole_tiles() {
        let boxes = Tiling::Size { n: n(4), stride: n(3) }.boxes(8, 11).unwrap();
        assert_eq!(boxes.len(), 2 * 3);
        assert_eq!(boxes[5], TilePlace { row: 2, column: 3, y: 3..7, x: 6..10 });
        assert!(Tiling::side_by_side(n(9)).boxes(8, 11).unwrap_err().contains("11×8 pixels are too few"));
    }

    #[test]
    fn no_more_tiles_than_a_folder_bears() {
        let told = Tiling::Size { n: n(1), stride: n(1) }.boxes(4000, 4000).unwrap_err();
        assert!(told.starts_with("4000 × 4000 tiles are more than"), "{told}");
        assert!(Tiling::Size { n: n(4), stride: n(4_294_967_295) }.boxes(4000, 4000).is_ok());
        let grid = Tiling::Grid { rows: n(u32::MAX), columns: n(u32::MAX), half_width: Some(n(u32::MAX)) };
        assert!(grid.boxes(40, 40).unwrap_err().contains("too few"));
    }

    #[test]
    fn grid_tiles_are_clipped_at_the_border() {
        let grid = Tiling::Grid { rows: n(2), columns: n(2), half_width: Some(n(4)) };
        let boxes = grid.boxes(10, 20).unwrap();
        assert_eq!(boxes[0], TilePlace { row: 1, column: 1, y: 0..7, x: 1..9 });
        assert_eq!(boxes[3], TilePlace { row: 2, column: 2, y: 4..10, x: 11..19 });
    }

    proptest! {
        #[test]
        fn a_grid_without_half_width_covers_every_pixel_once(h in 1usize..60, w in 1usize..60, r in 1u32..9, c in 1u32..9) {
            prop_assume!(h >= r as usize && w >= c as usize);
            let boxes = Tiling::Grid { rows: n(r), columns: n(c), half_width: None }.boxes(h, w).unwrap();
            let mut seen = vec![0; h * w];
            for place in &boxes {
                prop_assert!(!place.y.is_empty() && !place.x.is_empty());
                for y in place.y.clone() {
                    place.x.clone().for_each(|x| seen[y * w + x] += 1);
                }
            }
            prop_assert!(seen.iter().all(|&times| times == 1));
        }
    }
}
