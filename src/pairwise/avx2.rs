//! The kernel in AVX2 with fused multiply-add: 4 × 16 sums at a time in 8 of the 16 registers.

use std::arch::x86_64::{
    _CMP_LE_OQ, _mm256_add_epi32, _mm256_add_ps, _mm256_castps_si256, _mm256_cmp_ps, _mm256_fmadd_ps, _mm256_load_ps,
    _mm256_loadu_si256, _mm256_movemask_ps, _mm256_or_si256, _mm256_set1_ps, _mm256_setzero_ps, _mm256_setzero_si256,
    _mm256_store_ps, _mm256_storeu_si256, _mm256_sub_epi32, _mm256_sub_ps, _mm256_testz_si256, _mm256_xor_si256,
};

use super::tile::{DistanceTile, Lanes, RUN, Row8};
use super::{BLOCK, LANES};

const VECTOR: usize = 8;
const ROWS: usize = 4;
const COLUMNS: usize = 2 * VECTOR;

#[target_feature(enable = "avx2,fma")]
pub(super) fn squared_distances(block: &[Row8], panel: &[Lanes], tile: &mut DistanceTile) {
    for (run, (rows, columns)) in block.chunks(RUN).zip(panel.chunks(RUN)).enumerate() {
        for first_row in (0..BLOCK).step_by(ROWS) {
            for first_column in (0..LANES).step_by(COLUMNS) {
                part(rows, columns, first_row, first_column, run == 0, tile);
            }
        }
    }
}

/// 4 rows and 16 columns of the tile.
#[target_feature(enable = "avx2,fma")]
fn part(rows: &[Row8], columns: &[Lanes], first_row: usize, first_column: usize, fresh: bool, tile: &mut DistanceTile) {
    let mut sums = [[_mm256_setzero_ps(); 2]; ROWS];
    for (row, column) in rows.iter().zip(columns) {
        let column = column.0[first_column..first_column + COLUMNS].as_ptr();
        // SAFETY: the slice holds 16 values, and starts 0 or 64 bytes into a 64-byte aligned `Lanes`.
        let (low, high) = unsafe { (_mm256_load_ps(column), _mm256_load_ps(column.add(VECTOR))) };
        for (sum, &value) in sums.iter_mut().zip(&row.0[first_row..first_row + ROWS]) {
            let value = _mm256_set1_ps(value);
            let differences = [_mm256_sub_ps(low, value), _mm256_sub_ps(high, value)];
            sum[0] = _mm256_fmadd_ps(differences[0], differences[0], sum[0]);
            sum[1] = _mm256_fmadd_ps(differences[1], differences[1], sum[1]);
        }
    }
    for (row, sum) in tile[first_row..first_row + ROWS].iter_mut().zip(sums) {
        let place = row.0[first_column..first_column + COLUMNS].as_mut_ptr();
        // SAFETY: as above.
        unsafe {
            if fresh {
                _mm256_store_ps(place, sum[0]);
                _mm256_store_ps(place.add(VECTOR), sum[1]);
            } else {
                _mm256_store_ps(place, _mm256_add_ps(_mm256_load_ps(place), sum[0]));
                _mm256_store_ps(place.add(VECTOR), _mm256_add_ps(_mm256_load_ps(place.add(VECTOR)), sum[1]));
            }
        }
    }
}

/// See [`super::at_most`].
#[target_feature(enable = "avx2,fma")]
pub(super) fn at_most(tile: &DistanceTile, limits: &Lanes) -> [u32; BLOCK] {
    let mut masks = [0; BLOCK];
    for first in (0..LANES).step_by(VECTOR) {
        // SAFETY: 8 values from `first` lie inside each 64-byte aligned `Lanes`, 32 bytes apart.
        let load = |lanes: &Lanes| unsafe { _mm256_load_ps(lanes.0.as_ptr().add(first)) };
        let limits = load(limits);
        for (mask, row) in masks.iter_mut().zip(tile) {
            let small = _mm256_movemask_ps(_mm256_cmp_ps::<_CMP_LE_OQ>(load(row), limits));
            *mask |= small.cast_unsigned() << first;
        }
    }
    masks
}

/// Adds to `counts` how many rows of each lane are at most `surely`; whether a different number is at most `perhaps`.
#[target_feature(enable = "avx2,fma")]
pub(super) fn count(tile: &DistanceTile, surely: f32, perhaps: f32, counts: &mut [u32; LANES]) -> bool {
    let (surely, perhaps) = (_mm256_set1_ps(surely), _mm256_set1_ps(perhaps));
    let mut unsure = _mm256_setzero_si256();
    for (part, counts) in counts.chunks_exact_mut(VECTOR).enumerate() {
        let (mut sure, mut possible) = (_mm256_setzero_si256(), _mm256_setzero_si256());
        for row in tile {
            // SAFETY: each quarter of the 64-byte aligned `Lanes` holds 8 values, 32 bytes.
            let distances = unsafe { _mm256_load_ps(row.0.as_ptr().add(part * VECTOR)) };
            // A lane that is true is -1.
            sure = _mm256_sub_epi32(sure, _mm256_castps_si256(_mm256_cmp_ps::<_CMP_LE_OQ>(distances, surely)));
            possible = _mm256_sub_epi32(possible, _mm256_castps_si256(_mm256_cmp_ps::<_CMP_LE_OQ>(distances, perhaps)));
        }
        let counts = counts.as_mut_ptr().cast();
        // SAFETY: the chunk holds 8 values; unaligned access is asked for.
        unsafe { _mm256_storeu_si256(counts, _mm256_add_epi32(_mm256_loadu_si256(counts), sure)) };
        unsure = _mm256_or_si256(unsure, _mm256_xor_si256(sure, possible));
    }
    _mm256_testz_si256(unsure, unsure) == 0
}
