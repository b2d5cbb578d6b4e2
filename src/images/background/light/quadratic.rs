//! Surfaces of the second degree through values of which many do not belong to any.

use ndarray::Array2;

use super::LEAST_WEIGHT;

/// Terms of a surface: 1, y, x, y², yx, x².
const TERMS: usize = 6;
/// Rounds of a fit; its scale shrinks in each by this factor, down to the least.
const ROUNDS: usize = 40;
const SHRINKING: f64 = 0.85;
const LEAST_SCALE: f64 = 0.02;
/// Values further off than so many scales have no weight.
const TUKEY: f64 = 2.0;
/// Share of all weight that a fit must keep.
const LEAST_KEPT: f64 = 0.05;

/// A value, its place and its weight.
struct Point {
    terms: [f64; TERMS],
    value: f64,
    weight: f64,
}

/// Surfaces through `values` of these `weights`, both of shape `[rows, columns]`, as far as there are any. Each begins with the
/// one through all values, moved so that one of the shares `starts` of them lies below it.
pub(super) fn fits(values: &Array2<f32>, weights: &Array2<f32>, starts: &[f64]) -> Vec<Array2<f32>> {
    let (rows, columns) = values.dim();
    let counted = values.indexed_iter().zip(weights).filter(|(_, weight)| **weight > LEAST_WEIGHT);
    let points: Vec<Point> = counted
        .map(|(((y, x), &value), &weight)| Point {
            terms: terms(y, x, rows, columns),
            value: f64::from(value),
            weight: f64::from(weight),
        })
        .collect();
    let weights: Vec<f64> = points.iter().map(|point| point.weight).collect();
    let Some(through_all) = least_squares(&points, &weights) else { return Vec::new() };
    let mut off: Vec<f64> = points.iter().map(|point| point.value - at(&through_all, &point.terms)).collect();
    off.sort_unstable_by(f64::total_cmp);
    let spread = (off.iter().map(|off| off * off).sum::<f64>() / off.len() as f64).sqrt();
    let from = |share: &f64| {
        let mut start = through_all;
        start[0] += off[(share * (off.len() - 1) as f64) as usize];
        fit(&points, start, (0.5 * spread).max(LEAST_SCALE))
    };
    let over = |surface: [f64; TERMS]| {
        Array2::from_shape_fn((rows, columns), |(y, x)| at(&surface, &terms(y, x, rows, columns)) as f32)
    };
    starts.iter().filter_map(from).map(over).collect()
}

fn fit(points: &[Point], mut surface: [f64; TERMS], mut scale: f64) -> Option<[f64; TERMS]> {
    let all: f64 = points.iter().map(|point| point.weight).sum();
    for _ in 0..ROUNDS {
        let weight = |point: &Point| {
            let off = (point.value - at(&surface, &point.terms)) / (TUKEY * scale);
            if off.abs() < 1.0 { point.weight * (1.0 - off * off).powi(2) } else { 0.0 }
        };
        let weights: Vec<f64> = points.iter().map(weight).collect();
        if weights.iter().sum::<f64>() < LEAST_KEPT * all {
            return None;
        }
        surface = least_squares(points, &weights)?;
        scale = (scale * SHRINKING).max(LEAST_SCALE);
    }
    Some(surface)
}

/// Terms at a cell; both axes run from -1 to 1.
fn terms(y: usize, x: usize, rows: usize, columns: usize) -> [f64; TERMS] {
    let along = |at: usize, n: usize| (2 * at + 1) as f64 / n as f64 - 1.0;
    let (y, x) = (along(y, rows), along(x, columns));
    [1.0, y, x, y * y, y * x, x * x]
}

fn at(surface: &[f64; TERMS], terms: &[f64; TERMS]) -> f64 {
    surface.iter().zip(terms).map(|(of, term)| of * term).sum()
}

/// Solves the normal equations by elimination; `None` where the points do not determine all terms.
fn least_squares(points: &[Point], weights: &[f64]) -> Option<[f64; TERMS]> {
    let mut rows = [[0.0; TERMS + 1]; TERMS];
    for (point, weight) in points.iter().zip(weights).filter(|(_, weight)| **weight > 0.0) {
        for (i, row) in rows.iter_mut().enumerate() {
            for (j, cell) in row.iter_mut().enumerate() {
                *cell += weight * point.terms[i] * point.terms.get(j).copied().unwrap_or(point.value);
            }
        }
    }
    let trace: f64 = (0..TERMS).map(|i| rows[i][i]).sum();
    for at in 0..TERMS {
        let pivot = (at..TERMS).max_by(|a, b| rows[*a][at].abs().total_cmp(&rows[*b][at].abs()))?;
        rows.swap(at, pivot);
        if rows[at][at].abs() <= 1e-9 * trace {
            return None;
        }
        let by = rows[at];
        for (_, row) in rows.iter_mut().enumerate().filter(|(i, _)| *i != at) {
            let factor = row[at] / by[at];
            row.iter_mut().zip(by).for_each(|(cell, by)| *cell -= factor * by);
        }
    }
    let mut solved = [0.0; TERMS];
    for (at, value) in solved.iter_mut().enumerate() {
        *value = rows[at][TERMS] / rows[at][at];
    }
    Some(solved)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_surface_is_found_among_values_that_do_not_belong() {
        let true_at = |y: usize, x: usize| 4.0 + 0.01 * y as f32 - 0.0004 * (x as f32 - 20.0).powi(2);
        let values = Array2::from_shape_fn((30, 40), |(y, x)| {
            true_at(y, x) + if (y / 3 + x / 5) % 2 == 0 { 0.0 } else { 0.2 + 0.01 * ((y * 7 + x * 3) % 40) as f32 }
        });
        let found = fits(&values, &Array2::ones((30, 40)), &[0.25]);
        let off = found[0].indexed_iter().map(|((y, x), value)| (value - true_at(y, x)).abs());
        assert!(off.fold(0.0, f32::max) < 0.01, "{found:?}");
        assert!(fits(&values, &Array2::zeros((30, 40)), &[0.25]).is_empty());
        assert!(fits(&Array2::ones((1, 40)), &Array2::ones((1, 40)), &[0.25]).is_empty(), "a line has no surface");
    }
}
