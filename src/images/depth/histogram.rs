//! Counts of 65,536 values: all of 16 bits, or one half of a float.

/// How often each value occurred.
#[derive(Debug, Clone)]
pub(super) struct ValueCounts(Vec<u64>);

impl Default for ValueCounts {
    fn default() -> Self {
        Self(vec![0; 1 << 16])
    }
}

impl ValueCounts {
    pub(super) fn add(&mut self, value: u16) {
        self.0[usize::from(value)] += 1;
    }

    pub(super) fn merge(&mut self, other: &Self) {
        self.0.iter_mut().zip(&other.0).for_each(|(a, b)| *a += b);
    }

    /// The rank, from 1, below or at which a share of all counts lies.
    pub(super) fn rank(&self, share: f64) -> u64 {
        let total: u64 = self.0.iter().sum();
        ((share * total as f64).ceil() as u64).clamp(1, total.max(1))
    }

    /// The value at this rank, from 1, and how many counts lie below that value; `None` beyond the last.
    pub(super) fn at(&self, rank: u64) -> Option<(u16, u64)> {
        let mut below = 0;
        for (value, &count) in (0..=u16::MAX).zip(&self.0) {
            if below + count >= rank {
                return Some((value, below));
            }
            below += count;
        }
        None
    }
}
