//! The kernel in AVX-512: 8 × 32 sums in 16 of the 32 registers.

use std::arch::x86_64::{
    _CMP_LE_OQ, _mm512_add_epi32, _mm512_add_ps, _mm512_cmp_ps_mask, _mm512_cmpneq_epi32_mask, _mm512_fmadd_ps,
    _mm512_load_ps, _mm512_loadu_si512, _mm512_mask_add_epi32, _mm512_set1_epi32, _mm512_set1_ps, _mm512_setzero_ps,
    _mm512_setzero_si512, _mm512_store_ps, _mm512_storeu_si512, _mm512_sub_ps,
};

use super::tile::{DistanceTile, Lanes, RUN, Row8};
use super::{BLOCK, LANES};

const HALF: usize = LANES / 2;

#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx2,fma")]
pub(super) fn squared_distances(block: &[Row8], panel: &[Lanes], tile: &mut DistanceTile) {
    for (run, (rows, columns)) in block.chunks(RUN).zip(panel.chunks(RUN)).enumerate() {
        let mut sums = [[_mm512_setzero_ps(); 2]; BLOCK];
        for (row, column) in rows.iter().zip(columns) {
            let column = column.0.as_ptr();
            // SAFETY: `Lanes` holds 32 values and is aligned to 64 bytes.
            let (low, high) = unsafe { (_mm512_load_ps(column), _mm512_load_ps(column.add(HALF))) };
            for (sum, &value) in sums.iter_mut().zip(&row.0) {
                let value = _mm512_set1_ps(value);
                let differences = [_mm512_sub_ps(low, value), _mm512_sub_ps(high, value)];
                sum[0] = _mm512_fmadd_ps(differences[0], differences[0], sum[0]);
                sum[1] = _mm512_fmadd_ps(differences[1], differences[1], sum[1]);
            }
        }
        for (row, sum) in tile.iter_mut().zip(sums) {
            let place = row.0.as_mut_ptr();
            // SAFETY: `Lanes` holds 32 values and is aligned to 64 bytes.
            unsafe {
                if run == 0 {
                    _mm512_store_ps(place, sum[0]);
                    _mm512_store_ps(place.add(HALF), sum[1]);
                } else {
                    _mm512_store_ps(place, _mm512_add_ps(_mm512_load_ps(place), sum[0]));
                    _mm512_store_ps(place.add(HALF), _mm512_add_ps(_mm512_load_ps(place.add(HALF)), sum[1]));
                }
            }
        }
    }
}

/// See [`super::at_most`].
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx2,fma")]
pub(super) fn at_most(tile: &DistanceTile, limits: &Lanes) -> [u32; BLOCK] {
    let halves = |lanes: &Lanes| {
        let place = lanes.0.as_ptr();
        // SAFETY: `Lanes` holds 32 values and is aligned to 64 bytes.
        unsafe { (_mm512_load_ps(place), _mm512_load_ps(place.add(HALF))) }
    };
    let limits = halves(limits);
    let mut masks = [0; BLOCK];
    for (mask, row) in masks.iter_mut().zip(tile) {
        let row = halves(row);
        let low = _mm512_cmp_ps_mask::<_CMP_LE_OQ>(row.0, limits.0);
        let high = _mm512_cmp_ps_mask::<_CMP_LE_OQ>(row.1, limits.1);
        *mask = u32::from(low) | u32::from(high) << HALF;
    }
    masks
}

/// Adds to `counts` how many rows of each lane are at most `surely`; whether a different number is at most `perhaps`.
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx2,fma")]
pub(super) fn count(tile: &DistanceTile, surely: f32, perhaps: f32, counts: &mut [u32; LANES]) -> bool {
    let (surely, perhaps) = (_mm512_set1_ps(surely), _mm512_set1_ps(perhaps));
    let one = _mm512_set1_epi32(1);
    let mut unsure = 0;
    for (half, counts) in counts.chunks_exact_mut(HALF).enumerate() {
        let (mut sure, mut possible) = (_mm512_setzero_si512(), _mm512_setzero_si512());
        for row in tile {
            // SAFETY: each half of the 64-byte aligned `Lanes` holds 16 values, 64 bytes.
            let distances = unsafe { _mm512_load_ps(row.0.as_ptr().add(half * HALF)) };
            let within = _mm512_cmp_ps_mask::<_CMP_LE_OQ>(distances, surely);
            sure = _mm512_mask_add_epi32(sure, within, sure, one);
            let within = _mm512_cmp_ps_mask::<_CMP_LE_OQ>(distances, perhaps);
            possible = _mm512_mask_add_epi32(possible, within, possible, one);
        }
        let counts = counts.as_mut_ptr().cast();
        // SAFETY: the chunk holds 16 values; unaligned access is asked for.
        unsafe { _mm512_storeu_si512(counts, _mm512_add_epi32(_mm512_loadu_si512(counts), sure)) };
        unsure |= _mm512_cmpneq_epi32_mask(sure, possible);
    }
    unsure != 0
}
