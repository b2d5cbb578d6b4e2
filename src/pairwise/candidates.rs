//! The nearest points seen so far, for 32 points at once.
//!
//! Newcomers queue in a buffer; when it is full, the nearest are selected and the rest forgotten.

use super::{LANES, Lanes};

/// A bounded set of nearest points for each lane. A key is the bits of the squared distance, which sort like the
/// distance, and below them the index.
pub(super) struct Candidates {
    capacity: usize,
    keys: Vec<Vec<u64>>,
    /// Distance of the farthest candidate kept: farther points are not taken in.
    pub(super) limits: Lanes,
}

impl Candidates {
    pub(super) fn new(capacity: usize) -> Self {
        let keys = (0..LANES).map(|_| Vec::with_capacity(2 * capacity + 32)).collect();
        Self { capacity, keys, limits: Lanes([f32::INFINITY; LANES]) }
    }

    /// Takes a point; indices must ascend.
    pub(super) fn push(&mut self, lane: usize, squared: f32, index: usize) {
        let keys = &mut self.keys[lane];
        keys.push(u64::from(squared.to_bits()) << 32 | index as u64);
        if keys.len() == 2 * self.capacity + 32 {
            let (_, &mut last, _) = keys.select_nth_unstable(self.capacity - 1);
            keys.truncate(self.capacity);
            // Equally far ones come later, so they have the higher index: they lose.
            self.limits.0[lane] = squared_of(last).next_down();
        }
    }

    /// The nearest of a lane, ascending.
    pub(super) fn nearest(&mut self, lane: usize) -> &[u64] {
        let keys = &mut self.keys[lane];
        keys.sort_unstable();
        keys.truncate(self.capacity);
        keys
    }
}

/// The squared distance in a key.
pub(super) fn squared_of(key: u64) -> f32 {
    f32::from_bits((key >> 32) as u32)
}
