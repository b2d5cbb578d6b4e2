//! Rotational symmetry: how far a tile differs from itself turned by 90, 180 and 270 degrees: a round pillar does not.
//!
//! Reference: Wang et al., "Image quality assessment: from error visibility to structural similarity", 2004, with the
//! uniform 7×7 window, sample covariance and range of 255 of scikit-image.

use ndarray::{Array2, ArrayView2, s};

use super::grey_tile::GreyTile;

/// Over the six pairs of turned copies of the central square: mean and largest root mean square difference in grey
/// levels `0.0..=255.0`; 1 less mean and 1 less smallest structural similarity, in `0.0..=2.0`.
pub(super) const COLUMNS: [&str; 4] = ["rms_mean", "rms_max", "ssim_mean", "ssim_max"];

/// Side of the window, in pixels; the largest odd one that fits where the square is smaller.
const WINDOW: usize = 7;

/// Of the six pairs, four are a quarter turn apart and two a half turn. Turning both of a pair changes neither measure,
/// so that two comparisons are enough.
pub(super) fn measure(tile: &GreyTile) -> [f64; 4] {
    let pixels = tile.pixels();
    let (height, width) = pixels.dim();
    let side = height.min(width);
    let (top, left) = ((height - side) / 2, (width - side) / 2);
    let square = pixels.slice(s![top..top + side, left..left + side]).mapv(f64::from);
    let windows = Windows::of(&square);
    let [(quarter, quarter_ssim), (half, half_ssim)] = [TurnBy::Quarter, TurnBy::Half].map(|turn| {
        let products = &square * &turn.apply(&square);
        (rms(&square, &products), windows.similarity(&products, turn))
    });
    let mean = |quarter: f64, half: f64| (4.0 * quarter + 2.0 * half) / 6.0;
    let least = if quarter_ssim.is_nan() { half_ssim } else { quarter_ssim.min(half_ssim) };
    [mean(quarter, half), quarter.max(half), 1.0 - mean(quarter_ssim, half_ssim), 1.0 - least]
}

#[derive(Clone, Copy)]
enum TurnBy {
    Quarter,
    Half,
}

impl TurnBy {
    /// The turned square, counter-clockwise; a view, nothing is copied.
    fn apply(self, square: &Array2<f64>) -> ArrayView2<'_, f64> {
        match self {
            Self::Quarter => square.slice(s![.., ..;-1]).reversed_axes(),
            Self::Half => square.slice(s![..;-1, ..;-1]),
        }
    }
}

/// Of the square and its turned copy, by their `products`: `Σ (a − b)² = 2 Σ a² − 2 Σ ab`, exact for whole levels.
fn rms(square: &Array2<f64>, products: &Array2<f64>) -> f64 {
    let squares: f64 = square.iter().zip(products).map(|(a, product)| a * a - product).sum();
    (2.0 * squares.max(0.0) / square.len() as f64).sqrt()
}

/// Means over every window that lies inside the square.
struct Windows {
    side: usize,
    mean: Array2<f64>,
    squares: Array2<f64>,
}

impl Windows {
    fn of(square: &Array2<f64>) -> Self {
        let n = square.nrows();
        let side = WINDOW.min(if n % 2 == 1 { n } else { n.saturating_sub(1) });
        Self { side, mean: window_means(square, side), squares: window_means(&(square * square), side) }
    }

    /// Mean structural similarity of the square and its turned copy, by their products, in `-1.0..=1.0`; NaN below 3×3
    /// pixels.
    fn similarity(&self, products: &Array2<f64>, turn: TurnBy) -> f64 {
        const C1: f64 = (0.01 * 255.0) * (0.01 * 255.0);
        const C2: f64 = (0.03 * 255.0) * (0.03 * 255.0);
        let pixels = (self.side * self.side) as f64;
        let sample = pixels / (pixels - 1.0);
        let products = window_means(products, self.side);
        // Windows of the turned copy are the turned windows.
        let (turned_mean, turned_squares) = (turn.apply(&self.mean), turn.apply(&self.squares));
        let mut sum = 0.0;
        for (at, &a) in self.mean.indexed_iter() {
            let b = turned_mean[at];
            let (variance_a, variance_b) = (sample * (self.squares[at] - a * a), sample * (turned_squares[at] - b * b));
            let covariance = sample * (products[at] - a * b);
            sum +=
                (2.0 * a * b + C1) * (2.0 * covariance + C2) / ((a * a + b * b + C1) * (variance_a + variance_b + C2));
        }
        sum / self.mean.len() as f64
    }
}

/// Means over all windows of `side` × `side` pixels, shape `[height - side + 1, width - side + 1]`.
fn window_means(values: &Array2<f64>, side: usize) -> Array2<f64> {
    let (height, width) = values.dim();
    let mut columns = vec![0.0; width];
    let mut means = Array2::zeros((height + 1 - side, width + 1 - side));
    let share = 1.0 / (side * side) as f64;
    for row in 0..height {
        for (column, sum) in columns.iter_mut().enumerate() {
            *sum += values[[row, column]];
        }
        let Some(top) = (row + 1).checked_sub(side) else { continue };
        let mut sum: f64 = columns[..side].iter().sum();
        for left in 0..means.ncols() {
            means[[top, left]] = sum * share;
            if left + side < width {
                sum += columns[left + side] - columns[left];
            }
        }
        for (column, sum) in columns.iter_mut().enumerate() {
            *sum -= values[[top, column]];
        }
    }
    means
}
