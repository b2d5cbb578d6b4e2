//! The distance kernel that every clusterer and metric shares; SIMD lives here and nowhere else.
//!
//! ```text
//!              32 points side by side (a panel of `Points`)
//!            ┌──────────────────────────────────────────────┐
//!  8 points, │ tile of squared distances, f32               │ ──▶ counted, summed, compared, …, then forgotten
//!  broadcast └──────────────────────────────────────────────┘
//! ```
//!
//! A pass gives every panel to one thread, which goes through all blocks in order: so the answer is a function of the
//! data alone, whatever the number of threads, and memory is `O(n)`. Whoever needs more than `f32` can know
//! (is this pair within eps?) takes [`error_bound`] and asks [`ExactRows`] where it is too close to call.

#![expect(unsafe_code, reason = "vector instructions, behind a proof that the processor has them")]

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
mod candidates;
mod cost;
mod counting;
mod exact;
#[cfg(test)]
pub(crate) mod golden;
mod nearest;
mod neighbours;
mod points;
mod portable;
mod product;
pub(crate) mod simd;
mod sums;
mod tile;
mod within;

pub use cost::pair_seconds;
pub use counting::neighbour_counts;
pub use exact::{ExactRows, Threshold};
pub use nearest::{Nearest, nearest, squared_distances_to};
pub use neighbours::{Neighbours, k_distances};
pub use points::{BLOCK, Blocks, LANES, Points};
pub use product::{Element, multiply};
pub use simd::{Simd, SimdLevel};
pub use sums::distance_sums;
pub use tile::{DistanceTile, EMPTY_TILE, Lanes, Row8, at_most, error_bound, squared_distances};
pub use within::visit_within;

/// Numbers of the bits set in `mask`, ascending.
pub fn bits(mut mask: u32) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let lowest = (mask != 0).then(|| mask.trailing_zeros() as usize)?;
        mask &= mask - 1;
        Some(lowest)
    })
}
