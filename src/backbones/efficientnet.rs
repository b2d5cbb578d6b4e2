//! EfficientNet-Lite0: inverted bottlenecks without squeeze-and-excitation, `ReLU6` throughout.
//!
//! References: Tan & Le, "`EfficientNet`: Rethinking Model Scaling for Convolutional Neural Networks", ICML 2019; the lite
//! variants are from Google's tpu/efficientnet repository (2020). Tensors carry the names of `efficientnet_pytorch`.

use super::architecture::{Activation, Architecture, Padding};
use super::builder::{Builder, IMAGE};

/// Repeats, kernel, stride of the first repeat, factor of expansion, channels out.
const STAGES: [(usize, usize, usize, usize, usize); 7] = [
    (1, 3, 1, 1, 16),
    (2, 3, 2, 6, 24),
    (2, 5, 2, 6, 40),
    (3, 3, 2, 6, 80),
    (3, 5, 1, 6, 112),
    (4, 5, 2, 6, 192),
    (1, 3, 1, 6, 320),
];

/// Layers `stage1` … `stage7` (16, 24, 40, 80, 112, 192, 320 channels; linear, so of either sign), `head` (1280, the
/// default) and `logits` (1000, the classes of `ImageNet` before softmax).
pub(super) fn lite0() -> Architecture {
    let mut net = Builder::new(1e-3);
    let mut x = net
        .conv(IMAGE, "_conv_stem", 32, 3)
        .stride(2)
        .padding(Padding::Same)
        .batch_norm("_bn0")
        .activation(Activation::Relu6)
        .add_to(&mut net);
    let (mut block, mut channels) = (0, 32);
    for (stage, (repeats, kernel, stride, expansion, outputs)) in (1..).zip(STAGES) {
        for repeat in 0..repeats {
            let name = format!("_blocks.{block}.");
            let mut y = x;
            if expansion > 1 {
                y = net
                    .conv(y, format!("{name}_expand_conv"), channels * expansion, 1)
                    .batch_norm(format!("{name}_bn0"))
                    .activation(Activation::Relu6)
                    .add_to(&mut net);
            }
            y = net
                .depthwise(y, format!("{name}_depthwise_conv"), kernel)
                .stride(if repeat == 0 { stride } else { 1 })
                .padding(Padding::Same)
                .batch_norm(format!("{name}_bn1"))
                .activation(Activation::Relu6)
                .add_to(&mut net);
            y = net
                .conv(y, format!("{name}_project_conv"), outputs, 1)
                .batch_norm(format!("{name}_bn2"))
                .add_to(&mut net);
            x = if repeat > 0 { net.add(x, y, Activation::None) } else { y };
            channels = outputs;
            block += 1;
        }
        net.name(x, format!("stage{stage}"));
    }
    let head = net.conv(x, "_conv_head", 1280, 1).batch_norm("_bn1").activation(Activation::Relu6).add_to(&mut net);
    net.name(head, "head");
    let pooled = net.global_pool(head);
    let logits = net.conv(pooled, "_fc", 1000, 1).add_to(&mut net);
    net.name(logits, "logits");
    net.finish()
}
