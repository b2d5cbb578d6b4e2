//! The counts of one frame, sorted: what all statistics are read from.

use super::count::Count as _;
use crate::images::{Decoded, Samples};

/// How many pixels have which count; pixels that were not measured are left out.
pub(super) struct Distribution {
    /// Ascending counts, each with its number of pixels, at least one.
    counts: Vec<(f64, u64)>,
    n: u64,
}

impl Distribution {
    pub(super) fn of(frame: &Decoded) -> Self {
        let counts = match &frame.samples {
            Samples::U8(counts) => binned(counts.iter().map(|&count| u16::from(count)), &mut []),
            Samples::U16(counts) => binned(counts.iter().copied().filter(|count| count.measured().is_some()), &mut []),
            Samples::U32(counts) => {
                let mut large = Vec::new();
                let small = counts.iter().filter(|count| count.measured().is_some()).filter_map(|&count| {
                    let small = u16::try_from(count).ok();
                    if small.is_none() {
                        large.push(f64::from(count));
                    }
                    small
                });
                let mut bins = vec![0_u32; 1 << 16];
                small.for_each(|count| bins[usize::from(count)] += 1);
                occupied(&bins, &mut large)
            }
            Samples::F32(counts) => {
                let mut counts: Vec<f64> = counts.iter().filter_map(|count| count.measured()).collect();
                occupied(&[], &mut counts)
            }
        };
        let n = counts.iter().map(|(_, pixels)| pixels).sum();
        Self { counts, n }
    }

    /// Measured pixels.
    pub(super) fn len(&self) -> u64 {
        self.n
    }

    pub(super) fn mean(&self) -> f64 {
        self.sum(|count| count) / self.n.max(1) as f64
    }

    /// Population standard deviation.
    pub(super) fn std(&self) -> f64 {
        let mean = self.mean();
        (self.sum(|count| (count - mean).powi(2)) / self.n.max(1) as f64).sqrt()
    }

    /// The mean without the highest hundredth of the pixels: hot pixels and bright spots do not move it. Where few pixels
    /// count anything, no more than a tenth of these is left out.
    pub(super) fn trimmed_mean(&self) -> f64 {
        let zeros = self.share_of_zeros() * self.n as f64;
        let kept = self.n as f64 - (0.01 * self.n as f64).min(0.1 * (self.n as f64 - zeros));
        let (mut left, mut sum) = (kept, 0.0);
        for (count, pixels) in &self.counts {
            let pixels = (*pixels as f64).min(left);
            sum += count * pixels;
            left -= pixels;
        }
        sum / kept.max(1.0)
    }

    /// The count at the nearest rank; 0 where nothing was measured.
    pub(super) fn percentile(&self, share: f64) -> f64 {
        let rank = ((share * self.n as f64).ceil() as u64).max(1);
        let mut below = 0;
        for (count, pixels) in &self.counts {
            below += pixels;
            if below >= rank {
                return *count;
            }
        }
        0.0
    }

    pub(super) fn share_of_zeros(&self) -> f64 {
        match self.counts.first() {
            Some((0.0, pixels)) => *pixels as f64 / self.n as f64,
            _ => 0.0,
        }
    }

    fn sum(&self, of: impl Fn(f64) -> f64) -> f64 {
        self.counts.iter().map(|(count, pixels)| of(*count) * *pixels as f64).sum()
    }
}

fn binned(counts: impl Iterator<Item = u16>, large: &mut [f64]) -> Vec<(f64, u64)> {
    let mut bins = vec![0_u32; 1 << 16];
    counts.for_each(|count| bins[usize::from(count)] += 1);
    occupied(&bins, large)
}

/// The counts of `bins` that occur, then `others`, which are larger, sorted.
fn occupied(bins: &[u32], others: &mut [f64]) -> Vec<(f64, u64)> {
    let bins = bins.iter().enumerate().filter(|(_, pixels)| **pixels > 0);
    let mut counts: Vec<(f64, u64)> = bins.map(|(count, pixels)| (count as f64, u64::from(*pixels))).collect();
    others.sort_unstable_by(f64::total_cmp);
    counts.extend(others.iter().map(|count| (*count, 1)));
    counts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::images::Mask;

    #[test]
    fn statistics_by_hand() {
        let samples = Samples::U32(vec![0, 0, 1, 3, 100_000, u32::MAX]);
        let counts = Distribution::of(&Decoded { height: 1, width: 6, channels: 1, samples, mask: Mask::Detector });
        assert_eq!((counts.len(), counts.mean(), counts.share_of_zeros()), (5, 20_000.8, 0.4));
        assert_eq!([0.2, 0.5, 0.8, 1.0].map(|share| counts.percentile(share)), [0.0, 1.0, 3.0, 100_000.0]);
        let even = Distribution { counts: vec![(1.0, 2), (3.0, 2)], n: 4 };
        assert_eq!(even.std(), 1.0);
    }

    #[test]
    fn hot_pixels_are_left_out_and_rare_photons_are_not() {
        let hot = Distribution { counts: vec![(2.0, 99), (5000.0, 1)], n: 100 };
        assert_eq!(hot.trimmed_mean(), 2.0);
        let photons = |n: u64| Distribution { counts: vec![(0.0, 10_000 - n), (1.0, n)], n: 10_000 }.trimmed_mean();
        assert!((photons(20) / photons(10) - 2.0).abs() < 1e-3, "light is told by a thousandth of the pixels, too");
        assert_eq!(Distribution { counts: vec![], n: 0 }.trimmed_mean(), 0.0);
    }
}
