//! VGG-16: 3×3 convolutions and max-pools.
//!
//! Reference: Simonyan & Zisserman, "Very Deep Convolutional Networks for Large-Scale Image Recognition", ICLR 2015.
//! Tensors carry torchvision's names; its fully connected layers are not used.

use super::architecture::{Activation, Architecture, MaxPool, Padding};
use super::builder::{Builder, IMAGE};

/// Convolutions and channels of the five blocks.
const BLOCKS: [(usize, usize); 5] = [(2, 64), (2, 128), (3, 256), (3, 512), (3, 512)];

/// Layers `block1_conv2` (64), `block2_conv2` (128), `block3_conv3` (256), `block4_conv3` and `block5_conv3` (512),
/// each after its `ReLU`, and `head` (512), after the last max-pool.
pub(super) fn vgg16() -> Architecture {
    let mut net = Builder::new(0.0);
    let mut x = IMAGE;
    // Position in torchvision's `features`, where each ReLU and each pool counts too.
    let mut position = 0;
    for (block, (convs, channels)) in (1..).zip(BLOCKS) {
        for _ in 0..convs {
            x = net
                .conv(x, format!("features.{position}"), channels, 3)
                .padding(Padding::Each(1))
                .activation(Activation::Relu)
                .add_to(&mut net);
            position += 2;
        }
        net.name(x, format!("block{block}_conv{convs}"));
        x = net.max_pool(x, MaxPool { kernel: 2, stride: 2, padding: 0, ceil: false });
        position += 1;
    }
    net.name(x, "head");
    net.finish()
}
