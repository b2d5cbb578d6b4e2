"""Make the golden answers of the backbones with onnxruntime.

usage: make_backbones.py REFERENCE.safetensors      needs numpy, onnx, onnxruntime, safetensors

- efficientnet-lite0.safetensors: pixels of three grey textures, and the head and logits that the original f32 weights
  give, taken over from REFERENCE (which has pixels, efficientnet_lite0.head, efficientnet_lite0.logits).
- seeded_networks.safetensors: answers of ResNet-50 (both variants) and VGG-16 with weights from a seeded generator, on
  two RGB images of 64×64 and one grey one. Only the answers are stored: src/backbones/seeded.rs has the generator too.
"""
import pathlib
import sys

import numpy as np
import onnxruntime
from onnx_networks import NETWORKS, Network, normalise
from safetensors.numpy import load_file, save_file

HERE = pathlib.Path(__file__).parent
SIZE = 64


def uniform(name, count):
    """SplitMix64 seeded with the FNV-1a hash of `name`: `count` numbers in -1..1, multiples of 2^-23."""
    seed = 0xCBF29CE484222325
    for byte in name.encode():
        seed = ((seed ^ byte) * 0x100000001B3) % 2**64
    with np.errstate(over="ignore"):
        z = np.uint64(seed) + np.arange(1, count + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        z = z ^ (z >> np.uint64(31))
    return ((z >> np.uint64(40)).astype(np.float32) / np.float32(2**23)) - np.float32(1)


class SeededWeights(dict):
    """Makes a tensor when it is asked for; shapes come from the torchvision naming rules below."""

    def __missing__(self, name):
        shape = self.shape(name)
        values = uniform(name, int(np.prod(shape))).reshape(shape)
        if len(shape) == 4:
            values = values * np.float32(np.sqrt(np.float32(6 / np.prod(shape[1:]))))
        elif name.endswith("running_var"):
            values = np.float32(1) + np.float32(0.5) * values
        elif name.endswith("weight"):
            values = np.float32(0.75) + np.float32(0.25) * values
        else:
            values = np.float32(0.25) * values
        self[name] = values.astype(np.float32)
        return self[name]


class SeededResnet(SeededWeights):
    def shape(self, name):
        parts = name.split(".")
        if not parts[0].startswith("layer"):
            return (64, 3, 7, 7) if parts[0] == "conv1" else (64,)
        stage, block = int(parts[0][5:]), int(parts[1])
        inner = 32 * 2**stage
        inputs = 4 * inner if block > 0 else (64 if stage == 1 else 2 * inner)
        convs = {
            "conv1": (inner, inputs, 1, 1),
            "conv2": (inner, inner, 3, 3),
            "conv3": (4 * inner, inner, 1, 1),
            "downsample": (4 * inner, inputs, 1, 1),
        }
        if parts[2] in ("conv1", "conv2", "conv3") or parts[2:4] == ["downsample", "0"]:
            return convs[parts[2]]
        return (4 * inner,) if parts[2] in ("bn3", "downsample") else (inner,)


class SeededVgg(SeededWeights):
    positions = (0, 2, 5, 7, 10, 12, 14, 17, 19, 21, 24, 26, 28)
    channels = (3, 64, 64, 128, 128, 256, 256, 256, 512, 512, 512, 512, 512, 512)

    def shape(self, name):
        _, position, part = name.split(".")
        index = self.positions.index(int(position))
        inputs, outputs = self.channels[index : index + 2]
        return (outputs, inputs, 3, 3) if part == "weight" else (outputs,)


def pixels():
    colour = np.floor((uniform("pixels", 2 * SIZE * SIZE * 3) + 1) * 128).reshape(2, SIZE, SIZE, 3)
    grey = np.floor((uniform("grey", SIZE * SIZE) + 1) * 128).reshape(1, SIZE, SIZE, 1)
    return np.concatenate([colour, np.repeat(grey, 3, axis=3)]).astype(np.float32)


def main():
    reference = load_file(sys.argv[1])
    some = [0, 2, 5]
    lite0 = {part: reference[f"efficientnet_lite0.{part}"][some] for part in ("head", "logits")}
    save_file({"pixels": reference["pixels"][some], **lite0}, str(HERE / "efficientnet-lite0.safetensors"))

    answers = {}
    for name, weights, variant in (
        ("resnet50", SeededResnet(), "caffe"),
        ("resnet50", SeededResnet(), "torchvision"),
        ("vgg16", SeededVgg(), "caffe"),
    ):
        net: Network = NETWORKS[name](weights, variant, SIZE)
        session = onnxruntime.InferenceSession(net.model().SerializeToString(), providers=["CPUExecutionProvider"])
        values = session.run(net.outputs, {"input": normalise(pixels(), variant)})
        for layer, value in zip(net.outputs, values):
            print(name, variant, layer, value.shape, float(np.abs(value).max()), float(np.linalg.norm(value)))
            answers[f"{name}.{variant}.{layer}"] = value
    save_file(answers, str(HERE / "seeded_networks.safetensors"))


if __name__ == "__main__":
    main()
