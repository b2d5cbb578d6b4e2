//! The innermost loop of a convolution: a few output pixels × a few panels of sixteen output channels, kept in
//! registers from bias to activation.
//!
//! Reference: Dukhan, "The Indirect Convolution Algorithm", 2019 (XNNPACK): the input is read where it lies, through a
//! table of offsets, so nothing is copied into columns. Every number is summed in one fixed order, whatever the tile.

use super::simd::{LANES, Vector};

/// A tile of the output: what it reads and where it is written.
pub(super) struct OutputTile<'a> {
    /// The input map, then as many zeros as `run`.
    pub input: &'a [f32],
    /// `[taps, rows]`: where each pixel of the tile starts to read, for each tap of the kernel.
    pub offsets: &'a [u32],
    /// Numbers read in a row per tap.
    pub run: usize,
    /// Packed weights from the tile's first panel on: `[panels, taps * run, 16]`.
    pub weights: &'a [f32],
    /// Of the tile's panels.
    pub bias: &'a [f32],
    /// Added before the activation; starts at the tile's first pixel and channel.
    pub residual: Option<&'a [f32]>,
    /// Starts at the tile's first pixel and channel.
    pub output: *mut f32,
    /// Numbers per pixel in `residual` and `output`.
    pub channels: usize,
    /// Output channels of the tile; the last panel may be partly empty.
    pub columns: usize,
    /// The activation.
    pub bounds: (f32, f32),
}

/// Computes one tile.
///
/// # Safety
/// The processor has `V`'s instruction set; `job.output` has room for `ROWS` pixels, the offsets stay `run` numbers
/// within the input, and `weights` and `bias` hold `PANELS` panels.
#[inline(always)]
pub(super) unsafe fn tile<V: Vector, const ROWS: usize, const PANELS: usize>(job: &OutputTile<'_>) {
    let depth = job.weights.len() / job.bias.len() * LANES;
    let taps = job.offsets.len() / ROWS;
    debug_assert_eq!(taps * job.run * LANES, depth);
    // SAFETY: as the caller vouches; `weights` advances by one vector per number of the run.
    unsafe {
        let mut sums = [[V::splat(0.0); PANELS]; ROWS];
        for panel in 0..PANELS {
            let bias = V::load(job.bias.as_ptr().add(panel * LANES));
            for row in &mut sums {
                row[panel] = bias;
            }
        }
        let mut weights = job.weights.as_ptr();
        for tap in 0..taps {
            let mut pixels = [job.input.as_ptr(); ROWS];
            for (row, pixel) in pixels.iter_mut().enumerate() {
                *pixel = pixel.add(*job.offsets.get_unchecked(tap * ROWS + row) as usize);
            }
            for k in 0..job.run {
                let mut factors = [V::splat(0.0); PANELS];
                for (panel, factor) in factors.iter_mut().enumerate() {
                    *factor = V::load(weights.add(panel * depth));
                }
                for row in 0..ROWS {
                    let value = V::splat(*pixels[row].add(k));
                    for panel in 0..PANELS {
                        sums[row][panel] = sums[row][panel].add_product(value, factors[panel]);
                    }
                }
                weights = weights.add(LANES);
            }
        }
        // Out of the registers with a constant index each: what follows indexes by variables, and an array that is
        // ever indexed so would live in memory all along.
        let mut answer = [[[0.0; LANES]; PANELS]; ROWS];
        for row in 0..ROWS {
            for panel in 0..PANELS {
                sums[row][panel].store(answer[row][panel].as_mut_ptr());
            }
        }
        finish::<V, ROWS, PANELS>(job, &answer);
    }
}

/// Adds the residual, applies the activation, writes.
#[inline(always)]
unsafe fn finish<V: Vector, const ROWS: usize, const PANELS: usize>(
    job: &OutputTile<'_>,
    answer: &[[[f32; LANES]; PANELS]; ROWS],
) {
    // SAFETY: as in `tile`; partial vectors touch only the channels there are.
    unsafe {
        let (low, high) = (V::splat(job.bounds.0), V::splat(job.bounds.1));
        for panel in 0..PANELS {
            let columns = job.columns - panel * LANES;
            for (row, answer) in answer.iter().enumerate() {
                let at = row * job.channels + panel * LANES;
                let output = job.output.add(at);
                let mut sum = V::load(answer[panel].as_ptr());
                if columns >= LANES {
                    if let Some(residual) = job.residual {
                        sum = sum.add(V::load(residual.as_ptr().add(at)));
                    }
                    sum.clamp(low, high).store(output);
                } else {
                    if let Some(residual) = job.residual {
                        sum = sum.add(V::load_part(residual.as_ptr().add(at), columns));
                    }
                    sum.clamp(low, high).store_part(output, columns);
                }
            }
        }
    }
}
