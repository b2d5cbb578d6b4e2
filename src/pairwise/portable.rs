//! The kernel in plain Rust, shaped so that a compiler vectorises it for any processor.

use super::tile::{DistanceTile, Lanes, RUN, Row8};
use super::{BLOCK, LANES};

const ROWS: usize = 4;
const COLUMNS: usize = 8;

pub(super) fn squared_distances(block: &[Row8], panel: &[Lanes], tile: &mut DistanceTile) {
    for (run, (rows, columns)) in block.chunks(RUN).zip(panel.chunks(RUN)).enumerate() {
        for first_row in (0..BLOCK).step_by(ROWS) {
            for first_column in (0..LANES).step_by(COLUMNS) {
                let mut sums = [[0.0; COLUMNS]; ROWS];
                for (row, column) in rows.iter().zip(columns) {
                    let column: &[f32; COLUMNS] =
                        column.0[first_column..first_column + COLUMNS].try_into().unwrap_or(&[0.0; COLUMNS]);
                    for (sum, &value) in sums.iter_mut().zip(&row.0[first_row..first_row + ROWS]) {
                        for (sum, column) in sum.iter_mut().zip(column) {
                            let difference = column - value;
                            *sum += difference * difference;
                        }
                    }
                }
                for (row, sums) in tile[first_row..first_row + ROWS].iter_mut().zip(sums) {
                    for (place, sum) in row.0[first_column..first_column + COLUMNS].iter_mut().zip(sums) {
                        *place = if run == 0 { sum } else { *place + sum };
                    }
                }
            }
        }
    }
}

/// See [`super::at_most`].
pub(super) fn at_most(tile: &DistanceTile, limits: &Lanes) -> [u32; BLOCK] {
    let mut masks = [0; BLOCK];
    for (mask, row) in masks.iter_mut().zip(tile) {
        for (lane, (value, limit)) in row.0.iter().zip(&limits.0).enumerate() {
            *mask |= u32::from(value <= limit) << lane;
        }
    }
    masks
}

/// Adds to `counts` how many rows of each lane are at most `surely`; whether a different number is at most `perhaps`.
pub(super) fn count(tile: &DistanceTile, surely: f32, perhaps: f32, counts: &mut [u32; LANES]) -> bool {
    let mut sure = [0; LANES];
    let mut possible = [0; LANES];
    for row in tile {
        for lane in 0..LANES {
            sure[lane] += u32::from(row.0[lane] <= surely);
            possible[lane] += u32::from(row.0[lane] <= perhaps);
        }
    }
    counts.iter_mut().zip(sure).for_each(|(count, sure)| *count += sure);
    sure != possible
}
