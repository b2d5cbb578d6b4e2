//! Neighbour counts of every point, within several radii at once.

use rayon::prelude::*;

use super::tile::{EMPTY_TILE, count};
use super::{BLOCK, DistanceTile, ExactRows, LANES, Lanes, Points, Threshold, at_most, squared_distances};

/// Neighbours of every point, itself included, within each of `radii`, ascending: one vector per radius.
///
/// Counting stops once it is clear that there are `enough`: a count is exact below that, and at least `enough`
/// otherwise. So where everything is dense, most distances are never computed.
#[must_use]
pub fn neighbour_counts(points: &Points, rows: &ExactRows<'_>, radii: &[Threshold], enough: u32) -> Vec<Vec<u32>> {
    let blocks = points.blocks();
    let panels: Vec<Vec<[u32; LANES]>> = (0..points.n_panels())
        .into_par_iter()
        .map(|panel| {
            let n_points = LANES.min(points.len() - panel * LANES);
            let mut counts = vec![[0; LANES]; radii.len()];
            let mut open = radii.len(); // radii from here on have enough
            let mut tile = EMPTY_TILE;
            for (b, block) in blocks.iter().enumerate() {
                squared_distances(points.simd(), block, points.panel(panel), &mut tile);
                for (radius, counts) in radii[..open].iter().zip(&mut counts) {
                    if count(points.simd(), &tile, radius.surely, radius.perhaps, counts) {
                        count_close_calls(points, rows, &tile, radius, (b, panel), counts);
                    }
                }
                while open > 0 && counts[open - 1][..n_points].iter().all(|&count| count >= enough) {
                    open -= 1;
                }
                if open == 0 {
                    break;
                }
            }
            counts
        })
        .collect();
    (0..radii.len())
        .map(|radius| {
            let mut all: Vec<u32> = panels.iter().flat_map(|panel| panel[radius]).collect();
            all.truncate(points.len());
            all
        })
        .collect()
}

#[cold]
fn count_close_calls(
    points: &Points,
    rows: &ExactRows<'_>,
    tile: &DistanceTile,
    radius: &Threshold,
    (block, panel): (usize, usize),
    counts: &mut [u32; LANES],
) {
    let perhaps = at_most(points.simd(), tile, &Lanes([radius.perhaps; LANES]));
    let surely = at_most(points.simd(), tile, &Lanes([radius.surely; LANES]));
    for (r, close) in perhaps.iter().zip(surely).map(|(perhaps, surely)| perhaps & !surely).enumerate() {
        for lane in super::bits(close) {
            let (i, j) = (block * BLOCK + r, panel * LANES + lane);
            if i < points.len() && j < points.len() && rows.squared_distance(i, j) <= radius.squared {
                counts[lane] += 1;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::Array2;

    #[test]
    fn counts_on_a_line() {
        let x = Array2::from_shape_fn((100, 1), |(i, _)| i as f32);
        let points = Points::new(x.view());
        let radii = [0.25, 4.0, 1e6].map(|squared| Threshold::of_squared(squared, 1));
        let counts = neighbour_counts(&points, &ExactRows::new(&x.view()), &radii, 6);
        assert!(counts[0].iter().all(|&count| count == 1));
        assert_eq!(counts[1][..4], [3, 4, 5, 5], "a radius of 2 is inclusive");
        assert!(counts[2].iter().all(|&count| count >= 6));
    }
}
