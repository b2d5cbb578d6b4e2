//! Writes an [`Architecture`] down, node by node.

use super::architecture::{Activation, Architecture, BatchNorm, Conv, Layer, MaxPool, NodeId, Op, Padding};

/// Collects nodes and names layers.
#[derive(Debug)]
pub(super) struct Builder {
    nodes: Vec<Op>,
    channels: Vec<usize>,
    layers: Vec<Layer>,
    /// Of every batch norm of the network.
    eps: f32,
}

/// The position of the image.
pub(super) const IMAGE: NodeId = 0;

impl Builder {
    /// A network that starts from an image of three channels.
    pub fn new(eps: f32) -> Self {
        Self { nodes: vec![Op::Input { channels: 3 }], channels: vec![3], layers: Vec::new(), eps }
    }

    fn push(&mut self, op: Op, channels: usize) -> NodeId {
        self.nodes.push(op);
        self.channels.push(channels);
        self.nodes.len() - 1
    }

    /// A dense convolution `name` to `outputs` channels, `kernel` wide, without batch norm, padding or activation yet.
    pub fn conv(&self, input: NodeId, name: impl Into<String>, outputs: usize, kernel: usize) -> ConvBuilder {
        let conv = Conv {
            name: name.into(),
            batch_norm: None,
            inputs: self.channels[input],
            outputs,
            kernel,
            stride: 1,
            padding: Padding::Each(0),
            depthwise: false,
            activation: Activation::None,
        };
        ConvBuilder { input, conv, eps: self.eps }
    }

    /// A convolution where each channel meets only itself.
    pub fn depthwise(&self, input: NodeId, name: impl Into<String>, kernel: usize) -> ConvBuilder {
        let mut builder = self.conv(input, name, self.channels[input], kernel);
        builder.conv.depthwise = true;
        builder
    }

    /// A maximum over windows.
    pub fn max_pool(&mut self, input: NodeId, pool: MaxPool) -> NodeId {
        self.push(Op::MaxPool { input, pool }, self.channels[input])
    }

    /// The sum of a shortcut and what went around it.
    pub fn add(&mut self, shortcut: NodeId, branch: NodeId, activation: Activation) -> NodeId {
        self.push(Op::Add { shortcut, branch, activation }, self.channels[branch])
    }

    /// The average over rows and columns.
    pub fn global_pool(&mut self, input: NodeId) -> NodeId {
        self.push(Op::GlobalPool { input }, self.channels[input])
    }

    /// Gives `node` a name.
    pub fn name(&mut self, node: NodeId, name: impl Into<String>) {
        self.layers.push(Layer { name: name.into(), node, channels: self.channels[node] });
    }

    /// The network.
    pub fn finish(self) -> Architecture {
        Architecture { nodes: self.nodes, layers: self.layers }
    }
}

/// A convolution being described.
pub(super) struct ConvBuilder {
    input: NodeId,
    conv: Conv,
    eps: f32,
}

impl ConvBuilder {
    pub fn stride(mut self, stride: usize) -> Self {
        self.conv.stride = stride;
        self
    }

    pub fn padding(mut self, padding: Padding) -> Self {
        self.conv.padding = padding;
        self
    }

    pub fn batch_norm(mut self, name: impl Into<String>) -> Self {
        self.conv.batch_norm = Some(BatchNorm { name: name.into(), eps: self.eps });
        self
    }

    pub fn activation(mut self, activation: Activation) -> Self {
        self.conv.activation = activation;
        self
    }

    pub fn add_to(self, builder: &mut Builder) -> NodeId {
        let channels = self.conv.outputs;
        builder.push(Op::Conv { input: self.input, conv: self.conv }, channels)
    }
}
