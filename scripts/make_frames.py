#!/usr/bin/env python3
"""Makes sets of detector frames with known truth: `make_frames.py OUT --seed 1 --sets 24 [--format npy|h5]`.

Each set is one file of 16-bit counts; `truth.csv` beside them says `path,class`, and `kinds.csv` what each set is. A frame is
`spoiled` where less than nine tenths of the beam reached the sample, by a shutter that is still opening or a beam that was
lost. The slow decay of the beam's current spoils nothing. Needs numpy, and h5py with hdf5plugin for `h5`. The same seed
makes the same files.
"""

import argparse
import csv
import pathlib

import numpy as np

SIZE = 96
KINDS = ["ramp", "no ramp", "beam loss", "decay", "flicker", "low counts"]
MASKED = 65535


def ramp(rng, n):
    """The shutter's opening: how long, and of which shape."""
    length = int(rng.uniform(0.04, 0.35) * n)
    t = np.arange(n) / max(length, 1)
    shape = rng.integers(4)
    if shape == 0:
        opening = t
    elif shape == 1:
        opening = 1 - np.exp(-3.5 * t)
    elif shape == 2:
        opening = 1 / (1 + np.exp(-10 * (t - 0.5)))
    else:
        opening = np.floor(t * 4) / 4
    start = rng.uniform(0.0, 0.3)
    return np.clip(start + (1 - start) * opening, 0, 1)


def loss(rng, n):
    """The beam is gone, or most of it, for a while."""
    beam = np.ones(n)
    first = int(rng.uniform(0.3, 0.6) * n)
    length = int(rng.uniform(0.05, 0.25) * n)
    beam[first : first + length] = rng.uniform(0.0, 0.75)
    return beam


def scattering(rng):
    """Rings and spots of a crystal, brightest in the middle; mean 1."""
    y, x = np.mgrid[:SIZE, :SIZE] - rng.uniform(0.4, 0.6, (2, 1, 1)) * SIZE
    radius = np.hypot(x, y)
    picture = np.exp(-radius / rng.uniform(20, 60)) + 0.2
    for _ in range(rng.integers(1, 5)):
        picture += rng.uniform(0.2, 2) * np.exp(-(((radius - rng.uniform(10, 60)) / rng.uniform(0.8, 2)) ** 2))
    return picture / picture.mean()


def make(rng, kind):
    """Counts `[n, SIZE, SIZE]` and whether each frame is spoiled."""
    n = int(rng.integers(80, 200))
    light = np.ones(n) if kind == "no ramp" else ramp(rng, n)
    if kind == "beam loss" or rng.random() < 0.15:
        light = light * loss(rng, n)
    decay = rng.uniform(0.15, 0.5) if kind == "decay" else rng.uniform(0, 0.05)
    current = np.exp(np.log(1 - decay) * np.arange(n) / n)
    level = rng.uniform(0.08, 0.3) if kind == "low counts" else np.exp(rng.uniform(np.log(0.7), np.log(40)))
    picture = scattering(rng)
    counts = np.empty((n, SIZE, SIZE), np.int64)
    spots = rng.integers(0, SIZE, (rng.integers(5, 40), 2))
    hot = rng.integers(0, SIZE, (12 if kind == "flicker" else 3, 2))
    for frame in range(n):
        expected = picture * level * light[frame] * current[frame]
        # A turning crystal: each frame lights other spots, brighter than all around.
        for y, x in spots[rng.random(len(spots)) < 0.2]:
            expected[y, x] += level * light[frame] * current[frame] * rng.exponential(60)
        counts[frame] = rng.poisson(expected)
        # Hot pixels count whether there is light or not.
        strength = rng.exponential(3000, len(hot)) if kind == "flicker" else np.full(len(hot), 20)
        counts[frame, hot[:, 0], hot[:, 1]] += strength.astype(np.int64)
    dead = rng.integers(0, SIZE, (20, 2))
    counts[:, dead[:, 0], dead[:, 1]] = 0
    counts = np.minimum(counts, MASKED - 1)
    gap = rng.integers(20, SIZE - 20)
    counts[:, gap : gap + 3, :] = MASKED
    return counts.astype(np.uint16), light < 0.9


def write(path, counts):
    if path.suffix == ".npy":
        np.save(path, counts)
        return
    import h5py
    import hdf5plugin

    with h5py.File(path, "w") as file:
        how = hdf5plugin.Bitshuffle(cname="lz4")
        file.create_dataset("entry/data/data", data=counts, chunks=(1, *counts.shape[1:]), **how)


def write_tables(out, truth, kinds):
    for name, rows in [("truth.csv", truth), ("kinds.csv", kinds)]:
        with open(out / name, "w", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows(rows)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--sets", type=int, default=24)
    parser.add_argument("--kind", choices=KINDS, help="all sets of one kind; default: all kinds in turn")
    parser.add_argument("--format", choices=["npy", "h5"], default="npy")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(options.seed)
    truth, kinds = [("path", "class")], [("dataset", "kind")]
    for number in range(options.sets):
        kind = options.kind or KINDS[number % len(KINDS)]
        counts, spoiled = make(rng, kind)
        name = f"set{number:03}.{options.format}"
        write(options.out / name, counts)
        kinds.append((name, kind))
        truth += [(f"{name}#{frame}", "spoiled" if bad else "usable") for frame, bad in enumerate(spoiled)]
    write_tables(options.out, truth, kinds)


if __name__ == "__main__":
    main()
