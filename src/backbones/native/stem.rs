//! The first convolution takes the image as it is: order of colours, mean and scale are folded into its kernels.
//!
//! A grey image `g` stands for three equal channels, so the kernels of red, green and blue add up to one. Where the
//! means of the channels differ, what they leave behind is constant inside the image but not in the zeros around it;
//! a second channel, 1 inside and 0 outside, carries it, so the border is exact too.

use ndarray::ArrayView3;

use super::convolution::Packed;
use super::map::Map;
use crate::backbones::fold::Folded;
use crate::backbones::weights::WeightsSpec;

/// The first convolution, once for colour and once for grey images.
#[derive(Debug, Clone)]
pub(super) struct Stem {
    rgb: Packed,
    grey: Packed,
    /// Whether grey images need the channel of ones.
    ones: bool,
    /// Subtracted from red, green, blue.
    mean: [f32; 3],
    /// Subtracted from grey.
    grey_mean: f32,
}

impl Stem {
    /// From a folded convolution of three channels.
    pub fn new(folded: &Folded, spec: &WeightsSpec) -> Self {
        let outputs = folded.bias.len();
        let area = folded.weights.len() / outputs / 3;
        let mut mean = [0.0; 3];
        for (c, &value) in spec.mean.iter().enumerate() {
            mean[spec.source_channel(c)] = value;
        }
        let grey_mean = mean.iter().sum::<f32>() / 3.0;
        let ones = mean.iter().any(|&value| value != grey_mean);
        let inputs = if ones { 2 } else { 1 };
        let mut rgb = vec![0.0; folded.weights.len()];
        let mut grey = Vec::with_capacity(outputs * inputs * area);
        for (output, kernel) in folded.weights.chunks_exact(3 * area).enumerate() {
            let mut sum = vec![0.0_f64; area];
            let mut rest = vec![0.0_f64; area];
            for (c, plane) in kernel.chunks_exact(area).enumerate() {
                let to = (output * 3 + spec.source_channel(c)) * area;
                for (tap, &weight) in plane.iter().enumerate() {
                    let scaled = f64::from(weight) * f64::from(spec.scale[c]);
                    rgb[to + tap] = scaled as f32;
                    sum[tap] += scaled;
                    rest[tap] += scaled * f64::from(grey_mean - spec.mean[c]);
                }
            }
            grey.extend(sum.iter().map(|&weight| weight as f32));
            grey.extend(rest.iter().filter(|_| ones).map(|&weight| weight as f32));
        }
        Self {
            rgb: Packed::new(&rgb, &folded.bias, 3),
            grey: Packed::new(&grey, &folded.bias, inputs),
            ones,
            mean,
            grey_mean,
        }
    }

    /// The kernels for images of `channels` channels.
    pub fn packed(&self, channels: usize) -> &Packed {
        if channels == 1 { &self.grey } else { &self.rgb }
    }

    /// Writes `image`, of shape `[height, width, 1 or 3]`, to `map` with `before` and `after` rows and columns of zeros.
    pub fn fill(&self, image: ArrayView3<'_, f32>, before: usize, after: usize, map: &mut Map) {
        let (height, width, channels) = image.dim();
        let inputs = if channels == 3 { 3 } else { 1 + usize::from(self.ones) };
        let padded = before + width + after;
        map.reshape(before + height + after, padded, inputs);
        map.values_mut().fill(0.0);
        let lines = map.values_mut().chunks_exact_mut(padded * inputs).skip(before);
        for (row, line) in image.outer_iter().zip(lines) {
            for (pixel, to) in row.outer_iter().zip(line.chunks_exact_mut(inputs).skip(before)) {
                if channels == 3 {
                    for c in 0..3 {
                        to[c] = pixel[c] - self.mean[c];
                    }
                } else {
                    to[0] = pixel[0] - self.grey_mean;
                    to[1..].fill(1.0);
                }
            }
        }
        map.close();
    }
}
