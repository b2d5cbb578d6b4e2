//! A sample that turns: a line and one sine, by least squares, with the number of turns that fits best.

use std::f64::consts::TAU;

/// Turns are tried in steps of an eighth, from half a turn on; more than these would need many frames each.
const MOST_TURNS: usize = 64;
/// Frames of a turn, at least.
const SHORTEST: usize = 10;
/// A little weight against large coefficients, so that what few frames know is not extrapolated wildly.
const RIDGE: f64 = 1e-2;

/// The fit of `y` to the frames `open`, for every frame, and the root of its mean squared residual there.
pub(super) fn harmonic(y: &[f64], open: &[usize]) -> (Vec<f64>, f64) {
    let n = y.len() as f64;
    let basis = |at: usize, turns: f64| {
        let t = at as f64 / n;
        let (sin, cos) = (TAU * turns * t).sin_cos();
        [1.0, t - 0.5, cos, sin]
    };
    let most = (y.len() / SHORTEST).clamp(1, MOST_TURNS);
    let (mut best, mut least): (Vec<f64>, f64) = (vec![0.0; y.len()], f64::INFINITY);
    for eighths in 4..=8 * most {
        let turns = eighths as f64 / 8.0;
        let (mut normal, mut right) = ([[0.0; 4]; 4], [0.0; 4]);
        for &at in open {
            let row = basis(at, turns);
            for i in 0..4 {
                right[i] += row[i] * y[at];
                (0..4).for_each(|j| normal[i][j] += row[i] * row[j]);
            }
        }
        (1..4).for_each(|i| normal[i][i] += RIDGE);
        let Some(c) = solve(normal, right) else { continue };
        let fit = |at: usize| basis(at, turns).iter().zip(c).map(|(x, c)| x * c).sum::<f64>();
        let error = (open.iter().map(|&at| (y[at] - fit(at)).powi(2)).sum::<f64>() / open.len().max(1) as f64).sqrt();
        if error < least {
            (best, least) = ((0..y.len()).map(fit).collect(), error);
        }
    }
    (best, least)
}

/// Gaussian elimination with pivots; `None` where the matrix is singular.
fn solve(mut a: [[f64; 4]; 4], mut b: [f64; 4]) -> Option<[f64; 4]> {
    for column in 0..4 {
        let pivot = (column..4).max_by(|&i, &j| a[i][column].abs().total_cmp(&a[j][column].abs()))?;
        a.swap(column, pivot);
        b.swap(column, pivot);
        if a[column][column].abs() < 1e-12 {
            return None;
        }
        for row in column + 1..4 {
            let factor = a[row][column] / a[column][column];
            (column..4).for_each(|k| a[row][k] -= factor * a[column][k]);
            b[row] -= factor * b[column];
        }
    }
    for row in (0..4).rev() {
        let known: f64 = (row + 1..4).map(|k| a[row][k] * b[k]).sum();
        b[row] = (b[row] - known) / a[row][row];
    }
    Some(b)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn turns_are_found_and_go_on_where_nothing_was_seen() {
        let truth = |at: usize| 0.15 * (TAU * 2.5 * at as f64 / 120.0 + 1.0).sin() + 2.0;
        let y: Vec<f64> = (0..120).map(truth).collect();
        let (fit, error) = harmonic(&y, &(30..120).collect::<Vec<_>>());
        assert!(error < 2e-3, "{error}");
        assert!((0..120).all(|at| (fit[at] - truth(at)).abs() < 0.02), "{fit:?}");
    }
}
