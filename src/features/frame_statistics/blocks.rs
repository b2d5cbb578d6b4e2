//! A frame in eight by eight blocks: where it is bright, whatever its noise.

use crate::images::{Decoded, Samples};

/// Blocks along a side.
pub(super) const SIDE: usize = 8;
/// Pixels so many quartile distances outside the quartiles of their block are hot, dead or a spot (Tukey's far out).
const FAR_OUT: f64 = 3.0;

/// Mean counts of the blocks, row by row, without pixels that are far out. A block without a measured pixel has the mean of
/// the others.
pub(super) fn blocks(frame: &Decoded) -> [f64; SIDE * SIDE] {
    let count: Box<dyn Fn(usize) -> Option<f64> + '_> = match &frame.samples {
        Samples::U8(counts) => Box::new(|at| Some(f64::from(counts[at]))),
        Samples::U16(counts) => Box::new(|at| Some(counts[at]).filter(|c| *c < u16::MAX).map(f64::from)),
        Samples::U32(counts) => Box::new(|at| Some(counts[at]).filter(|c| *c < u32::MAX).map(f64::from)),
        Samples::F32(counts) => Box::new(|at| {
            let measured = |c: &f32| c.is_finite() && *c >= 0.0 && *c < u32::MAX as f32;
            Some(counts[at]).filter(measured).map(f64::from)
        }),
    };
    let (height, width, channels) = (frame.height, frame.width, frame.channels);
    let bounds = |number: usize, length: usize| number * length / SIDE..(number + 1) * length / SIDE;
    let mut means = [f64::NAN; SIDE * SIDE];
    for (block, mean) in means.iter_mut().enumerate() {
        let columns = bounds(block % SIDE, width);
        let row = |row: usize| (row * width + columns.start) * channels..(row * width + columns.end) * channels;
        let mut measured: Vec<f64> = bounds(block / SIDE, height).flat_map(row).filter_map(&count).collect();
        if !measured.is_empty() {
            *mean = inner_mean(&mut measured);
        }
    }
    let known: Vec<f64> = means.iter().copied().filter(|mean| !mean.is_nan()).collect();
    let usual = known.iter().sum::<f64>() / known.len().max(1) as f64;
    means.map(|mean| if mean.is_nan() { usual } else { mean })
}

/// The mean without what is far out; `counts` is not empty.
fn inner_mean(counts: &mut [f64]) -> f64 {
    let last = counts.len() - 1;
    let mut quartile = |rank: usize| *counts.select_nth_unstable_by(rank, f64::total_cmp).1;
    let (low, high) = (quartile(last / 4), quartile(last * 3 / 4));
    // A photon more or less is never far out.
    let reach = FAR_OUT * (high - low).max(1.0);
    let within = counts.iter().filter(|count| (low - reach..=high + reach).contains(count));
    let (sum, n) = within.fold((0.0, 0_u64), |(sum, n), count| (sum + count, n + 1));
    sum / n as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::images::Mask;

    #[test]
    fn blocks_are_bright_where_the_frame_is() {
        let mut counts: Vec<u16> = (0..32 * 32).map(|at| if at % 32 < 16 { 10 } else { 30 }).collect();
        counts[0] = 60_000;
        counts[40] = 0;
        counts[32 * 4..32 * 8].fill(u16::MAX);
        let (height, width, channels) = (32, 32, 1);
        let found = blocks(&Decoded { height, width, channels, samples: Samples::U16(counts), mask: Mask::Detector });
        assert_eq!((found[0], found[3], found[4], found[63]), (10.0, 10.0, 30.0, 30.0), "hot and dead are left out");
        assert_eq!(found[8], 20.0, "nothing was measured there");
        let tiny = Decoded { height: 1, width: 2, channels, samples: Samples::U16(vec![3, 5]), mask: Mask::Detector };
        assert!(blocks(&tiny).iter().all(|mean| mean.is_finite()));
    }
}
