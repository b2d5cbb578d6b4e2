//! A network described once, as data: both engines are built from it.
//!
//! Nodes stand in the order they are computed and name their inputs by position; the image is node 0. Named layers
//! carry Keras' names where Keras has the network. A network is only built as deep as the layers asked for.

use super::weights::Variant;
use super::{BackboneError, BackboneName};

/// Fewest rows and columns of an image: deeper layers halve them five times.
pub const SMALLEST: usize = 32;

/// Position of a node in [`Architecture::nodes`].
pub type NodeId = usize;

/// Activation after a convolution or an addition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Activation {
    /// Nothing.
    None,
    /// `max(x, 0)`.
    Relu,
    /// `min(max(x, 0), 6)`.
    Relu6,
}

impl Activation {
    /// Lower and upper bound of the answer.
    #[must_use]
    pub const fn bounds(self) -> (f32, f32) {
        match self {
            Self::None => (f32::NEG_INFINITY, f32::INFINITY),
            Self::Relu => (0.0, f32::INFINITY),
            Self::Relu6 => (0.0, 6.0),
        }
    }
}

/// Zeros around a map before a convolution or pool.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Padding {
    /// This many rows and columns on every side.
    Each(usize),
    /// As TensorFlow's `SAME`: the output has `ceil(size / stride)` rows, and an odd zero goes to the bottom and right.
    Same,
}

impl Padding {
    /// Zeros before the first and behind the last of `size` rows or columns.
    #[must_use]
    pub const fn around(self, size: usize, kernel: usize, stride: usize) -> (usize, usize) {
        match self {
            Self::Each(n) => (n, n),
            Self::Same => {
                let total = ((size.div_ceil(stride) - 1) * stride + kernel).saturating_sub(size);
                (total / 2, total - total / 2)
            }
        }
    }
}

/// Names and constant of a batch normalisation; the tensors are `<name>.weight|bias|running_mean|running_var`.
#[derive(Debug, Clone, PartialEq)]
pub struct BatchNorm {
    /// Prefix of the four tensors.
    pub name: String,
    /// Added to the variance.
    pub eps: f32,
}

/// A convolution with what follows it.
#[derive(Debug, Clone, PartialEq)]
pub struct Conv {
    /// The tensors are `<name>.weight` and, without batch norm, `<name>.bias`.
    pub name: String,
    /// Normalises the answer, before the activation.
    pub batch_norm: Option<BatchNorm>,
    /// Channels in.
    pub inputs: usize,
    /// Channels out.
    pub outputs: usize,
    /// Rows and columns of the kernel.
    pub kernel: usize,
    /// Step in rows and columns.
    pub stride: usize,
    /// Zeros around the input.
    pub padding: Padding,
    /// Each channel has its own kernel and meets no other; then `inputs == outputs`.
    pub depthwise: bool,
    /// Comes last.
    pub activation: Activation,
}

/// A maximum over windows; what is outside the map never wins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MaxPool {
    /// Rows and columns of the window.
    pub kernel: usize,
    /// Step in rows and columns.
    pub stride: usize,
    /// Rows and columns outside the map on every side.
    pub padding: usize,
    /// Whether a last, partial window counts.
    pub ceil: bool,
}

impl MaxPool {
    /// Rows (or columns) of the answer for `size` rows; a window must start inside the map or the padding before it.
    #[must_use]
    pub const fn output_size(self, size: usize) -> usize {
        let room = size + 2 * self.padding - self.kernel;
        let count = if self.ceil { room.div_ceil(self.stride) } else { room / self.stride } + 1;
        if (count - 1) * self.stride >= size + self.padding { count - 1 } else { count }
    }
}

/// Operation of a node.
#[derive(Debug, Clone, PartialEq)]
pub enum Op {
    /// The normalised image with this many channels.
    Input { channels: usize },
    /// A convolution of a node.
    Conv { input: NodeId, conv: Conv },
    /// A maximum over windows of a node.
    MaxPool { input: NodeId, pool: MaxPool },
    /// The sum of two nodes of equal shape.
    Add { shortcut: NodeId, branch: NodeId, activation: Activation },
    /// The average over all rows and columns.
    GlobalPool { input: NodeId },
}

impl Op {
    /// The nodes it reads.
    pub fn inputs(&self) -> impl Iterator<Item = NodeId> + use<> {
        let (first, second) = match *self {
            Self::Input { .. } => (None, None),
            Self::Conv { input, .. } | Self::MaxPool { input, .. } | Self::GlobalPool { input } => (Some(input), None),
            Self::Add { shortcut, branch, .. } => (Some(shortcut), Some(branch)),
        };
        first.into_iter().chain(second)
    }
}

/// A node with a name; its feature is the average over rows and columns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layer {
    /// As in `features.layers` of a recipe.
    pub name: String,
    /// Where it is computed.
    pub node: NodeId,
    /// Length of its feature vector.
    pub channels: usize,
}

/// A network as data.
#[derive(Debug, Clone, PartialEq)]
pub struct Architecture {
    /// In the order of computation; the first is the image.
    pub nodes: Vec<Op>,
    /// From shallow to deep.
    pub layers: Vec<Layer>,
}

impl Architecture {
    /// The whole network.
    #[must_use]
    pub fn of(name: BackboneName, variant: Variant) -> Self {
        match name {
            BackboneName::EfficientnetLite0 => super::efficientnet::lite0(),
            BackboneName::Resnet50 => super::resnet::resnet50(variant),
            BackboneName::Vgg16 => super::vgg::vgg16(),
        }
    }

    /// The layer of this name.
    ///
    /// # Errors
    /// When there is none; the message lists those there are.
    pub fn layer(&self, name: &str) -> Result<&Layer, BackboneError> {
        self.layers.iter().find(|layer| layer.name == name).ok_or_else(|| BackboneError::UnknownLayer {
            layer: name.to_owned(),
            known: self.layers.iter().map(|layer| layer.name.clone()).collect(),
        })
    }

    /// Only what `layers` need, which then are [`Architecture::layers`], in the order asked for.
    ///
    /// # Errors
    /// When a layer is unknown or none is asked for.
    pub fn up_to(&self, layers: &[String]) -> Result<Self, BackboneError> {
        if layers.is_empty() {
            return Err(BackboneError::NoLayers);
        }
        let wanted = layers.iter().map(|name| self.layer(name).cloned()).collect::<Result<Vec<_>, _>>()?;
        let mut needed = vec![false; self.nodes.len()];
        needed[0] = true;
        for layer in &wanted {
            needed[layer.node] = true;
        }
        for node in (0..self.nodes.len()).rev().filter(|&node| node > 0) {
            if needed[node] {
                self.nodes[node].inputs().for_each(|input| needed[input] = true);
            }
        }
        let mut moved = vec![0; self.nodes.len()];
        let mut nodes = Vec::new();
        for (node, op) in self.nodes.iter().enumerate().filter(|(node, _)| needed[*node]) {
            moved[node] = nodes.len();
            let mut op = op.clone();
            match &mut op {
                Op::Input { .. } => {}
                Op::Conv { input, .. } | Op::MaxPool { input, .. } | Op::GlobalPool { input } => *input = moved[*input],
                Op::Add { shortcut, branch, .. } => (*shortcut, *branch) = (moved[*shortcut], moved[*branch]),
            }
            nodes.push(op);
        }
        let layers = wanted.into_iter().map(|layer| Layer { node: moved[layer.node], ..layer }).collect();
        Ok(Self { nodes, layers })
    }

    /// Every convolution, in the order of computation.
    pub fn convs(&self) -> impl Iterator<Item = &Conv> {
        self.nodes.iter().filter_map(|op| if let Op::Conv { conv, .. } = op { Some(conv) } else { None })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_is_only_as_deep_as_its_layers() {
        let whole = Architecture::of(BackboneName::Resnet50, Variant::Caffe);
        let names = ["conv4_block6_out", "conv2_block3_out"].map(str::to_owned);
        let part = whole.up_to(&names).unwrap();
        let deepest = part.convs().map(|conv| conv.name.as_str()).last();
        assert_eq!(deepest, Some("layer3.5.conv3"));
        assert_eq!(part.layers.iter().map(|layer| layer.channels).collect::<Vec<_>>(), [1024, 256]);
        assert_eq!(whole.convs().count(), 53);
        assert!(matches!(whole.up_to(&[]), Err(BackboneError::NoLayers)));
    }

    #[test]
    fn pools_and_padding_count_as_torch_and_tensorflow_do() {
        let pool = |padding, ceil| MaxPool { kernel: 3, stride: 2, padding, ceil };
        assert_eq!((pool(0, true).output_size(112), pool(1, false).output_size(112)), (56, 56));
        assert_eq!(pool(1, true).output_size(4), 3);
        assert_eq!(MaxPool { kernel: 2, stride: 2, padding: 1, ceil: true }.output_size(3), 2);
        assert_eq!((Padding::Same.around(224, 3, 2), Padding::Same.around(7, 5, 1)), ((0, 1), (2, 2)));
    }

    #[test]
    fn depthwise_channels_fill_whole_vectors() {
        for name in BackboneName::ALL {
            let network = Architecture::of(name, Variant::of(name)[0]);
            assert!(network.convs().filter(|conv| conv.depthwise).all(|conv| conv.outputs % 16 == 0));
        }
    }
}
