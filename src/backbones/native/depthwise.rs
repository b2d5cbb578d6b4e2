//! Depthwise convolutions: each channel meets only itself, sixteen channels at once.

use super::convolution::Window;
use super::kernels::Kernels;
use super::map::Map;
use super::simd::{LANES, Vector};

/// Adjacent output pixels that share a load of the weights.
const PIXELS: usize = 4;

/// A depthwise convolution of one image; the channels are a multiple of sixteen.
pub(super) struct Depthwise<'a> {
    pub input: &'a Map,
    /// Shape `[rows, columns, channels]`.
    pub weights: &'a [f32],
    pub bias: &'a [f32],
    pub window: Window,
    pub bounds: (f32, f32),
}

impl Depthwise<'_> {
    /// Writes the answer to `output`.
    pub fn run(&self, kernels: Kernels, output: &mut Map) {
        assert_eq!(self.bias.len() % LANES, 0, "depthwise convolutions have multiples of sixteen channels");
        output.reshape(self.window.height, self.window.width, self.bias.len());
        kernels.convolve_depthwise(self, output);
        output.close();
    }

    /// # Safety
    /// The processor has `V`'s instruction set.
    #[inline(always)]
    pub unsafe fn run_with<V: Vector>(&self, output: &mut Map) {
        let Window { kernel, stride, before, height, width } = self.window;
        let channels = self.bias.len();
        // Columns of the answer whose windows lie inside the map.
        let first = before.div_ceil(stride).min(width);
        let last = (self.input.width() + before).checked_sub(kernel).map_or(first, |room| room / stride + 1);
        let inner = first..last.clamp(first, width);
        for y in 0..height {
            let mut x = 0;
            while x < width {
                let wide = inner.contains(&x) && x + PIXELS <= inner.end;
                let columns = valid(x * stride, before, kernel, self.input.width());
                let rows = valid(y * stride, before, kernel, self.input.height());
                let answer = &mut output.values_mut()[(y * width + x) * channels..];
                let at = (y * stride + rows.start - before) * self.input.width() + x * stride + columns.start - before;
                let patch = Patch { at: at * channels, rows, columns };
                // SAFETY: `patch` holds only taps inside the map; a wide step stays within `inner`.
                unsafe {
                    if wide {
                        for channel in (0..channels).step_by(LANES) {
                            self.pixels::<V, PIXELS, 1>(&patch, channel, answer.as_mut_ptr());
                        }
                    } else {
                        let whole = channels / (4 * LANES) * (4 * LANES);
                        for channel in (0..whole).step_by(4 * LANES) {
                            self.pixels::<V, 1, 4>(&patch, channel, answer.as_mut_ptr());
                        }
                        for channel in (whole..channels).step_by(LANES) {
                            self.pixels::<V, 1, 1>(&patch, channel, answer.as_mut_ptr());
                        }
                    }
                }
                x += if wide { PIXELS } else { 1 };
            }
        }
    }

    /// `X` adjacent pixels × `C` vectors of channels.
    ///
    /// # Safety
    /// As [`Depthwise::run_with`]; the taps of `patch` lie inside the map for all `X` pixels, and `output` has room.
    #[inline(always)]
    unsafe fn pixels<V: Vector, const X: usize, const C: usize>(
        &self,
        patch: &Patch,
        channel: usize,
        output: *mut f32,
    ) {
        let channels = self.bias.len();
        let row_step = self.input.width() * channels;
        let pixel_step = self.window.stride * channels;
        // SAFETY: as the caller vouches.
        unsafe {
            let mut sums = [[V::splat(0.0); C]; X];
            for c in 0..C {
                let bias = V::load(self.bias.as_ptr().add(channel + c * LANES));
                for pixel in &mut sums {
                    pixel[c] = bias;
                }
            }
            let corner = self.input.values().as_ptr().add(patch.at + channel);
            for (down, row) in patch.rows.clone().enumerate() {
                for (right, column) in patch.columns.clone().enumerate() {
                    let tap = (row * self.window.kernel + column) * channels + channel;
                    let weights = self.weights.as_ptr().add(tap);
                    let values = corner.add(down * row_step + right * channels);
                    for c in 0..C {
                        let weight = V::load(weights.add(c * LANES));
                        for (x, pixel) in sums.iter_mut().enumerate() {
                            let value = V::load(values.add(x * pixel_step + c * LANES));
                            pixel[c] = pixel[c].add_product(value, weight);
                        }
                    }
                }
            }
            let (low, high) = (V::splat(self.bounds.0), V::splat(self.bounds.1));
            for (x, pixel) in sums.iter().enumerate() {
                for (c, sum) in pixel.iter().enumerate() {
                    sum.clamp(low, high).store(output.add(x * channels + channel + c * LANES));
                }
            }
        }
    }
}

/// The taps of a window that lie inside the map, and where the first reads.
struct Patch {
    at: usize,
    rows: std::ops::Range<usize>,
    columns: std::ops::Range<usize>,
}

/// The taps of a window at `start - before` that fall into `0..size`.
fn valid(start: usize, before: usize, kernel: usize, size: usize) -> std::ops::Range<usize> {
    let first = before.saturating_sub(start).min(kernel);
    first..(size + before).saturating_sub(start).clamp(first, kernel)
}
