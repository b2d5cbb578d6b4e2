//! A frame in eight by eight blocks: where it is bright, whatever its noise.

use super::count::Count;
use crate::images::{Decoded, Samples};

/// Blocks along a side.
pub(super) const SIDE: usize = 8;
/// One in so many of a block's pixels is left out at either end: it may be hot, dead or a spot. By rank, so that twice the
/// light gives twice the mean, whatever noise and structure are; a limit in counts would bend that.
const LEFT_OUT: usize = 32;
/// One at either end at least, of a block of so many pixels.
const FEW: usize = 8;

/// Mean counts of the blocks, row by row, without the brightest and the darkest pixels. A block without a measured pixel has
/// the mean of the others.
pub(super) fn blocks(frame: &Decoded) -> [f64; SIDE * SIDE] {
    match &frame.samples {
        Samples::U8(counts) => means(frame, counts),
        Samples::U16(counts) => means(frame, counts),
        Samples::U32(counts) => means(frame, counts),
        Samples::F32(counts) => means(frame, counts),
    }
}

fn means<T: Count>(frame: &Decoded, counts: &[T]) -> [f64; SIDE * SIDE] {
    let (height, width, channels) = (frame.height, frame.width, frame.channels);
    let bounds = |number: usize, length: usize| number * length / SIDE..(number + 1) * length / SIDE;
    let mut means = [f64::NAN; SIDE * SIDE];
    for (block, mean) in means.iter_mut().enumerate() {
        let columns = bounds(block % SIDE, width);
        let row =
            |row: usize| &counts[(row * width + columns.start) * channels..(row * width + columns.end) * channels];
        let pixels = bounds(block / SIDE, height).flat_map(row);
        let mut measured: Vec<f64> = pixels.filter_map(|count| count.measured()).collect();
        if !measured.is_empty() {
            *mean = inner_mean(&mut measured);
        }
    }
    let known: Vec<f64> = means.iter().copied().filter(|mean| !mean.is_nan()).collect();
    let usual = known.iter().sum::<f64>() / known.len().max(1) as f64;
    means.map(|mean| if mean.is_nan() { usual } else { mean })
}

/// The mean of the counts between the outermost ranks; `counts` is not empty.
fn inner_mean(counts: &mut [f64]) -> f64 {
    let n = counts.len();
    let out = (n / LEFT_OUT).max(usize::from(n >= FEW));
    counts.select_nth_unstable_by(out, f64::total_cmp);
    counts[out..].select_nth_unstable_by(n - 1 - 2 * out, f64::total_cmp);
    counts[out..n - out].iter().sum::<f64>() / (n - 2 * out) as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::images::Mask;

    #[test]
    fn blocks_are_bright_where_the_frame_is() {
        let mut counts: Vec<u16> = (0..32 * 32).map(|at| if at % 32 < 16 { 10 } else { 30 }).collect();
        counts[0] = 60_000;
        counts[33] = 0;
        counts[32 * 4..32 * 8].fill(u16::MAX);
        let (height, width, channels) = (32, 32, 1);
        let found = blocks(&Decoded { height, width, channels, samples: Samples::U16(counts), mask: Mask::Detector });
        assert_eq!((found[0], found[3], found[4], found[63]), (10.0, 10.0, 30.0, 30.0), "hot and dead are left out");
        assert_eq!(found[8], 20.0, "nothing was measured there");
        // A narrow ring in a wide block counts as much in bright light as in dim.
        let ring = |light: f64| {
            let mut counts: Vec<f64> = (0..640).map(|at| light * if at % 20 == 0 { 9.0 } else { 1.0 }).collect();
            inner_mean(&mut counts)
        };
        assert!((ring(40.0) - 40.0 * ring(1.0)).abs() < 1e-9);
        let tiny = Decoded { height: 1, width: 2, channels, samples: Samples::U16(vec![3, 5]), mask: Mask::Detector };
        assert!(blocks(&tiny).iter().all(|mean| mean.is_finite()));
    }
}
