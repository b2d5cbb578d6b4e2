//! The walk through an [`Architecture`] with burn tensors, whoever owns the kernels.

use burn::tensor::activation::relu;
use burn::tensor::backend::Backend;
use burn::tensor::module::{conv2d, max_pool2d};
use burn::tensor::ops::PaddedConvOptions;
use burn::tensor::{Tensor, TensorData};

use super::architecture::{Activation, Architecture, Conv, MaxPool, NodeId, Op};
use super::weights::{ChannelOrder, WeightsSpec};

/// The maps of every layer of `architecture`, `[batch, channels, height, width]` each, for the `input` of its first
/// node; `convolve` answers the convolution of this number, before its activation.
pub(super) fn maps<B: Backend>(
    architecture: &Architecture,
    input: Tensor<B, 4>,
    mut convolve: impl FnMut(usize, &Conv, Tensor<B, 4>) -> Tensor<B, 4>,
) -> Vec<Tensor<B, 4>> {
    let last_reader = last_readers(architecture);
    let mut maps: Vec<Option<Tensor<B, 4>>> = vec![None; architecture.nodes.len()];
    let mut answers = vec![None; architecture.layers.len()];
    let mut convolutions = 0;
    let mut input = Some(input);
    for (node, op) in architecture.nodes.iter().enumerate() {
        let map = match op {
            Op::Input { .. } => input.take(),
            Op::Conv { input, conv } => {
                convolutions += 1;
                let map = maps[*input].clone().map(|map| convolve(convolutions - 1, conv, map));
                map.map(|map| activated(map, conv.activation))
            }
            Op::MaxPool { input, pool } => maps[*input].clone().map(|map| max_pool(map, *pool)),
            Op::Add { shortcut, branch, activation } => {
                maps[*shortcut].clone().zip(maps[*branch].clone()).map(|(a, b)| activated(a + b, *activation))
            }
            Op::GlobalPool { input } => maps[*input].clone().map(|map| map.mean_dim(3).mean_dim(2)),
        };
        for (layer, answer) in architecture.layers.iter().zip(&mut answers) {
            if layer.node == node {
                answer.clone_from(&map);
            }
        }
        maps[node] = map;
        op.inputs().filter(|&input| last_reader[input] == node).for_each(|input| maps[input] = None);
    }
    answers.into_iter().flatten().collect()
}

/// For each node, the last that reads it.
fn last_readers(architecture: &Architecture) -> Vec<NodeId> {
    let mut last = vec![0; architecture.nodes.len()];
    for (node, op) in architecture.nodes.iter().enumerate() {
        op.inputs().for_each(|input| last[input] = node);
    }
    last
}

/// `conv` of `map` with these numbers, without its activation.
pub(super) fn convolution<B: Backend>(
    conv: &Conv,
    map: Tensor<B, 4>,
    weight: Tensor<B, 4>,
    bias: Option<Tensor<B, 1>>,
) -> Tensor<B, 4> {
    let [_, _, height, width] = map.dims();
    let (top, bottom) = conv.padding.around(height, conv.kernel, conv.stride);
    let (left, right) = conv.padding.around(width, conv.kernel, conv.stride);
    let groups = if conv.depthwise { conv.inputs } else { 1 };
    let options = PaddedConvOptions::asymmetric([conv.stride; 2], [top, left], [bottom, right], [1, 1], groups);
    conv2d(map, weight, bias, options)
}

fn max_pool<B: Backend>(map: Tensor<B, 4>, pool: MaxPool) -> Tensor<B, 4> {
    max_pool2d(map, [pool.kernel; 2], [pool.stride; 2], [pool.padding; 2], [1, 1], pool.ceil)
}

fn activated<B: Backend>(map: Tensor<B, 4>, activation: Activation) -> Tensor<B, 4> {
    match activation {
        Activation::None => map,
        Activation::Relu => relu(map),
        Activation::Relu6 => map.clamp(0.0, 6.0),
    }
}

/// From `[batch, channels, height, width]` to `[batch, channels]`.
pub(super) fn average<B: Backend>(map: Tensor<B, 4>) -> Tensor<B, 2> {
    let [batch, channels, _, _] = map.dims();
    map.mean_dim(3).mean_dim(2).reshape([batch, channels])
}

/// RGB or grey `images`, `[batch, 3 or 1, height, width]` in `0.0..=255.0`, as the first convolution takes them: three
/// channels in the network's order, means subtracted, scaled.
pub(super) fn normalised<B: Backend>(images: Tensor<B, 4>, spec: &WeightsSpec) -> Tensor<B, 4> {
    let device = images.device();
    let [batch, channels, height, width] = images.dims();
    let images = match (channels, spec.channel_order) {
        (1, _) => images.expand([batch, 3, height, width]),
        (_, ChannelOrder::Rgb) => images,
        (_, ChannelOrder::Bgr) => images.flip([1]),
    };
    let constant = |values: [f32; 3]| Tensor::from_data(TensorData::new(values.to_vec(), [1, 3, 1, 1]), &device);
    (images - constant(spec.mean)) * constant(spec.scale)
}
