//! Sums of distances from every point to every group, for many groupings in one pass.
//!
//! Points that belong together in all groupings need be told apart in none: columns are sorted so that such points
//! follow each other, their distances are added up first, and only the sum is given to each grouping. So a pair costs
//! one square root and one addition, however many groupings there are. Sums of up to 64 distances are `f32`; these
//! are added up in `f32` a while, then move to `f64`.

use rayon::prelude::*;

use super::simd::multiversion;
use super::tile::EMPTY_TILE;
use super::{BLOCK, LANES, Lanes, Points, squared_distances};
use crate::data::Clustering;

/// Distances summed before they are given to the groupings.
const RUN: usize = 64;

/// Distances summed in `f32`, for few groups.
const FLUSH: usize = 512;

multiversion! {
    fn add_roots(squared: &[Lanes], sum: &mut Lanes) {
        let mut part = [0.0; LANES];
        for row in squared {
            part.iter_mut().zip(&row.0).for_each(|(part, squared)| *part += squared.sqrt());
        }
        sum.0.iter_mut().zip(part).for_each(|(sum, part)| *sum += part);
    }
}

multiversion! {
    fn give(sum: &Lanes, groups: &[u32], sums: &mut [[f32; LANES]]) {
        for &group in groups {
            sums[group as usize].iter_mut().zip(&sum.0).for_each(|(place, sum)| *place += sum);
        }
    }
}

multiversion! {
    /// Works on one long slice: over pairs of short ones, compilers gather and scatter.
    fn flush(sums: &mut [f32], totals: &mut [f64]) {
        for (sum, total) in sums.iter_mut().zip(totals) {
            *total += f64::from(*sum);
            *sum = 0.0;
        }
    }
}

/// Sums the distances from each point to the members of each group, and hands them to `finish` panel by panel.
///
/// `finish` gets the number of a panel and, for every group of every clustering one after the other, the sums for the
/// panel's 32 points. Images without a group count nowhere. The answers come in the order of the panels.
pub fn distance_sums<T: Send>(
    points: &Points,
    clusterings: &[&Clustering],
    finish: impl Fn(usize, &[[f64; LANES]]) -> T + Sync,
) -> Vec<T> {
    let columns = Columns::new(points.len(), clusterings);
    let blocks = points.blocks_of(columns.order.iter().copied());
    let n_groups: usize = clusterings.iter().map(|clustering| clustering.n_clusters()).sum();
    // Sums in f32 are moved into f64 totals often enough that rounding stays small, and seldom enough to cost nothing.
    let pause = (4 * n_groups).clamp(FLUSH, 128 * FLUSH);
    let simd = points.simd();
    let scratch = || (vec![[0.0; LANES]; n_groups], vec![[0.0; LANES]; n_groups]);
    (0..points.n_panels())
        .into_par_iter()
        .map_init(scratch, |(sums, totals), panel| {
            totals.fill([0.0; LANES]);
            let mut tile = EMPTY_TILE;
            // Columns are sorted by group, so a run of equal groups is added up in registers.
            let mut runs = columns.runs.iter();
            let (mut start, mut flushed) = (0, 0);
            let mut run = runs.next();
            let mut sum = Lanes([0.0; LANES]);
            for (b, block) in blocks.iter().enumerate() {
                squared_distances(simd, block, points.panel(panel), &mut tile);
                let first = b * BLOCK;
                while let Some(current) = run {
                    let end = current.end.min(first + BLOCK);
                    add_roots(simd, &tile[start - first..end - first], &mut sum);
                    start = end;
                    if end < current.end {
                        break;
                    }
                    give(simd, &sum, &columns.groups[current.groups.clone()], sums);
                    sum = Lanes([0.0; LANES]);
                    run = runs.next();
                    if start == first + BLOCK {
                        break;
                    }
                }
                if start - flushed >= pause {
                    flush(simd, sums.as_flattened_mut(), totals.as_flattened_mut());
                    flushed = start;
                }
            }
            flush(simd, sums.as_flattened_mut(), totals.as_flattened_mut());
            finish(panel, totals)
        })
        .collect()
}

/// The points that belong to any group, sorted so that points of the same groups are neighbours.
struct Columns {
    order: Vec<usize>,
    runs: Vec<Run>,
    groups: Vec<u32>,
}

/// Successive columns of the same groups.
struct Run {
    /// Column after the last.
    end: usize,
    /// Their groups, in [`Columns::groups`].
    groups: std::ops::Range<usize>,
}

impl Columns {
    fn new(n: usize, clusterings: &[&Clustering]) -> Self {
        let grouped = |i: &usize| clusterings.iter().any(|clustering| clustering.labels()[*i].is_some());
        let mut order: Vec<usize> = (0..n).filter(grouped).collect();
        // A counting sort per clustering, each stable, leaves equal tuples of labels side by side.
        for clustering in clusterings {
            order = sorted_by_label(&order, clustering);
        }
        let same = |i: usize, j: usize| clusterings.iter().all(|c| c.labels()[i] == c.labels()[j]);
        let mut groups = Vec::new();
        let mut runs: Vec<Run> = Vec::new();
        let mut first = 0;
        for end in 1..=order.len() {
            let new = end == order.len() || !same(order[first], order[end]);
            if new || end - first == RUN {
                let from = groups.len();
                let mut offset = 0;
                for clustering in clusterings {
                    groups.extend(clustering.labels()[order[first]].map(|id| offset + id.0));
                    offset += clustering.n_clusters() as u32;
                }
                runs.push(Run { end, groups: from..groups.len() });
                first = end;
            }
        }
        Self { order, runs, groups }
    }
}

fn sorted_by_label(order: &[usize], clustering: &Clustering) -> Vec<usize> {
    let slot = |i: usize| clustering.labels()[i].map_or(0, |id| id.0 as usize + 1);
    let mut places = vec![0; clustering.n_clusters() + 2];
    for &i in order {
        places[slot(i) + 1] += 1;
    }
    for slot in 1..places.len() {
        places[slot] += places[slot - 1];
    }
    let mut sorted = vec![0; order.len()];
    for &i in order {
        let place = &mut places[slot(i)];
        sorted[*place] = i;
        *place += 1;
    }
    sorted
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pairwise::{Simd, SimdLevel};
    use ndarray::Array2;

    #[test]
    fn sums_equal_adding_one_by_one() {
        let n = 301;
        let x = Array2::from_shape_fn((n, 2), |(i, j)| ((i * 37 + j * 11) % 97) as f32);
        let by = |modulus: usize, noise: usize| {
            Clustering::by_number(&(0..n).map(|i| (i % noise != 0).then_some((i % modulus) as u32)).collect::<Vec<_>>())
        };
        let clusterings = [by(3, 1000), by(5, 7), by(2, 2)];
        let clusterings: Vec<&Clustering> = clusterings.iter().collect();
        for level in SimdLevel::ALL {
            let points = Points::with_simd(x.view(), Simd::at_most(level));
            let sums = distance_sums(&points, &clusterings, |_, sums| sums.to_vec());
            for i in 0..n {
                let mut row = 0;
                for clustering in &clusterings {
                    for id in clustering.ids() {
                        let expected: f64 = clustering
                            .members(Some(id))
                            .map(|j| f64::from(x[[i, 0]] - x[[j, 0]]).hypot(f64::from(x[[i, 1]] - x[[j, 1]])))
                            .sum();
                        let found = sums[i / LANES][row][i % LANES];
                        assert!((found - expected).abs() <= 1e-6 * expected, "{found} {expected}");
                        row += 1;
                    }
                }
            }
        }
    }
}
