"""Make the small torch files of tests/golden, in the ZIP format and in the one before torch 1.6, without torch.

usage: make_pth.py      needs numpy
Both hold {"epoch", "lr", "state_dict"} as training scripts save it: a transposed (so non-contiguous) view and a view
with an offset, all of one storage; f16, bf16, an f64 parameter, a batch counter, an empty tensor. The pickles call the
functions that `torch.save` calls, by stand-ins for torch's modules.
"""
import collections
import io
import pathlib
import pickle
import sys
import types
import zipfile

import numpy as np

HERE = pathlib.Path(__file__).parent
torch = types.ModuleType("torch")
utils = types.ModuleType("torch._utils")
sys.modules |= {"torch": torch, "torch._utils": utils}


def stand_in(module, name):
    made = type(name, (), {"__module__": module.__name__})
    setattr(module, name, made)
    return made


rebuild_tensor = stand_in(utils, "_rebuild_tensor_v2")
rebuild_parameter = stand_in(utils, "_rebuild_parameter")
KINDS = {
    kind: stand_in(torch, kind)
    for kind in ("FloatStorage", "HalfStorage", "BFloat16Storage", "DoubleStorage", "LongStorage")
}


class Storage:
    def __init__(self, key, kind, values):
        self.key, self.kind, self.values = key, kind, values


class Tensor:
    def __init__(self, storage, shape, strides, offset=0, parameter=False):
        self.parts, self.parameter = (storage, offset, shape, strides), parameter

    def __reduce__(self):
        arguments = (*self.parts, False, collections.OrderedDict())
        if not self.parameter:
            return rebuild_tensor, arguments
        plain = Tensor(self.parts[0], self.parts[2], self.parts[3])
        return rebuild_parameter, (plain, True, collections.OrderedDict())


class Pickler(pickle.Pickler):
    def __init__(self, file, old):
        super().__init__(file, protocol=2)
        self.old = old

    def persistent_id(self, value):
        if not isinstance(value, Storage):
            return None
        saved = ("storage", KINDS[value.kind], value.key, "cpu", len(value.values))
        return (*saved, None) if self.old else saved


numbers = Storage("0", "FloatStorage", np.arange(24, dtype="<f4"))
half = Storage("1", "HalfStorage", np.array([0.5, -1.5], "<f2"))
brain = Storage("2", "BFloat16Storage", (np.array([2.0, -3.0], "<f4").view("<u4") >> 16).astype("<u2"))
double = Storage("3", "DoubleStorage", np.array([7.0, 8.0, 9.0], "<f8"))
counter = Storage("4", "LongStorage", np.array([5], "<i8"))
nothing = Storage("5", "FloatStorage", np.zeros(0, "<f4"))
STORAGES = (numbers, half, brain, double, counter, nothing)
state = collections.OrderedDict(
    {
        "module.whole": Tensor(numbers, (4, 6), (6, 1)),
        "module.transposed": Tensor(numbers, (6, 4), (1, 6)),
        "module.part": Tensor(numbers, (2, 3), (6, 1), offset=8),
        "module.half": Tensor(half, (2,), (1,)),
        "module.bfloat16": Tensor(brain, (2, 1), (1, 1)),
        "module.parameter": Tensor(double, (3,), (1,), parameter=True),
        "module.num_batches_tracked": Tensor(counter, (), ()),
        "module.nothing": Tensor(nothing, (0,), (1,)),
    }
)
checkpoint = {"epoch": 3, "lr": 0.1, "state_dict": state}

with zipfile.ZipFile(HERE / "zip.pth", "w", zipfile.ZIP_STORED) as archive:
    data = io.BytesIO()
    Pickler(data, old=False).dump(checkpoint)
    archive.writestr(zipfile.ZipInfo("zip/data.pkl"), data.getvalue())
    archive.writestr(zipfile.ZipInfo("zip/byteorder"), "little")
    for storage in STORAGES:
        archive.writestr(zipfile.ZipInfo(f"zip/data/{storage.key}"), storage.values.tobytes())
    archive.writestr(zipfile.ZipInfo("zip/version"), "3\n")

with open(HERE / "old.pth", "wb") as file:
    for header in (0x1950A86A20F9469CFC6C, 1001, {"protocol_version": 1001, "little_endian": True}):
        pickle.dump(header, file, protocol=2)
    Pickler(file, old=True).dump(checkpoint)
    pickle.dump([storage.key for storage in STORAGES], file, protocol=2)
    for storage in STORAGES:
        file.write(len(storage.values).to_bytes(8, "little") + storage.values.tobytes())
