"""The backbones as ONNX graphs, written from their papers and independent of the Rust code.

Used as a reference by make_backbones.py and as a peer by benches/peers/embed.py. Needs numpy and onnx.
`input` is [n, 3, size, size], already normalised; every named layer is an output [n, channels], globally averaged.
"""
import math

import numpy as np
import onnx
from onnx import helper, numpy_helper


class Network:
    """Adds nodes to a graph; `weights` maps a tensor's name to its values."""

    def __init__(self, weights, eps, size):
        self.weights, self.eps, self.size = weights, eps, size
        self.nodes, self.constants, self.outputs = [], [], []

    def constant(self, values):
        name = f"constant_{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.asarray(values, np.float32), name))
        return name

    def node(self, kind, *inputs, **attributes):
        name = f"value_{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, list(inputs), [name], **attributes))
        return name

    def conv(self, x, name, norm=None, stride=1, pads=(0, 0, 0, 0), depthwise=False, act=None):
        kernel = self.weights[name + ".weight"].astype(np.float64)
        if norm is None:
            bias = self.weights[name + ".bias"]
        else:
            gain, shift, mean, var = (
                self.weights[f"{norm}.{part}"].astype(np.float64)
                for part in ("weight", "bias", "running_mean", "running_var")
            )
            gain = gain / np.sqrt(var + self.eps)
            kernel, bias = kernel * gain.reshape(-1, 1, 1, 1), shift - mean * gain
        x = self.node(
            "Conv",
            x,
            self.constant(kernel),
            self.constant(bias),
            strides=[stride, stride],
            pads=list(pads),
            group=kernel.shape[0] if depthwise else 1,
        )
        return x if act is None else act(x)

    def relu(self, x):
        return self.node("Relu", x)

    def relu6(self, x):
        return self.node("Clip", x, self.constant(0.0), self.constant(6.0))

    def name_layer(self, x, name):
        flat = helper.make_node("Flatten", [self.node("GlobalAveragePool", x)], [name])
        self.nodes.append(flat)
        self.outputs.append(name)

    def model(self, layers=None):
        outputs = self.outputs if layers is None else layers
        shape = ["n", 3, self.size, self.size]
        graph = helper.make_graph(
            self.nodes,
            "backbone",
            [helper.make_tensor_value_info("input", onnx.TensorProto.FLOAT, shape)],
            [helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, None) for name in outputs],
            self.constants,
        )
        return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)


def resnet50(weights, variant, size=224, stages=4):
    """`caffe`: stride in the first 1×1 convolution; `torchvision`: in the 3×3 convolution."""
    net = Network(weights, 1e-5, size)
    caffe = variant == "caffe"
    x = net.conv("input", "conv1", "bn1", 2, (3, 3, 3, 3), act=net.relu)
    pool = {"ceil_mode": 1} if caffe else {"pads": [1, 1, 1, 1]}
    x = net.node("MaxPool", x, kernel_shape=[3, 3], strides=[2, 2], **pool)
    for stage, blocks in list(enumerate((3, 4, 6, 3), start=1))[:stages]:
        for block in range(blocks):
            at = f"layer{stage}.{block}."
            stride = 2 if stage > 1 and block == 0 else 1
            s1, s2 = (stride, 1) if caffe else (1, stride)
            skip = x
            if block == 0:
                skip = net.conv(x, at + "downsample.0", at + "downsample.1", stride)
            y = net.conv(x, at + "conv1", at + "bn1", s1, act=net.relu)
            y = net.conv(y, at + "conv2", at + "bn2", s2, (1, 1, 1, 1), act=net.relu)
            y = net.conv(y, at + "conv3", at + "bn3")
            x = net.relu(net.node("Add", y, skip))
        net.name_layer(x, f"conv{stage + 1}_block{blocks}_out")
    return net


def vgg16(weights, variant, size=224):
    net = Network(weights, 0.0, size)
    x, position = "input", 0
    for block, convs in enumerate((2, 2, 3, 3, 3), start=1):
        for _ in range(convs):
            x = net.conv(x, f"features.{position}", pads=(1, 1, 1, 1), act=net.relu)
            position += 2
        net.name_layer(x, f"block{block}_conv{convs}")
        x = net.node("MaxPool", x, kernel_shape=[2, 2], strides=[2, 2])
        position += 1
    net.name_layer(x, "head")
    return net


def efficientnet_lite0(weights, variant, size=224):
    net = Network(weights, 1e-3, size)
    side = size

    def same(kernel, stride):
        nonlocal side
        after = math.ceil(side / stride)
        total = max(0, (after - 1) * stride + kernel - side)
        side = after
        low, high = total // 2, total - total // 2
        return low, low, high, high

    x = net.conv("input", "_conv_stem", "_bn0", 2, same(3, 2), act=net.relu6)
    block = 0
    stages = ((1, 3, 1), (2, 3, 2), (2, 5, 2), (3, 3, 2), (3, 5, 1), (4, 5, 2), (1, 3, 1))
    for stage, (repeats, kernel, first_stride) in enumerate(stages, start=1):
        for repeat in range(repeats):
            at, skip = f"_blocks.{block}.", x
            stride = first_stride if repeat == 0 else 1
            if block > 0:
                x = net.conv(x, at + "_expand_conv", at + "_bn0", act=net.relu6)
            pads = same(kernel, stride)
            x = net.conv(x, at + "_depthwise_conv", at + "_bn1", stride, pads, depthwise=True, act=net.relu6)
            x = net.conv(x, at + "_project_conv", at + "_bn2")
            if repeat > 0:
                x = net.node("Add", x, skip)
            block += 1
        net.name_layer(x, f"stage{stage}")
    x = net.conv(x, "_conv_head", "_bn1", act=net.relu6)
    net.name_layer(x, "head")
    gemm = [net.constant(weights["_fc.weight"]), net.constant(weights["_fc.bias"])]
    net.nodes.append(helper.make_node("Gemm", ["head", *gemm], ["logits"], transB=1))
    net.outputs.append("logits")
    return net


NETWORKS = {"resnet50": resnet50, "vgg16": vgg16, "efficientnet-lite0": efficientnet_lite0}


def normalise(pixels, variant):
    """[n, size, size, 3] RGB in 0..255 to the network's input."""
    x = np.asarray(pixels, np.float32)
    if variant == "caffe":
        x = x[..., ::-1] - np.float32([103.939, 116.779, 123.68])
    elif variant == "torchvision":
        x = (x / np.float32(255) - np.float32([0.485, 0.456, 0.406])) / np.float32([0.229, 0.224, 0.225])
    else:
        x = (x - np.float32(127)) / np.float32(128)
    return np.ascontiguousarray(x.transpose(0, 3, 1, 2))
