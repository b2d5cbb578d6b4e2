"""Writes the files of this folder: 60 frames under a beam that scatters by a fifth, behind a shutter that lets seven tenths of
the light through to the first 15 of them; and the beam as a monitor saw it, where beamlines write that.

Needs numpy and h5py; run it in this folder.
"""

import h5py
import numpy as np

N, SIDE = 60, 16
at = np.arange(N)
beam = 1 + 0.4 * ((at * 37 % 11) / 11 - 0.5)
light = np.where(at < 15, 0.7, 1.0)
pattern = 0.5 + np.arange(SIDE) / (SIDE - 1)
frames = np.rint(400 * (beam * light)[:, None, None] * pattern[None, :, None] * np.ones(SIDE)).astype(np.uint16)


def write(name, path, counts, **how):
    with h5py.File(name, "w") as file:
        file.create_dataset("entry/data/data", data=frames, chunks=frames.shape, compression="gzip", shuffle=True)
        if path:
            file.create_dataset(path, data=counts, **how)


counts = np.rint(1e5 * beam)
write("ring_current.h5", "entry/instrument/source/ring_current", 0.2 * beam, dtype="f4")
write("monitor_group.h5", "entry/monitor/data", counts, dtype=">i4")
write("column.h5", "entry/control/data", counts[:, None], dtype="f8", chunks=(7, 1), compression="gzip")
write("counter.h5", "entry/instrument/detector/collection/i0", counts, dtype="u4")
with h5py.File("counter.h5", "a") as file:
    file["entry/instrument/ring_current"] = np.full(N, 0.2)
    file["entry/again"] = h5py.SoftLink("/entry")
# None of these is a number per frame.
write("scalar.h5", "entry/instrument/source/current", 0.2)
write("longer.h5", "entry/monitor/data", np.append(counts, 1.0))
write("gaps.h5", "entry/monitor/data", np.where(at == 7, np.nan, counts))
write("text.h5", "entry/monitor/data", np.array([b"a"] * N))
# A counter that counts something else.
write("other.h5", "entry/monitor/data", 1000 + 1000 * (at * 53 % 17))
