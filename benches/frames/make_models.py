#!/usr/bin/env python3
"""Makes sets of detector frames of other physics, with known truth: `make_models.py OUT --model rotation --seed 1 --sets 12`.

As `scripts/make_frames.py` (same pictures, shutters, losses of the beam, same files and tables), with one thing changed:

  pedestal   an offset of 20 to 400 counts on every pixel, another one on each, and read noise
  rotation   the sample turns: up to 15 % more and less light, in half a period to four of them
  flicker    the beam's intensity scatters by 8 % from frame to frame
  long ramp  the shutter opens during two to four fifths of the series
  top-up     (kept back: not looked at while the rule was made) the current decays by 5 to 25 % and is topped up, again
             and again, at once or within a few frames

`--darks` writes `OUT-darks/SET.npy` beside it, ten frames with the shutter closed; `--monitor NAME` writes HDF5 files with
the beam's intensity at that path, as a counter sees it. A frame is `spoiled` where less than nine tenths of the light passed
the shutter or the beam was lost: neither sample nor flicker nor decay spoil it. The same seed makes the same files.
"""

import argparse
import pathlib
import sys

import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "scripts"))
from make_frames import MASKED, SIZE, loss, ramp, scattering, write, write_tables  # noqa: E402

MODELS = ["pedestal", "rotation", "flicker", "long ramp", "top-up", "plate"]


def opening(rng, n, model):
    """The share of the light that the shutter lets through, and that a loss leaves."""
    light = np.ones(n) if rng.random() < 0.15 else ramp(rng, n)
    if model == "long ramp":
        length, start = rng.uniform(0.4, 0.8) * n, rng.uniform(0.0, 0.3)
        t = np.arange(n) / length
        shape = [t, 1 - np.exp(-3.5 * t), 1 / (1 + np.exp(-10 * (t - 0.5)))][rng.integers(3)]
        light = np.clip(start + (1 - start) * shape, 0, 1)
    if rng.random() < 0.25:
        light = light * loss(rng, n)
    return light


def course(rng, n, model):
    """What the beam gives and the sample scatters, 1 in the mean."""
    t = np.arange(n) / n
    current = np.exp(np.log(1 - rng.uniform(0, 0.05)) * t)
    if model == "rotation":
        return current, 1 + 0.15 * np.sin(2 * np.pi * (rng.uniform(0.5, 4) * t + rng.random()))
    if model == "flicker":
        return current * np.maximum(1 + rng.normal(0, 0.08, n), 0.2), np.ones(n)
    if model == "top-up":
        depth, period, refill = rng.uniform(0.05, 0.25), rng.uniform(0.15, 0.6), rng.choice([0.002, 0.03])
        phase = (t / period + rng.random()) % 1
        share = refill / period
        falling, rising = phase / (1 - share), (1 - phase) / share
        return 1 - depth * np.minimum(np.minimum(falling, 1), np.maximum(rising, 0)), np.ones(n)
    if model == "plate":
        half = np.radians(rng.uniform(35, 60))
        angle = np.linspace(-half, half, n) + rng.uniform(-0.15, 0.15)
        noise = rng.normal(0, rng.uniform(0.01, 0.04), n)
        for frame in range(1, n):
            noise[frame] = 0.6 * noise[frame - 1] + 0.8 * noise[frame]
        return current * (1 + noise), np.exp(-rng.uniform(0.1, 0.4) * (1 / np.cos(angle) - 1))
    return current, np.ones(n)


def make(rng, model):
    """Counts `[n, SIZE, SIZE]`, dark frames, the beam as a monitor sees it, and whether each frame is spoiled."""
    n = int(rng.integers(80, 200))
    light = opening(rng, n, model)
    beam, sample = course(rng, n, model)
    level = np.exp(rng.uniform(np.log(0.7), np.log(40)))
    picture = scattering(rng)
    offset, read_noise = np.zeros((SIZE, SIZE)), 0.0
    if model == "pedestal":
        offset = rng.uniform(20, 400) + rng.normal(0, rng.uniform(0.5, 5), (SIZE, SIZE))
        read_noise = rng.uniform(0.8, 6)
    spots = rng.integers(0, SIZE, (rng.integers(5, 40), 2))
    hot, dead = rng.integers(0, SIZE, (3, 2)), rng.integers(0, SIZE, (20, 2))
    gap = rng.integers(20, SIZE - 20)

    def detected(expected):
        counts = np.rint(rng.poisson(expected) + offset + rng.normal(0, 1, offset.shape) * read_noise).astype(np.int64)
        counts[hot[:, 0], hot[:, 1]] += 20
        counts[dead[:, 0], dead[:, 1]] = 0
        counts = np.clip(counts, 0, MASKED - 1)
        counts[gap : gap + 3, :] = MASKED
        return counts.astype(np.uint16)

    frames = []
    for frame in range(n):
        strength = level * light[frame] * beam[frame] * sample[frame]
        expected = picture * strength
        for y, x in spots[rng.random(len(spots)) < 0.2]:
            expected[y, x] += strength * rng.exponential(60)
        frames.append(detected(expected))
    darks = np.stack([detected(np.zeros_like(picture)) for _ in range(10)])
    monitor = beam * 1e5 * (1 + rng.normal(0, 0.003, n))
    return np.stack(frames), darks, monitor, light < 0.9


def write_with_monitor(path, counts, name, monitor):
    write(path, counts)
    import h5py

    with h5py.File(path, "a") as file:
        file[name] = monitor


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("--model", choices=MODELS, required=True)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--sets", type=int, default=12)
    parser.add_argument("--darks", action="store_true", help="dark frames too, in OUT-darks")
    parser.add_argument("--monitor", help="HDF5 files with the beam's intensity at this path")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng([options.seed, MODELS.index(options.model)])
    truth, kinds = [("path", "class")], [("dataset", "kind")]
    for number in range(options.sets):
        counts, darks, monitor, spoiled = make(rng, options.model)
        name = f"set{number:03}.{'h5' if options.monitor else 'npy'}"
        if options.monitor:
            write_with_monitor(options.out / name, counts, options.monitor, monitor)
        else:
            write(options.out / name, counts)
        if options.darks:
            folder = options.out.with_name(options.out.name + "-darks")
            folder.mkdir(exist_ok=True)
            np.save(folder / f"set{number:03}.npy", darks)
        kinds.append((name, options.model))
        truth += [(f"{name}#{frame}", "spoiled" if bad else "usable") for frame, bad in enumerate(spoiled)]
    write_tables(options.out, truth, kinds)


if __name__ == "__main__":
    main()
