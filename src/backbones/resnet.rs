//! ResNet-50, in its two common forms.
//!
//! Reference: He et al., "Deep Residual Learning for Image Recognition", CVPR 2016. `caffe` is the authors' network,
//! which Keras ships: the first 1×1 convolution of a stage has the stride. `torchvision` gives it to the 3×3
//! convolution, known as ResNet-50 v1.5. Tensors carry torchvision's names.

use super::architecture::{Activation, Architecture, MaxPool, NodeId, Padding};
use super::builder::{Builder, IMAGE};
use super::weights::Variant;

/// Blocks and inner channels of the four stages.
const STAGES: [(usize, usize); 4] = [(3, 64), (4, 128), (6, 256), (3, 512)];

/// Layers `conv2_block3_out` (256), `conv3_block4_out` (512), `conv4_block6_out` (1024), `conv5_block3_out` (2048).
pub(super) fn resnet50(variant: Variant) -> Architecture {
    let mut net = Builder::new(1e-5);
    let stem = net
        .conv(IMAGE, "conv1", 64, 7)
        .stride(2)
        .padding(Padding::Each(3))
        .batch_norm("bn1")
        .activation(Activation::Relu)
        .add_to(&mut net);
    let caffe = variant == Variant::Caffe;
    let pool = MaxPool { kernel: 3, stride: 2, padding: usize::from(!caffe), ceil: caffe };
    let mut x = net.max_pool(stem, pool);
    for (stage, (blocks, inner)) in (1..).zip(STAGES) {
        for block in 0..blocks {
            let stride = if block == 0 && stage > 1 { 2 } else { 1 };
            x = bottleneck(&mut net, x, &format!("layer{stage}.{block}"), inner, stride, caffe, block == 0);
        }
        net.name(x, format!("conv{}_block{blocks}_out", stage + 1));
    }
    net.finish()
}

/// 1×1 to `inner` channels, 3×3, 1×1 to four times as many, around a shortcut (projected where the shape changes).
fn bottleneck(
    net: &mut Builder,
    x: NodeId,
    name: &str,
    inner: usize,
    stride: usize,
    caffe: bool,
    project: bool,
) -> NodeId {
    let (first, second) = if caffe { (stride, 1) } else { (1, stride) };
    let shortcut = if project {
        net.conv(x, format!("{name}.downsample.0"), 4 * inner, 1)
            .stride(stride)
            .batch_norm(format!("{name}.downsample.1"))
            .add_to(net)
    } else {
        x
    };
    let y = net
        .conv(x, format!("{name}.conv1"), inner, 1)
        .stride(first)
        .batch_norm(format!("{name}.bn1"))
        .activation(Activation::Relu)
        .add_to(net);
    let y = net
        .conv(y, format!("{name}.conv2"), inner, 3)
        .stride(second)
        .padding(Padding::Each(1))
        .batch_norm(format!("{name}.bn2"))
        .activation(Activation::Relu)
        .add_to(net);
    let y = net.conv(y, format!("{name}.conv3"), 4 * inner, 1).batch_norm(format!("{name}.bn3")).add_to(net);
    net.add(shortcut, y, Activation::Relu)
}
