//! The part of a backbone that fine-tuning changes, as a burn module that learns.
//!
//! Batch norms stand beside their convolutions here, in one of two forms ([`NormMode`]). Frozen, a norm is the constant
//! scale and shift of its stored statistics, as in detectors fine-tuned on small batches; only kernels learn. Trained,
//! it is a batch norm as Ioffe and Szegedy (ICML 2015) describe it: statistics of the batch while learning, running
//! averages afterwards, and scale and shift learn too. What was learned goes back into [`Weights`] under the names it
//! came from, so the native engine reads it as any other file.

use burn::module::{Module, Param, RunningState};
use burn::nn::BatchNorm;
use burn::tensor::backend::Backend;
use burn::tensor::{FloatDType, Tensor, TensorData};
use serde::{Deserialize, Serialize};

use super::BackboneError;
use super::architecture::{Architecture, BatchNorm as NormName, Conv};
use super::graph::{average, convolution, maps, normalised};
use super::weights::{Weights, WeightsSpec};

/// Share of a batch's statistics in the running averages.
const MOMENTUM: f64 = 0.1;

/// How batch norms are treated while the convolutions before them learn.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum NormMode {
    /// Stored statistics, scale and shift stay as they are.
    #[default]
    Frozen,
    /// Statistics follow the images, scale and shift learn. What the head knew about the features is void at first, so
    /// this needs more images, larger steps and more epochs.
    Trained,
}

/// A part of a network whose numbers learn.
#[derive(Module, Debug)]
pub struct Trainable<B: Backend> {
    convolutions: Vec<Convolution<B>>,
    #[module(skip)]
    architecture: Architecture,
    /// How images are normalised; `None` where the input is another layer's map.
    #[module(skip)]
    spec: Option<WeightsSpec>,
}

/// A convolution and what normalises it.
#[derive(Module, Debug)]
struct Convolution<B: Backend> {
    /// Shape `[outputs, inputs, rows, columns]`; `inputs` is 1 where depthwise.
    weight: Param<Tensor<B, 4>>,
    /// Where there is no batch norm; shape `[outputs]`.
    bias: Option<Param<Tensor<B, 1>>>,
    frozen: Option<Frozen<B>>,
    trained: Option<BatchNorm<B>>,
}

/// A batch norm that does not learn: constants of shape `[outputs]`.
#[derive(Module, Debug)]
struct Frozen<B: Backend> {
    scale: Tensor<B, 1>,
    shift: Tensor<B, 1>,
}

impl<B: Backend> Trainable<B> {
    /// The network `architecture` with these weights; `spec` where its input is an image.
    ///
    /// # Errors
    /// When a tensor is missing.
    pub fn new(
        architecture: Architecture,
        weights: &Weights,
        spec: Option<WeightsSpec>,
        mode: NormMode,
        device: &B::Device,
    ) -> Result<Self, BackboneError> {
        let convolutions =
            architecture.convs().map(|conv| Convolution::new(conv, weights, mode, device)).collect::<Result<_, _>>()?;
        Ok(Self { convolutions, architecture, spec })
    }

    /// The averages of the layers, one after the other, `[batch, n_features]`, for `input` of shape
    /// `[batch, channels, height, width]`; inside, numbers are rounded to `dtype`, the answer is in 32 bits.
    pub fn features(&self, input: Tensor<B, 4>, dtype: FloatDType) -> Tensor<B, 2> {
        let input = match &self.spec {
            Some(spec) => normalised(input, spec),
            None => input,
        };
        let maps = maps(&self.architecture, input.cast(dtype), |index, conv, map| {
            self.convolutions[index].forward(conv, map, dtype)
        });
        Tensor::cat(maps.into_iter().map(|map| average(map.cast(FloatDType::F32))).collect(), 1)
    }

    /// `weights` with the tensors of this part replaced by what was learned.
    #[must_use]
    pub fn into_weights(self, weights: &Weights) -> Weights {
        let mut weights = weights.clone();
        for (conv, learned) in self.architecture.convs().zip(self.convolutions) {
            let mut set = |name: &str, part: &str, data: TensorData| {
                let values = data.convert::<f32>().into_vec().expect("converted to f32");
                weights.replace(&format!("{name}.{part}"), values);
            };
            set(&conv.name, "weight", learned.weight.val().into_data());
            if let Some(bias) = learned.bias {
                set(&conv.name, "bias", bias.val().into_data());
            }
            if let (Some(NormName { name, .. }), Some(norm)) = (&conv.batch_norm, learned.trained) {
                set(name, "weight", norm.gamma.val().into_data());
                set(name, "bias", norm.beta.val().into_data());
                set(name, "running_mean", norm.running_mean.value_sync().into_data());
                set(name, "running_var", norm.running_var.value_sync().into_data());
            }
        }
        weights
    }
}

impl<B: Backend> Convolution<B> {
    fn new(conv: &Conv, weights: &Weights, mode: NormMode, device: &B::Device) -> Result<Self, BackboneError> {
        let inputs = if conv.depthwise { 1 } else { conv.inputs };
        let shape = [conv.outputs, inputs, conv.kernel, conv.kernel];
        let kernel = weights.get(&format!("{}.weight", conv.name))?.to_vec();
        let vector = |name: &str, part: &str| {
            let values = weights.get(&format!("{name}.{part}"))?.to_vec();
            Ok::<_, BackboneError>(Tensor::<B, 1>::from_data(TensorData::new(values, [conv.outputs]), device))
        };
        let mut made = Self {
            weight: Param::from_tensor(Tensor::from_data(TensorData::new(kernel, shape), device)),
            bias: None,
            frozen: None,
            trained: None,
        };
        let Some(NormName { name, eps }) = &conv.batch_norm else {
            made.bias = Some(Param::from_tensor(vector(&conv.name, "bias")?));
            return Ok(made);
        };
        let (gamma, beta) = (vector(name, "weight")?, vector(name, "bias")?);
        let (mean, variance) = (vector(name, "running_mean")?, vector(name, "running_var")?);
        match mode {
            NormMode::Frozen => {
                let scale = gamma / (variance + *eps).sqrt();
                made.frozen = Some(Frozen { shift: beta - mean * scale.clone(), scale });
            }
            NormMode::Trained => {
                made.trained = Some(BatchNorm {
                    gamma: Param::from_tensor(gamma),
                    beta: Param::from_tensor(beta),
                    running_mean: RunningState::new(mean),
                    running_var: RunningState::new(variance),
                    momentum: MOMENTUM,
                    epsilon: f64::from(*eps),
                });
            }
        }
        Ok(made)
    }

    fn forward(&self, conv: &Conv, map: Tensor<B, 4>, dtype: FloatDType) -> Tensor<B, 4> {
        let bias = self.bias.as_ref().map(Param::val);
        let (weight, bias) = match &self.frozen {
            Some(Frozen { scale, shift }) => {
                (self.weight.val() * scale.clone().reshape([conv.outputs, 1, 1, 1]), Some(shift.clone()))
            }
            None => (self.weight.val(), bias),
        };
        let map = convolution(conv, map, weight.cast(dtype), bias.map(|bias| bias.cast(dtype)));
        match &self.trained {
            Some(norm) => norm.forward(map.cast(FloatDType::F32)).cast(dtype),
            None => map,
        }
    }
}

#[cfg(test)]
mod tests;
