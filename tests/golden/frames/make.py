"""Writes the detector files of this folder and `expected.json`, what their frames hold.

Needs numpy, h5py, hdf5plugin, fabio and tifffile; run it in this folder. `expected.json` lists per file and frame how
many pixels are masked, the sum of the others, and their sum weighted by position (counted from 1, row by row), which
notices pixels that changed places.
"""

import json

import fabio
import h5py
import hdf5plugin
import numpy as np
import tifffile

rng = np.random.default_rng(7)
N, HEIGHT, WIDTH = 5, 23, 17
expected = {}


def frames(kind, masked=True):
    """Few counts, a bright spot, and pixels at the type's maximum, or below 0 where the type is signed."""
    counts = rng.poisson(3.0, (N, HEIGHT, WIDTH)).astype(np.int64)
    counts[:, 5, 6] += 200 + 10 * np.arange(N)
    counts = counts.astype(kind)
    if masked:
        counts[:, 0, 3] = counts[:, 11, :] = mask_of(kind)
    return counts


def mask_of(kind):
    kind = np.dtype(kind)
    if kind.kind == "f":
        return np.nan
    return -1 if kind.kind == "i" else np.iinfo(kind).max


def note(name, counts, masked=True):
    """What a reader must find in `name`."""
    rows = []
    for frame in counts.reshape(-1, *counts.shape[-2:]):
        values = frame.astype(np.float64).ravel()
        if frame.dtype.kind == "i":
            known = frame.ravel() >= 0
        elif frame.dtype.kind == "f":
            known = np.isfinite(values)
        else:
            known = frame.ravel() != np.iinfo(frame.dtype).max
        if not masked:
            known = np.ones(values.shape, bool)
        place = np.arange(1, values.size + 1)
        rows.append([int((~known).sum()), float(values[known].sum()), float((values * place)[known].sum())])
    height, width = counts.shape[-2:]
    expected[name] = {"height": height, "width": width, "bits": 8 * counts.dtype.itemsize, "frames": rows}


def hdf5(name, counts, path="entry/data/data", libver="earliest", **how):
    with h5py.File(name, "w", libver=libver) as file:
        file.create_dataset(path, data=counts, **how)
    note(name, counts, masked=counts.dtype.itemsize > 1)


one = (1, HEIGHT, WIDTH)
hdf5("contiguous.h5", frames("<u2"))
hdf5("big_endian.h5", frames(">u2"))
hdf5("signed.h5", frames("<i4"))
hdf5("float.h5", frames("<f4"))
hdf5("bytes.h5", frames("u1", masked=False), chunks=one, compression="gzip")
hdf5("gzip.h5", frames("<u2"), chunks=one, compression="gzip")
hdf5("gzip_shuffle.h5", frames("<u4"), chunks=one, compression="gzip", shuffle=True, fletcher32=True)
hdf5("blocks.h5", frames("<u2"), chunks=(2, 10, 9), compression="gzip")
hdf5("latest.h5", frames("<u2"), chunks=one, maxshape=(None, HEIGHT, WIDTH), compression="gzip", libver="latest")
hdf5("fixed.h5", frames("<u2"), chunks=one, compression="gzip", libver="latest")
hdf5("bitshuffle.h5", frames("<u2"), chunks=one, **hdf5plugin.Bitshuffle(cname="lz4"))
hdf5("bitshuffle32.h5", frames("<u4"), chunks=one, maxshape=(None, HEIGHT, WIDTH), **hdf5plugin.Bitshuffle(cname="lz4"))
hdf5("lz4.h5", frames("<u2"), chunks=one, **hdf5plugin.LZ4())
hdf5("single.nxs", frames("<u2")[0], path="measurement/image")
hdf5("lzf.h5", frames("<u2"), chunks=one, compression="lzf")

hdf5("bitshuffle_zstd.h5", np.arange(N * HEIGHT * WIDTH, dtype="<u2").reshape(N, HEIGHT, WIDTH), chunks=one,
     **hdf5plugin.Bitshuffle(cname="zstd"))

# What is refused, by name.
with h5py.File("modules.h5", "w") as file:
    file["entry/data/data"] = np.zeros((2, 3, 4, 5), "<u2")

# As an Eiger writes them: a master that links to files of a few frames each.
parts = frames("<u4"), frames("<u4")[:3]
for number, part in enumerate(parts, 1):
    with h5py.File(f"eiger_data_{number:06}.h5", "w", libver="latest") as file:
        file.create_dataset("entry/data/data", data=part, chunks=one, **hdf5plugin.Bitshuffle(cname="lz4"))
    note(f"eiger_data_{number:06}.h5", part)
with h5py.File("eiger_master.h5", "w") as file:
    group = file.create_group("entry/data")
    group.attrs["NX_class"] = "NXdata"
    for number in (1, 2):
        group[f"data_{number:06}"] = h5py.ExternalLink(f"eiger_data_{number:06}.h5", "entry/data/data")
    # A detector's mask and flat field lie beside the data and are no frames.
    file["entry/instrument/detector/pixel_mask"] = np.zeros((HEIGHT, WIDTH), "u4")
note("eiger_master.h5", np.concatenate(parts))
with h5py.File("virtual.h5", "w", libver="latest") as file:
    layout = h5py.VirtualLayout((N + 3, HEIGHT, WIDTH), "u4")
    layout[:N] = h5py.VirtualSource("eiger_data_000001.h5", "entry/data/data", shape=parts[0].shape)
    layout[N:] = h5py.VirtualSource("eiger_data_000002.h5", "entry/data/data", shape=parts[1].shape)
    file.create_virtual_dataset("entry/data/data", layout, fillvalue=0)
note("virtual.h5", np.concatenate(parts))
with h5py.File("linked.h5", "w") as file:
    file["raw"] = h5py.ExternalLink("gzip.h5", "entry/data/data")
    file["entry/data/data"] = h5py.SoftLink("/raw")
expected["linked.h5"] = expected["gzip.h5"]

for name, counts in {
    "stack.npy": frames("<u2"),
    "single.npy": frames("<u4")[0],
    "big_endian.npy": frames(">i2"),
    "float.npy": frames("<f8"),
}.items():
    np.save(name, counts)
    note(name, counts)
np.save("fortran.npy", np.asfortranarray(frames("<u2")))

counts = frames("<u2")
tifffile.imwrite("pages.tif", counts, photometric="minisblack")
note("pages.tif", counts)
counts = frames("<u4")
tifffile.imwrite("pages_deflate.tif", counts, photometric="minisblack", compression="zlib", predictor=True)
note("pages_deflate.tif", counts)
counts = frames("<i4")
tifffile.imwrite("pages_signed.tif", counts, photometric="minisblack")
note("pages_signed.tif", counts)

for name, counts in {"pilatus.cbf": frames("<i4")[0], "steep.cbf": frames("<i4")[1]}.items():
    if name == "steep.cbf":
        # Differences of two and of four bytes.
        counts[3, 3:6] = [40_000, 1_000_000, 12]
    fabio.cbfimage.CbfImage(data=counts).write(name)
    note(name, counts)

for name, counts in {"counts.edf": frames("<u2")[0], "signed.edf": frames("<i4")[0], "float.edf": frames("<f4")[0]}.items():
    fabio.edfimage.EdfImage(data=counts, header={"exposure": "0.1"}).write(name)
    note(name, counts)
counts = frames("<u4")
image = fabio.edfimage.EdfImage(data=counts[0])
for frame in counts[1:]:
    image.append_frame(data=frame)
image.write("several.edf")
note("several.edf", counts)

with open("expected.json", "w") as file:
    json.dump(expected, file, indent=1)
    file.write("\n")
