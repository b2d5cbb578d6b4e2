//! Visits the pairs of points that are within a radius, without ever listing them.

use rayon::prelude::*;

use super::tile::EMPTY_TILE;
use super::{BLOCK, ExactRows, LANES, Lanes, Points, Threshold, at_most, squared_distances};

/// Calls `visit(point, panel, mask)` for every `point` of `some` and every panel with neighbours of it: bit `l` of
/// `mask` stands for point `32 * panel + l`. Only neighbours in `wanted`, one mask per panel, are looked for.
///
/// Calls come from many threads in no particular order; a point is its own neighbour.
pub fn visit_within(
    points: &Points,
    rows: &ExactRows<'_>,
    some: &[u32],
    wanted: &[u32],
    radius: &Threshold,
    visit: impl Fn(usize, usize, u32) + Sync,
) {
    let blocks = points.blocks_of(some.iter().map(|&point| point as usize));
    let panels: Vec<usize> = (0..points.n_panels()).filter(|&panel| wanted[panel] != 0).collect();
    let panels_per_task = TILES_PER_TASK.div_ceil(some.len().div_ceil(BLOCK).max(1));
    panels.into_par_iter().with_min_len(panels_per_task).for_each(|panel| {
        let mut tile = EMPTY_TILE;
        for (block, members) in blocks.iter().zip(some.chunks(BLOCK)) {
            squared_distances(points.simd(), block, points.panel(panel), &mut tile);
            let perhaps = at_most(points.simd(), &tile, &Lanes([radius.perhaps; LANES]));
            let surely = at_most(points.simd(), &tile, &Lanes([radius.surely; LANES]));
            for ((perhaps, surely), &point) in perhaps.iter().zip(surely).zip(members) {
                let perhaps = perhaps & wanted[panel];
                let mut within = surely & perhaps;
                for lane in super::bits(perhaps & !within) {
                    let close = rows.squared_distance(point as usize, panel * LANES + lane) <= radius.squared;
                    within |= u32::from(close) << lane;
                }
                if within != 0 {
                    visit(point as usize, panel, within);
                }
            }
        }
    });
}

/// Tiles a thread takes at a time: enough work to be worth handing out.
const TILES_PER_TASK: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::Array2;
    use std::sync::Mutex;

    #[test]
    fn finds_wanted_neighbours_only() {
        let x = Array2::from_shape_fn((100, 1), |(i, _)| i as f32);
        let found = Mutex::new(Vec::new());
        let wanted = [u32::MAX, 0, u32::MAX, 0];
        let radius = Threshold::of_squared(4.0, 1);
        visit_within(&Points::new(x.view()), &ExactRows::new(&x.view()), &[33, 66], &wanted, &radius, |i, p, mask| {
            found.lock().unwrap().push((i, p, mask));
        });
        let mut found = found.into_inner().unwrap();
        found.sort_unstable();
        assert_eq!(found, [(33, 0, 1 << 31), (66, 2, 0b11111)]);
    }
}
