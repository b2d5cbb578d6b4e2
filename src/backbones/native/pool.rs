//! Pools and sums: what a network does between convolutions.

use super::map::Map;
use crate::backbones::architecture::MaxPool;

/// The maximum over windows; what is outside the map never wins.
pub(super) fn max_pool(input: &Map, pool: MaxPool, output: &mut Map) {
    let (in_height, in_width, channels) = (input.height(), input.width(), input.channels());
    let (height, width) = (pool.output_size(in_height), pool.output_size(in_width));
    output.reshape(height, width, channels);
    let inside = |start: usize, size: usize| {
        start.saturating_sub(pool.padding)..(start + pool.kernel).saturating_sub(pool.padding).min(size)
    };
    for (index, to) in output.values_mut().chunks_exact_mut(channels).enumerate() {
        to.fill(f32::NEG_INFINITY);
        for y in inside(index / width * pool.stride, in_height) {
            for x in inside(index % width * pool.stride, in_width) {
                let from = &input.values()[(y * in_width + x) * channels..][..channels];
                for (to, &from) in to.iter_mut().zip(from) {
                    *to = to.max(from);
                }
            }
        }
    }
    output.close();
}

/// `bounds` applied to the sum of two maps of equal shape.
pub(super) fn add(a: &Map, b: &Map, (low, high): (f32, f32), output: &mut Map) {
    output.reshape(a.height(), a.width(), a.channels());
    for (to, (a, b)) in output.values_mut().iter_mut().zip(a.values().iter().zip(b.values())) {
        *to = (a + b).max(low).min(high);
    }
    output.close();
}

/// The average of each channel, summed in 64 bits with `sums` as scratch.
pub(super) fn average(input: &Map, sums: &mut Vec<f64>, output: &mut [f32]) {
    sums.clear();
    sums.resize(input.channels(), 0.0);
    for pixel in input.values().chunks_exact(input.channels()) {
        for (sum, &value) in sums.iter_mut().zip(pixel) {
            *sum += f64::from(value);
        }
    }
    let area = (input.height() * input.width()) as f64;
    for (to, sum) in output.iter_mut().zip(sums) {
        *to = (*sum / area) as f32;
    }
}
