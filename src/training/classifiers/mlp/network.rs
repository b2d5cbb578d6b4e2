//! The multilayer perceptron as a burn module: linear layers with `ReLU` between them.
//!
//! All that is random (first weights, dropout) is drawn from a seeded `ChaCha` stream on the processor, not by the
//! backend, so that a seed means the same on every device.

use burn::module::{Module, Param};
use burn::nn::Linear;
use burn::tensor::activation::relu;
use burn::tensor::backend::Backend;
use burn::tensor::{Tensor, TensorData};
use ndarray::{Array1, Array2};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::training::DenseLayer;

/// Linear layers; `ReLU` follows all but the last, which gives one logit per class.
#[derive(Module, Debug)]
pub struct Mlp<B: Backend> {
    layers: Vec<Linear<B>>,
}

impl<B: Backend> Mlp<B> {
    /// Random first weights for layers of these widths, features first and classes last.
    ///
    /// Weights are uniform within ±√(6 / (fan-in + fan-out)) (Glorot and Bengio, AISTATS 2010); biases start at 0.
    pub fn new(widths: &[usize], seed: u64, device: &B::Device) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let layers = widths.windows(2).map(|width| {
            let (fan_in, fan_out) = (width[0], width[1]);
            let bound = (6.0 / (fan_in + fan_out) as f32).sqrt();
            let weights: Vec<f32> = (0..fan_in * fan_out).map(|_| bound * (2.0 * unit(&mut rng) - 1.0)).collect();
            Linear {
                weight: Param::from_data(TensorData::new(weights, [fan_in, fan_out]), device),
                bias: Some(Param::from_data(TensorData::new(vec![0.0_f32; fan_out], [fan_out]), device)),
            }
        });
        Self { layers: layers.collect() }
    }

    /// Logits `[batch, n_classes]` for features `x`, `[batch, n_features]`; `masks` multiply the hidden layers, `[]`
    /// leaves them alone.
    pub fn forward(&self, x: Tensor<B, 2>, masks: &[Tensor<B, 2>]) -> Tensor<B, 2> {
        let (last, hidden) = self.layers.split_last().expect("an MLP has a layer");
        let mut x = x;
        for (index, layer) in hidden.iter().enumerate() {
            x = relu(layer.forward(x)); // [batch, width]
            if let Some(mask) = masks.get(index) {
                x = x * mask.clone();
            }
        }
        last.forward(x)
    }

    /// The weights as plain arrays, first layer first.
    pub fn into_layers(self) -> Vec<DenseLayer> {
        let floats = |data: TensorData| data.convert::<f32>().into_vec::<f32>().expect("converted to f32");
        let plain = self.layers.into_iter().map(|layer| {
            let [fan_in, fan_out] = layer.weight.dims();
            let weights = floats(layer.weight.val().into_data());
            let bias = layer.bias.map_or_else(|| vec![0.0; fan_out], |bias| floats(bias.val().into_data()));
            DenseLayer {
                weights: Array2::from_shape_vec((fan_in, fan_out), weights).expect("burn gives row-major data"),
                bias: Array1::from_vec(bias),
            }
        });
        plain.collect()
    }
}

/// The next number in `0.0..1.0`, of 24 random bits.
pub fn unit(rng: &mut ChaCha8Rng) -> f32 {
    (rng.next_u32() >> 8) as f32 / (1_u32 << 24) as f32
}

/// A dropout mask of `batch` rows for each of the `widths`, from `rng`.
pub fn dropout_masks<B: Backend>(
    widths: &[usize],
    batch: usize,
    dropout: f64,
    rng: &mut ChaCha8Rng,
    device: &B::Device,
) -> Vec<Tensor<B, 2>> {
    if dropout == 0.0 {
        return Vec::new();
    }
    let keep = 1.0 / (1.0 - dropout as f32);
    let masks = widths.iter().map(|&width| {
        let mask: Vec<f32> =
            (0..batch * width).map(|_| if f64::from(unit(rng)) < dropout { 0.0 } else { keep }).collect();
        Tensor::from_data(TensorData::new(mask, [batch, width]), device)
    });
    masks.collect()
}
