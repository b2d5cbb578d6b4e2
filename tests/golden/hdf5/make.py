"""Writes the HDF5 files of this folder and `expected.json`, what h5py reads in them.

Needs numpy, h5py and hdf5plugin; run it in this folder. Per file `expected.json` has its frames, each as in
`../frames/make.py`, with `null` where the frame is lost; or a part of the reason why the file is refused. Files named
`.src` are sources of others.
"""

import json

import h5py
import hdf5plugin
import numpy as np

rng = np.random.default_rng(13)
N, HEIGHT, WIDTH = 3, 7, 5
shape, one = (N, HEIGHT, WIDTH), (1, HEIGHT, WIDTH)
expected = {}
UNLIMITED = h5py.h5s.UNLIMITED


def frames(kind, n=N):
    counts = rng.integers(0, 120, (n, HEIGHT, WIDTH))
    if np.dtype(kind).kind != "u":
        counts -= 40
    return counts.astype(kind)


def facts(frame):
    values = frame.astype(np.float64).ravel()
    if frame.dtype.kind == "i":
        known = values >= 0
    elif frame.dtype.kind == "f":
        known = np.isfinite(values)
    else:
        known = values != (np.iinfo(frame.dtype).max if frame.dtype.itemsize > 1 else -1)
    place = np.arange(1, values.size + 1)
    return [int((~known).sum()), float(values[known].sum()), float((values * place)[known].sum())]


def note(name, counts=None, path="d", lost=()):
    if counts is None:
        with h5py.File(name) as file:
            counts = file[path][()]
    counts = counts.reshape(-1, HEIGHT, WIDTH)
    expected[name] = [None if index in lost else facts(frame) for index, frame in enumerate(counts)]


def write(name, counts, path="d", libver="earliest", userblock=0, **how):
    with h5py.File(name, "w", libver=libver, userblock_size=userblock) as file:
        file.create_dataset(path, data=counts, **how)


def virtual(name, fill, kind="<u2", frames=N, libver="latest", **how):
    layout = h5py.VirtualLayout((frames, HEIGHT, WIDTH), kind)
    fill(layout)
    with h5py.File(name, "w", libver=libver) as file:
        file.create_virtual_dataset("d", layout, **how)


def source(key="d", name="plain.src", size=shape, kind="<u2"):
    return h5py.VirtualSource(name, key, size, kind)


def linked(name, make, counts):
    with h5py.File(name, "w") as file:
        make(file)
    note(name, counts)


counts = frames("<u2")
flat = counts.reshape(N * HEIGHT, WIDTH)
with h5py.File("plain.src", "w") as file:
    file.create_dataset("d", data=counts, chunks=(2, 4, 3), maxshape=(None, HEIGHT, WIDTH))
    file["rows"], file["entry/data"] = flat, counts
    file["entry/soft"] = h5py.SoftLink("data")

# Numbers of every type; and through a virtual data set of another type.
for kind in ("u1", "i1", ">u2", "<i2", ">i4", "<u8", ">i8", "<f2", ">f2", ">f4", ">f8"):
    write(f"type_{kind.strip('<>')}.h5", frames(kind), chunks=one, compression="gzip", shuffle=True)
    note(f"type_{kind.strip('<>')}.h5")
for kind, other in ((">u2", "<u2"), (">i4", "<u2"), ("<i2", "u1"), ("<f8", ">i2"), ("u1", ">f4"), ("<u2", "<i8")):
    name = f"from_{kind.strip('<>')}"
    write(f"{name}.src", frames(kind) * (900 if kind == ">i4" else 1))
    virtual(f"{name}.h5", lambda layout: layout.__setitem__(slice(None), source(name=f"{name}.src", kind=kind)), other)
    note(f"{name}.h5")

# Every index of chunks, and storage without chunks.
for libver in ("earliest", "latest"):
    for name, how in {
        "blocks": {"chunks": (2, 4, 3), "compression": "gzip", "shuffle": True, "fletcher32": True},
        "growing": {"chunks": (1, 4, 3), "maxshape": (None, HEIGHT, WIDTH)},
        "grown": {"chunks": (1, 4, 3), "maxshape": (None, None, WIDTH), "compression": "lzf"},
        "whole": {"chunks": shape, "compression": "gzip"},
    }.items():
        write(f"{name}_{libver}.h5", frames("<u2"), libver=libver, **how)
        note(f"{name}_{libver}.h5")
create = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
create.set_layout(h5py.h5d.COMPACT)
with h5py.File("compact.h5", "w") as file:
    dataset = h5py.h5d.create(file.id, b"d", h5py.h5t.STD_U16BE, h5py.h5s.create_simple(shape), create)
    dataset.write(h5py.h5s.ALL, h5py.h5s.ALL, frames("<u2"))
note("compact.h5")
counts.tofile("raw.bin")
with h5py.File("raw.h5", "w") as file:
    file.create_dataset("d", shape, "<u2", external=[("raw.bin", 0, counts.nbytes)])
note("raw.h5")
with h5py.File("raw_gone.h5", "w") as file:
    file.create_dataset("d", shape, "<u2", external=[("gone.bin", 0, counts.nbytes)])
expected["raw_gone.h5"] = [None] * N

# Filters.
for name, how in {
    "zstd": hdf5plugin.Zstd(),
    "bitshuffle_zstd": hdf5plugin.Bitshuffle(cname="zstd"),
    "blosc_zstd": hdf5plugin.Blosc(cname="zstd", shuffle=1),
    "blosc_lz": hdf5plugin.Blosc(cname="blosclz", shuffle=2),
    "blosc_snappy": hdf5plugin.Blosc(cname="snappy", shuffle=0),
    "bzip2": hdf5plugin.BZip2(),
    "szip": {"compression": "szip"},
    "offset": {"scaleoffset": 0},
}.items():
    write(f"{name}.h5", frames("<u2"), chunks=one, **how)
    note(f"{name}.h5")
write("zfp.h5", frames("<f4"), chunks=one, **hdf5plugin.Zfp(reversible=True))
expected["zfp.h5"] = "compressed by ZFP (filter 32013)"
kind = h5py.h5t.STD_I16BE.copy()
kind.set_precision(12)
kind.set_offset(3)
create = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
create.set_chunk(one)
create.set_filter(h5py.h5z.FILTER_NBIT, 0, ())
with h5py.File("nbit.h5", "w") as file:
    dataset = h5py.h5d.create(file.id, b"d", kind, h5py.h5s.create_simple(shape), create)
    bits = frames("<i2")
    dataset.write(h5py.h5s.ALL, h5py.h5s.ALL, bits, h5py.h5t.NATIVE_INT16)
note("nbit.h5", bits)

# Damaged: a byte of a chunk under Fletcher-32, of an index of chunks, of an object header, of a compressed stream.
def damage(name, at):
    bytes = bytearray(open(name, "rb").read())
    bytes[at(bytes)] ^= 0x10
    open(name, "wb").write(bytes)


def chunk(name, number):
    with h5py.File(name) as file:
        return file["d"].id.get_chunk_info(number).byte_offset


write("fletcher.h5", counts, chunks=one, fletcher32=True)
damage("fletcher.h5", lambda bytes: chunk("fletcher.h5", 1) + 9)
note("fletcher.h5", counts, lost=[1])
write("fletcher_gzip.h5", counts, chunks=one, fletcher32=True, compression="gzip", shuffle=True)
damage("fletcher_gzip.h5", lambda bytes: chunk("fletcher_gzip.h5", 2) + 9)
note("fletcher_gzip.h5", counts, lost=[2])
write("gzip_damaged.h5", counts, chunks=one, compression="gzip")
damage("gzip_damaged.h5", lambda bytes: chunk("gzip_damaged.h5", 0) + 30)
note("gzip_damaged.h5", counts, lost=[0])
write("index_damaged.h5", counts, libver="latest", chunks=one, maxshape=(None, HEIGHT, WIDTH))
damage("index_damaged.h5", lambda bytes: bytes.index(b"EAIB") + 16)
expected["index_damaged.h5"] = "a checksum does not agree"
write("header_damaged.h5", counts, libver="latest")
damage("header_damaged.h5", lambda bytes: bytes.rindex(b"OHDR") + 24)
expected["header_damaged.h5"] = "`d` cannot be read"

# Virtual data sets of every geometry.
def interleaved(layout):
    layout[:, ::2] = source()[:, :4]
    layout[:, 1::2] = source()[:, 4:]


def modules(layout):
    layout[:, :3, :2], layout[:, 3:, :2] = source()[:, 4:, 3:], source()[:, :4, 3:]
    layout[:, :, 2:] = source()[:, :, :3]


def reverse(layout):
    for index in range(N):
        layout[index] = source()[N - 1 - index]


for name, fill in {
    "interleaved": interleaved,
    "modules": modules,
    "reverse": reverse,
    "reshaped": lambda layout: layout.__setitem__(slice(None), source("rows", size=flat.shape)),
}.items():
    virtual(f"virtual_{name}.h5", fill)
    note(f"virtual_{name}.h5")
virtual("virtual_strided.h5", lambda layout: layout.__setitem__(slice(None), source()[::2]), frames=2)
note("virtual_strided.h5")
with h5py.File("virtual_growing.h5", "w", libver="latest") as file:
    layout = h5py.VirtualLayout(shape, "<u2", maxshape=(None, HEIGHT, WIDTH))
    grows = h5py.VirtualSource("plain.src", "d", shape, "<u2", maxshape=(None, HEIGHT, WIDTH))
    layout[0:UNLIMITED] = grows[0:UNLIMITED]
    file.create_virtual_dataset("d", layout)
note("virtual_growing.h5")
for number in (0, 1, 3):
    write(f"part_{number}.src", frames("<u2", 1))


def numbered(name, pattern):
    create = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    space = h5py.h5s.create_simple(one, (UNLIMITED, HEIGHT, WIDTH))
    space.select_hyperslab((0, 0, 0), (UNLIMITED, 1, 1), one, one)
    create.set_virtual(space, pattern, b"d", h5py.h5s.create_simple(one))
    with h5py.File(name, "w", libver="latest") as file:
        space = h5py.h5s.create_simple(one, (UNLIMITED, HEIGHT, WIDTH))
        h5py.h5d.create(file.id, b"d", h5py.h5t.STD_U16LE, space, create)


# The library shows two of them; the fourth is there, so that the third is missing.
numbered("virtual_numbered.h5", b"part_%b.src")
parts = [h5py.File(f"part_{number}.src")["d"][()] for number in (0, 1, 1, 3)]
note("virtual_numbered.h5", np.concatenate(parts), lost=[2])

# What is missing is never zero.
def half(layout):
    layout[:1], layout[1:] = source()[:1], source(name="gone.src", size=(2, HEIGHT, WIDTH))


def left(layout):
    layout[:, :, :3] = source()[:, :, :3]


virtual("gone_file.h5", half)
note("gone_file.h5", counts, lost=[1, 2])
virtual("gone_fill.h5", half, fillvalue=7)
note("gone_fill.h5", counts, lost=[1, 2])
virtual("gone_dataset.h5", lambda layout: layout.__setitem__(slice(None), source("nowhere")))
expected["gone_dataset.h5"] = [None] * N
virtual("deep.src", lambda layout: layout.__setitem__(slice(None), source(name="gone.src")))
virtual("gone_deep.h5", lambda layout: layout.__setitem__(slice(None), source(name="deep.src")))
expected["gone_deep.h5"] = [None] * N
virtual("gone_part.h5", left)
expected["gone_part.h5"] = [None] * N
virtual("filled_part.h5", left, fillvalue=5)
note("filled_part.h5")
virtual("short.h5", lambda layout: layout.__setitem__(slice(None), source(size=(4, HEIGHT, WIDTH))), frames=4)
note("short.h5", np.concatenate([counts, counts[:1]]), lost=[3])
with h5py.File("itself.h5", "w", libver="latest") as file:
    layout = h5py.VirtualLayout(shape, "<u2")
    layout[:] = h5py.VirtualSource(".", "d", shape, "<u2")
    file.create_virtual_dataset("d", layout)
expected["itself.h5"] = [None] * N
with h5py.File("unwritten.h5", "w") as file:
    dataset = file.create_dataset("d", (500_000_000, HEIGHT, WIDTH), "<u2", chunks=one)
    dataset[0], dataset[2] = counts[0], counts[2]
note("unwritten.h5", counts, lost=[1])
with h5py.File("nothing_written.h5", "w") as file:
    file.create_dataset("d", (500_000_000, HEIGHT, WIDTH), "<u2", chunks=one)
expected["nothing_written.h5"] = "it declares 500000000 frames in `d`, but none was ever written"
with h5py.File("huge.h5", "w") as file:
    dataset = file.create_dataset("d", (2, 40_000, 40_000), "<u2", chunks=(1, 8, 8))
    dataset[0, :8, :8] = 1
expected["huge.h5"] = "too large: 40000×40000 pixels"

# What holds no frames is named.
for name, dtype in {
    "compounds": [("a", "u2")],
    "true and false": bool,
    "an enumeration": h5py.enum_dtype({"a": 1}),
    "text": "S4",
    "references": h5py.ref_dtype,
    "opaque bytes": "V4",
}.items():
    with h5py.File(f"of_{name.split()[-1]}.h5", "w") as file:
        file.create_dataset("d", shape, dtype)
    expected[f"of_{name.split()[-1]}.h5"] = f"no frames in it: `d` holds {name}"
with h5py.File("of_nothing.h5", "w") as file:
    file["d"] = h5py.Empty("u2")
expected["of_nothing.h5"] = "holds a single value or none"

# Links of every kind; each array once.
linked("link_group.h5", lambda file: file.__setitem__("scan", h5py.ExternalLink("plain.src", "/entry")), counts)
linked("link_soft.h5", lambda file: file.__setitem__("d", h5py.ExternalLink("plain.src", "/entry/soft")), counts)
linked("link_moved.h5", lambda file: file.__setitem__("d", h5py.ExternalLink("/old/plain.src", "/entry/data")), counts)


def twice(file):
    file["data_1"] = h5py.ExternalLink("plain.src", "/entry/data")
    file["data_2"] = h5py.ExternalLink("/old/plain.src", "/entry/soft")


def hard(file):
    file["a/data_1"] = counts
    file["a/data_2"], file["b"] = file["a/data_1"], file["a"]
    file["a/up"], file["a/dangling"], file["a/round"] = file["/"], h5py.SoftLink("/gone"), h5py.SoftLink("/a/round")


linked("link_twice.h5", twice, counts)
linked("link_hard.h5", hard, counts)
write("user_block.h5", counts, userblock=512, libver="latest", chunks=one, compression="gzip")
note("user_block.h5", counts)
open("moved.h5", "wb").write(b"#" * 1024 + open("blocks_earliest.h5", "rb").read())
expected["moved.h5"] = expected["blocks_earliest.h5"]


# The file's own word: the flat field has more numbers.
def nexus(name, mark):
    with h5py.File(name, "w") as file:
        file["entry/aux/flatfield"] = np.ones((4, HEIGHT, WIDTH), "<f4")
        file["entry/data/eiger"], file["entry/data/x"] = counts, np.arange(N)
        mark(file)
    note(name, counts)


def chain(file):
    file.attrs["default"], file["entry"].attrs["default"] = "entry", "data"
    file["entry/data"].attrs["signal"], file["entry/data"].attrs["axes"] = "eiger", ["x", ".", "."]


nexus("signal.h5", chain)
nexus("signal_only.h5", lambda file: file["entry/data"].attrs.__setitem__("signal", np.bytes_("eiger")))
nexus("signal_old.h5", lambda file: file["entry/data/eiger"].attrs.__setitem__("signal", 1))

with open("expected.json", "w") as file:
    json.dump(expected, file, indent=1)
    file.write("\n")
