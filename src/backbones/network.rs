//! A backbone as a burn module: inference on CUDA, fine-tuning anywhere.
//!
//! It is built from the same [`Architecture`] and weights as [`super::native`]; a test holds the two together. Batch
//! norms are folded into the convolutions, so fine-tuning moves scales and shifts as part of the kernels.

use burn::module::{Module, Param};
use burn::tensor::activation::relu;
use burn::tensor::backend::Backend;
use burn::tensor::module::{conv2d, max_pool2d};
use burn::tensor::ops::PaddedConvOptions;
use burn::tensor::{Tensor, TensorData};

use super::architecture::{Activation, Architecture, Conv, NodeId, Op};
use super::fold::fold;
use super::weights::{ChannelOrder, Weights, WeightsSpec};
use super::{Backbone, BackboneError};

/// Kernels and biases of one convolution.
#[derive(Module, Debug)]
pub struct Kernels<B: Backend> {
    /// Shape `[outputs, inputs, rows, columns]`; `inputs` is 1 where depthwise.
    pub weight: Param<Tensor<B, 4>>,
    /// Shape `[outputs]`.
    pub bias: Param<Tensor<B, 1>>,
}

/// A backbone on a burn backend.
#[derive(Module, Debug)]
pub struct Network<B: Backend> {
    /// In the order of computation.
    pub convolutions: Vec<Kernels<B>>,
    #[module(skip)]
    architecture: Architecture,
    #[module(skip)]
    spec: WeightsSpec,
}

impl Backbone {
    /// The burn module, as deep as `layers` need.
    ///
    /// # Errors
    /// When a layer is unknown or the weights lack it.
    pub fn network<B: Backend>(&self, layers: &[String], device: &B::Device) -> Result<Network<B>, BackboneError> {
        let architecture = self.weights().require(self.architecture(), layers)?;
        Network::new(architecture, self.weights(), self.spec(), device)
    }
}

impl<B: Backend> Network<B> {
    /// Computes every layer of `architecture` (see [`Architecture::up_to`]).
    ///
    /// # Errors
    /// When a tensor is missing.
    pub fn new(
        architecture: Architecture,
        weights: &Weights,
        spec: WeightsSpec,
        device: &B::Device,
    ) -> Result<Self, BackboneError> {
        let convolutions =
            architecture.convs().map(|conv| Kernels::new(conv, weights, device)).collect::<Result<_, _>>()?;
        Ok(Self { convolutions, architecture, spec })
    }

    /// Number of features of an image: the channels of all layers.
    #[must_use]
    pub fn n_features(&self) -> usize {
        self.architecture.layers.iter().map(|layer| layer.channels).sum()
    }

    /// The averages of the layers, one after the other, shape `[batch, n_features]`, for RGB or grey `images` of shape
    /// `[batch, 3 or 1, size, size]` with values in `0.0..=255.0`.
    pub fn features(&self, images: Tensor<B, 4>) -> Tensor<B, 2> {
        let last_reader = self.last_readers();
        let mut maps: Vec<Option<Tensor<B, 4>>> = vec![None; self.architecture.nodes.len()];
        let mut pooled = vec![None; self.architecture.layers.len()];
        let mut kernels = self.convolutions.iter();
        let mut images = Some(images);
        for (node, op) in self.architecture.nodes.iter().enumerate() {
            let map = match op {
                Op::Input { .. } => images.take().map(|images| self.normalised(images)),
                Op::Conv { input, conv } => {
                    kernels.next().zip(maps[*input].clone()).map(|(kernels, map)| kernels.forward(conv, map))
                }
                Op::MaxPool { input, pool } => maps[*input].clone().map(|map| {
                    let Pooling { kernel, stride, padding } = Pooling::of(pool.kernel, pool.stride, pool.padding);
                    max_pool2d(map, kernel, stride, padding, [1, 1], pool.ceil)
                }),
                Op::Add { shortcut, branch, activation } => {
                    maps[*shortcut].clone().zip(maps[*branch].clone()).map(|(a, b)| activated(a + b, *activation))
                }
                Op::GlobalPool { input } => maps[*input].clone().map(|map| map.mean_dim(3).mean_dim(2)),
            };
            for (layer, pooled) in self.architecture.layers.iter().zip(&mut pooled) {
                if layer.node == node {
                    *pooled = map.clone().map(average);
                }
            }
            maps[node] = map;
            op.inputs().filter(|&input| last_reader[input] == node).for_each(|input| maps[input] = None);
        }
        Tensor::cat(pooled.into_iter().flatten().collect(), 1)
    }

    /// For each node, the last that reads it.
    fn last_readers(&self) -> Vec<NodeId> {
        let mut last = vec![0; self.architecture.nodes.len()];
        for (node, op) in self.architecture.nodes.iter().enumerate() {
            op.inputs().for_each(|input| last[input] = node);
        }
        last
    }

    /// Three channels in the network's order, means subtracted, scaled.
    fn normalised(&self, images: Tensor<B, 4>) -> Tensor<B, 4> {
        let device = images.device();
        let [batch, channels, height, width] = images.dims();
        let images = match (channels, self.spec.channel_order) {
            (1, _) => images.expand([batch, 3, height, width]),
            (_, ChannelOrder::Rgb) => images,
            (_, ChannelOrder::Bgr) => images.flip([1]),
        };
        let constant = |values: [f32; 3]| Tensor::<B, 1>::from_floats(values, &device).reshape([1, 3, 1, 1]);
        (images - constant(self.spec.mean)) * constant(self.spec.scale)
    }
}

/// Sizes as burn takes them, rows and columns alike.
struct Pooling {
    kernel: [usize; 2],
    stride: [usize; 2],
    padding: [usize; 2],
}

impl Pooling {
    fn of(kernel: usize, stride: usize, padding: usize) -> Self {
        Self { kernel: [kernel; 2], stride: [stride; 2], padding: [padding; 2] }
    }
}

impl<B: Backend> Kernels<B> {
    fn new(conv: &Conv, weights: &Weights, device: &B::Device) -> Result<Self, BackboneError> {
        let folded = fold(conv, weights)?;
        let inputs = if conv.depthwise { 1 } else { conv.inputs };
        let shape = [conv.outputs, inputs, conv.kernel, conv.kernel];
        let weight = Tensor::from_data(TensorData::new(folded.weights, shape), device);
        let bias = Tensor::from_data(TensorData::new(folded.bias, [conv.outputs]), device);
        Ok(Self { weight: Param::from_tensor(weight), bias: Param::from_tensor(bias) })
    }

    fn forward(&self, conv: &Conv, map: Tensor<B, 4>) -> Tensor<B, 4> {
        let [_, _, height, width] = map.dims();
        let (top, bottom) = conv.padding.around(height, conv.kernel, conv.stride);
        let (left, right) = conv.padding.around(width, conv.kernel, conv.stride);
        let groups = if conv.depthwise { conv.inputs } else { 1 };
        let options = PaddedConvOptions::asymmetric([conv.stride; 2], [top, left], [bottom, right], [1, 1], groups);
        activated(conv2d(map, self.weight.val(), Some(self.bias.val()), options), conv.activation)
    }
}

fn activated<B: Backend>(map: Tensor<B, 4>, activation: Activation) -> Tensor<B, 4> {
    match activation {
        Activation::None => map,
        Activation::Relu => relu(map),
        Activation::Relu6 => map.clamp(0.0, 6.0),
    }
}

/// From `[batch, channels, height, width]` to `[batch, channels]`.
fn average<B: Backend>(map: Tensor<B, 4>) -> Tensor<B, 2> {
    let [batch, channels, _, _] = map.dims();
    map.mean_dim(3).mean_dim(2).reshape([batch, channels])
}

#[cfg(test)]
mod tests {
    use burn::tensor::backend::AutodiffBackend;
    use ndarray::{Array2, Array3};

    use super::*;
    use crate::backbones::tests::worst;
    use crate::backbones::{BackboneName, Variant, seeded};
    use crate::device::{Device, OnBackend};

    struct Features<'a> {
        backbone: &'a Backbone,
        layers: &'a [String],
        images: &'a [Array3<f32>],
    }

    impl OnBackend for Features<'_> {
        type Output = Array2<f32>;

        fn run<B: AutodiffBackend>(self, device: &B::Device) -> Array2<f32> {
            let network = self.backbone.network::<B::InnerBackend>(self.layers, device).unwrap();
            let rows = self.images.iter().flat_map(|image| {
                let (height, width, channels) = image.dim();
                let planes = image.view().permuted_axes([2, 0, 1]).iter().copied().collect::<Vec<_>>();
                let images = Tensor::from_data(TensorData::new(planes, [1, channels, height, width]), device);
                network.features(images).into_data().to_vec::<f32>().unwrap()
            });
            Array2::from_shape_vec((self.images.len(), network.n_features()), rows.collect()).unwrap()
        }
    }

    #[test]
    fn both_engines_agree() {
        let images = seeded::images();
        let seeded = |name, variant| seeded::backbone(name, variant);
        for backbone in [
            Backbone::embedded().unwrap(),
            seeded(BackboneName::Resnet50, Variant::Caffe),
            seeded(BackboneName::Resnet50, Variant::Torchvision),
            seeded(BackboneName::Vgg16, Variant::Torchvision),
        ] {
            let layers = backbone.layers();
            let burn = Device::Cpu.run(Features { backbone: &backbone, layers: &layers, images: &images });
            let views: Vec<_> = images.iter().map(Array3::view).collect();
            let native = backbone.native(&layers).unwrap().features(&views).unwrap();
            let error = worst(&burn, &native);
            println!("{} {}: {error:.1e}", backbone.name(), backbone.variant().as_str());
            assert!(error < 1e-4, "{} {:?}: {error}", backbone.name(), backbone.variant());
        }
    }
}
