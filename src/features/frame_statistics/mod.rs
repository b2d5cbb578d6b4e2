//! Statistics of a detector's counts, for telling frames that the shutter or the beam spoiled.
//!
//! Counts are raw, pixels that were not measured left out. A count alone says nothing (another sample, another beam), so
//! that the statistics are later seen among those of their series: see [`crate::detector_frames`].

mod blocks;
mod count;
mod distribution;

use super::{Features, Statistics};
use crate::images::Decoded;
use distribution::Distribution;

/// Twelve statistics of the counts of one frame and the means of 64 blocks of it, none of which depends on other frames.
#[derive(Debug, Clone, Copy)]
pub struct FrameStatistics;

impl FrameStatistics {
    /// Names of the columns: counts per measured pixel, but the share of `empty` pixels in `0.0..=1.0` and the number of
    /// those `measured`.
    pub const COLUMNS: [&str; 12] =
        ["mean_flux", "trimmed_flux", "std", "p05", "p25", "p50", "p75", "p95", "p99", "max", "empty", "measured"];
    /// Column of the first of the blocks, eight rows of eight, counts per measured pixel.
    pub const BLOCKS: usize = Self::COLUMNS.len();
    /// Number of all columns.
    pub const N_COLUMNS: usize = Self::BLOCKS + blocks::SIDE * blocks::SIDE;
    /// The fingerprint before there were blocks; the other columns are the same.
    pub const FIRST_FINGERPRINT: &str = "frame statistics 1";
    /// Column of the mean count.
    pub const MEAN: usize = 0;
    /// Column of the mean without hot pixels and bright spots.
    pub const TRIMMED_MEAN: usize = 1;
    /// Column of the population standard deviation.
    pub const STD: usize = 2;
    /// Column of the 75th percentile.
    pub const P75: usize = 6;
    /// Column of the share of pixels without a count.
    pub const EMPTY: usize = 10;
    /// Column of the number of measured pixels.
    pub const N_MEASURED: usize = 11;
}

impl Features for FrameStatistics {
    fn columns(&self) -> Vec<String> {
        let block = |at: usize| format!("block_{}_{}", at / blocks::SIDE, at % blocks::SIDE);
        let blocks = (0..Self::N_COLUMNS - Self::BLOCKS).map(block);
        Self::COLUMNS.map(str::to_owned).into_iter().chain(blocks).collect()
    }

    fn fingerprint(&self) -> String {
        "frame statistics 2".to_owned()
    }
}

impl Statistics<Decoded> for FrameStatistics {
    fn measure(&self, frame: &Decoded) -> Vec<f64> {
        let counts = Distribution::of(frame);
        let at = |share| counts.percentile(share);
        let statistics: [f64; Self::COLUMNS.len()] = [
            counts.mean(),
            counts.trimmed_mean(),
            counts.std(),
            at(0.05),
            at(0.25),
            at(0.5),
            at(0.75),
            at(0.95),
            at(0.99),
            at(1.0),
            counts.share_of_zeros(),
            counts.len() as f64,
        ];
        statistics.into_iter().chain(blocks::blocks(frame)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::images::{Mask, Samples};

    fn of(samples: Samples) -> Vec<f64> {
        FrameStatistics.measure(&Decoded {
            height: 2,
            width: samples.len() / 2,
            channels: 1,
            samples,
            mask: Mask::Detector,
        })
    }

    #[test]
    fn pixels_that_were_not_measured_do_not_count() {
        let expected = of(Samples::U16(vec![1, 2, 3, 6, u16::MAX, u16::MAX]));
        assert_eq!(expected[FrameStatistics::MEAN], 3.0);
        assert_eq!(expected[FrameStatistics::N_MEASURED], 4.0);
        assert_eq!(expected[5], 2.0, "the median is a count that occurs");
        assert_eq!(of(Samples::U32(vec![1, 2, 3, 6, u32::MAX, u32::MAX])), expected);
        assert_eq!(of(Samples::F32(vec![1.0, 2.0, 3.0, 6.0, f32::NAN, -1.0])), expected);
        assert!(of(Samples::U16(vec![u16::MAX; 4])).iter().all(|value| *value == 0.0), "nothing was measured");
    }

    #[test]
    fn columns_lie_where_their_names_say() {
        let even = of(Samples::U8(vec![4; 6]));
        let [mean, trimmed, std] = [FrameStatistics::MEAN, FrameStatistics::TRIMMED_MEAN, FrameStatistics::STD];
        assert_eq!((even[mean], even[trimmed], even[std]), (4.0, 4.0, 0.0));
        for (column, name) in [
            (mean, "mean_flux"),
            (trimmed, "trimmed_flux"),
            (std, "std"),
            (FrameStatistics::P75, "p75"),
            (FrameStatistics::EMPTY, "empty"),
            (FrameStatistics::N_MEASURED, "measured"),
        ] {
            assert_eq!(FrameStatistics::COLUMNS[column], name);
        }
    }
}
