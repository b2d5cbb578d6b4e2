//! Dense convolutions: packs weights once, then walks an image in blocks of pixels that stay in the cache.

use super::kernels::Kernels;
use super::map::Map;
use super::simd::{LANES, Vector};
use super::tile::OutputTile;

/// Numbers of the input that a block of pixels may read: half of a common second-level cache.
const BLOCK: usize = 96 * 1024;

/// Weights of a convolution, packed for [`OutputTile`].
#[derive(Debug, Clone)]
pub(super) struct Packed {
    /// `[ceil(outputs / 16), rows * columns * inputs, 16]`; missing outputs are zeros.
    weights: Vec<f32>,
    /// Padded to whole panels.
    bias: Vec<f32>,
    outputs: usize,
    depth: usize,
}

impl Packed {
    /// From `weights` in `[outputs, inputs, rows, columns]` order.
    pub fn new(weights: &[f32], bias: &[f32], inputs: usize) -> Self {
        let outputs = bias.len();
        let depth = weights.len() / outputs;
        let area = depth / inputs;
        let panels = outputs.div_ceil(LANES);
        let mut packed = vec![0.0; panels * depth * LANES];
        for (output, kernel) in weights.chunks_exact(depth).enumerate() {
            let panel = &mut packed[output / LANES * depth * LANES..];
            for (channel, plane) in kernel.chunks_exact(area).enumerate() {
                for (tap, &weight) in plane.iter().enumerate() {
                    panel[(tap * inputs + channel) * LANES + output % LANES] = weight;
                }
            }
        }
        let mut bias = bias.to_vec();
        bias.resize(panels * LANES, 0.0);
        Self { weights: packed, bias, outputs, depth }
    }
}

/// How windows lie on a map.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Window {
    pub kernel: usize,
    pub stride: usize,
    /// Rows and columns of zeros before the first.
    pub before: usize,
    /// Rows of the answer.
    pub height: usize,
    /// Columns of the answer.
    pub width: usize,
}

/// A convolution of one image.
pub(super) struct Convolution<'a> {
    pub input: &'a Map,
    pub packed: &'a Packed,
    pub window: Window,
    /// The kernel's columns are read in one run: right for inputs that carry their zeros with them.
    pub row_runs: bool,
    pub residual: Option<&'a Map>,
    pub bounds: (f32, f32),
}

impl Convolution<'_> {
    /// Writes the answer to `output`; `offsets` is only scratch.
    pub fn run(&self, kernels: Kernels, output: &mut Map, offsets: &mut Vec<u32>) {
        output.reshape(self.window.height, self.window.width, self.packed.outputs);
        kernels.convolve(self, output, offsets);
        output.close();
    }

    fn taps(&self) -> (usize, usize) {
        let kernel = self.window.kernel;
        if self.row_runs { (kernel, self.packed.depth / kernel) } else { (kernel * kernel, self.input.channels()) }
    }

    /// Where pixel `pixel` of the answer starts to read for `tap`; outside the map, the zeros behind it.
    fn offset(&self, pixel: usize, tap: usize) -> u32 {
        let Window { kernel, stride, before, width, .. } = self.window;
        let (dy, dx) = if self.row_runs { (tap, 0) } else { (tap / kernel, tap % kernel) };
        let y = (pixel / width * stride + dy).wrapping_sub(before);
        let x = (pixel % width * stride + dx).wrapping_sub(before);
        let inside = y < self.input.height() && x < self.input.width();
        let position = if inside { y * self.input.width() + x } else { self.input.height() * self.input.width() };
        (position * self.input.channels()) as u32
    }

    /// # Safety
    /// The processor has `V`'s instruction set.
    #[inline(always)]
    pub unsafe fn run_with<V: Vector>(&self, output: &mut Map, offsets: &mut Vec<u32>) {
        let pixels = self.window.height * self.window.width;
        let (taps, run) = self.taps();
        let (depth, channels) = (self.packed.depth, self.packed.outputs);
        let per_pixel = self.input.channels() * self.window.stride * self.window.stride;
        let block = (BLOCK / per_pixel).next_multiple_of(V::ROWS).clamp(2 * V::ROWS, pixels.max(2 * V::ROWS));
        let n_blocks = pixels.div_ceil(block);
        for index in 0..n_blocks {
            let block = share(pixels, n_blocks, index);
            let n_tiles = block.len().div_ceil(V::ROWS);
            offsets.clear();
            for tile in 0..n_tiles {
                let rows = share(block.len(), n_tiles, tile);
                for tap in 0..taps {
                    offsets.extend(rows.clone().map(|row| self.offset(block.start + row, tap)));
                }
            }
            let n_panels = channels.div_ceil(LANES);
            for panel in (0..n_panels).step_by(V::PANELS) {
                let panels = V::PANELS.min(n_panels - panel);
                for tile in 0..n_tiles {
                    let rows = share(block.len(), n_tiles, tile);
                    let at = (block.start + rows.start) * channels + panel * LANES;
                    let job = OutputTile {
                        input: self.input.with_zeros(),
                        offsets: &offsets[rows.start * taps..rows.end * taps],
                        run,
                        weights: &self.packed.weights[panel * depth * LANES..(panel + panels) * depth * LANES],
                        bias: &self.packed.bias[panel * LANES..(panel + panels) * LANES],
                        residual: self.residual.map(|map| &map.values()[at..]),
                        output: output.values_mut()[at..].as_mut_ptr(),
                        channels,
                        columns: (channels - panel * LANES).min(panels * LANES),
                        bounds: self.bounds,
                    };
                    // SAFETY: the tile's pixels and panels lie inside the maps sliced above.
                    unsafe { V::run_tile(rows.len(), panels, &job) };
                }
            }
        }
    }
}

/// The `index`-th of `parts` nearly equal parts of `0..total`.
fn share(total: usize, parts: usize, index: usize) -> std::ops::Range<usize> {
    index * total / parts..(index + 1) * total / parts
}
