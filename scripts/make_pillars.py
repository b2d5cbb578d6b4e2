#!/usr/bin/env python3
"""Makes arrays of pillars with known truth: `make_pillars.py OUT --model groups --seeds 10 [--start 0]`.

One picture per seed, 21×21 pillars at a distance of 64 pixels, every other one with bright pillars; `truth.csv` beside
them says `image,row,column,kind`. Models differ in where the defects stand: `scattered`; in `seams` of write fields;
in `groups` (6×6 missing, 4×4 collapsed neighbours), anywhere or in the `middle`, at the `border`, in a `corner`, `near` each
other; under strong `drift` of the light; in whole `rows`; in a `ring`; and
at the `edge` of a round wafer; each with a few scattered ones besides. Optics and noise are others than those of
`tests/integration/generators/pillars.rs`: a round light field that falls off to one side, a Gaussian blur, shot noise, and
a pattern fixed to the camera. Needs numpy and Pillow. The same seed makes the same files.
"""

import argparse
import csv
import pathlib

import numpy as np
from PIL import Image

N, PITCH = 21, 64
MODELS = ["scattered", "seams", "groups", "drift", "rows", "ring", "edge", "middle", "border", "corner", "near"]
# Shares of scattered defects, and which of them stand beside another model's.
SHARES = {"missing": 0.03, "collapsed": 0.035, "stitching": 0.04, "misshapen": 0.03, "rotated": 0.02}


def smooth(rng, height, width, step):
    """Normal numbers on a coarse grid, cubic between them."""
    rows, columns = int(height / step) + 4, int(width / step) + 4
    knots = rng.normal(size=(rows, columns))

    def weights(n):
        at = np.arange(n) / step
        first, t = at.astype(int), at % 1
        cubic = np.stack([(1 - t) ** 3, 3 * t**3 - 6 * t**2 + 4, -3 * t**3 + 3 * t**2 + 3 * t + 1, t**3]) / 6
        matrix = np.zeros((n, max(rows, columns)))
        for by in range(4):
            matrix[np.arange(n), first + by] = cubic[by]
        return matrix

    return 1.6 * weights(height)[:, :rows] @ knots @ weights(width)[:, :columns].T


def where(rng, model):
    """The kind of every pillar, `[N, N]`."""
    kinds = np.full((N, N), "good", dtype=object)
    y, x = np.mgrid[:N, :N]
    if model == "groups":
        taken = np.zeros((N, N), bool)
        for kind, side in [("missing", 6), ("collapsed", 4)]:
            while True:
                top, left = rng.integers(0, N - side + 1, 2)
                around = np.s_[max(top - 1, 0) : top + side + 1, max(left - 1, 0) : left + side + 1]
                if not taken[around].any():
                    break
            kinds[top : top + side, left : left + side] = kind
            taken[top : top + side, left : left + side] = True
    elif model in ("middle", "border", "corner", "near"):
        for kind, side, top, left in blocks(rng, model):
            kinds[top : top + side, left : left + side] = kind
    elif model == "rows":
        lines = rng.choice(N - 1, 2, replace=False)
        for kind, line in zip(["missing", "collapsed"], lines):
            if rng.random() < 0.5:
                kinds[line] = kind
            else:
                kinds[:, line] = kind
        if rng.random() < 0.5:  # two rows at once
            line = np.flatnonzero((kinds == "missing").all(1))
            kinds[line + 1 if line.size else 0] = "missing" if line.size else kinds[0]
    elif model == "ring":
        middle = rng.uniform(6, N - 7, 2)
        far = np.hypot(y - middle[0], x - middle[1])
        kinds[np.abs(far - rng.uniform(4, 6)) < rng.uniform(0.7, 1.1)] = rng.choice(["missing", "collapsed"])
    elif model == "edge":
        middle = rng.uniform(9, 11, 2)
        far = np.hypot(y - middle[0], x - middle[1])
        kinds[far > rng.uniform(11.3, 12.3)] = rng.choice(["missing", "collapsed"])
    share = 1.0 if model in ("scattered", "drift") else 0.4
    free = rng.permutation(np.flatnonzero((kinds == "good").ravel()))
    for kind, of_all in SHARES.items():
        if model == "seams" and kind == "stitching":
            continue
        count = round(share * of_all * N * N)
        kinds.ravel()[free[:count]] = kind
        free = free[count:]
    return kinds


def blocks(rng, model):
    """Groups in a set place: kind, side, first row and column of each."""
    last = {"missing": N - 6, "collapsed": N - 4}
    if model == "middle":  # one in each half
        left = rng.permutation([rng.integers(2, 4), rng.integers(12, 14)])
        return [("missing", 6, rng.integers(3, N - 8), left[0]), ("collapsed", 4, rng.integers(3, N - 6), left[1])]
    if model == "near":  # one to three good ones between them
        top, left = rng.integers(2, N - 8), rng.integers(1, N - 14)
        return [("missing", 6, top, left), ("collapsed", 4, top + rng.integers(-1, 4), left + 6 + rng.integers(1, 4))]
    sides = rng.permutation(4)[:2]
    found = []
    for (kind, end), side in zip(last.items(), sides):
        along = rng.integers(6, N - 11) if model == "border" else (side // 2) * end
        across = (side % 2) * end
        turned = model == "border" and side >= 2
        found.append((kind, N - end, *((along, across) if not turned else (across, along))))
    return found


def superellipse(dy, dx, radius, angle, stretch, power, waves):
    """Pixels outside of the outline."""
    cos, sin = np.cos(angle), np.sin(angle)
    u, v = (cos * dx + sin * dy) / stretch, (cos * dy - sin * dx) * stretch
    distance = (np.abs(u) ** power + np.abs(v) ** power) ** (1 / power)
    direction = np.arctan2(v, u)
    wave = sum((depth * np.cos(n * direction + phase) for n, depth, phase in waves), 0 * direction)
    return distance - radius * (1 + wave)


def blurred(plane, sigma):
    reach = int(4 * sigma + 1)
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma) ** 2)
    kernel /= kernel.sum()
    for axis in range(2):
        padded = np.pad(plane, [(reach, reach) if at == axis else (0, 0) for at in range(2)], mode="edge")
        plane = sum(w * np.take(padded, range(k, k + plane.shape[axis]), axis) for k, w in enumerate(kernel))
    return plane


def array(seed, model):
    rng = np.random.default_rng([seed, MODELS.index(model)])
    kinds = where(rng, model)
    side = N * PITCH
    y, x = np.mgrid[:side, :side]
    strong = model == "drift"
    ground, contrast = rng.uniform(135, 190), rng.uniform(0.28, 0.5)
    radius, power, edge = PITCH * rng.uniform(0.2, 0.25), rng.uniform(2.6, 4.5), rng.uniform(0.7, 1.4)
    # Light: a round field whose middle lies off, a fall to one side, and slow unevenness.
    middle = side * rng.uniform(0.3, 0.7, 2)
    far = ((y - middle[0]) ** 2 + (x - middle[1]) ** 2) / side**2
    way = rng.uniform(0, 2 * np.pi)
    across = ((y / side - 0.5) * np.sin(way) + (x / side - 0.5) * np.cos(way)) * (0.9 if strong else 0.25)
    light = (1 - (0.5 if strong else 0.2) * far + across) * np.exp(0.06 * smooth(rng, side, side, 5 * PITCH))
    light /= light.mean()
    light = np.clip(light, 0.3, 1.3)
    focus = np.exp((0.5 if strong else 0.3) * 0.7 * smooth(rng, N, N, 7))
    etched = np.exp((0.35 if strong else 0.2) * smooth(rng, N, N, 6))
    grown = 1 + 0.05 * smooth(rng, N, N, 6)
    moved = 1.2 * np.stack([smooth(rng, N, N, 7), smooth(rng, N, N, 7)])
    seams = np.full((N, N, 2), np.nan)
    if model == "seams":  # a cross of write fields
        row, column = rng.integers(3, N - 3, 2)
        at = rng.uniform(-0.22, 0.22, 2) * PITCH
        free = np.isin(kinds, ["good"])
        seams[row, :, 0], seams[:, column, 1] = at
        kinds[(~np.isnan(seams).all(2)) & free] = "stitching"
        seams[row, ~free[row]], seams[~free[:, column], column] = np.nan, np.nan
        step = rng.uniform(0.45, 0.6, 2) * rng.choice([-1, 1], 2)
        slip, ramp = rng.uniform(-3, 3, (2, 2)), rng.uniform(1, 3, 2)
    else:
        step, slip, ramp = [None] * 3
    shade = np.zeros((side, side))
    for row in range(N):
        for column in range(N):
            kind = kinds[row, column]
            dy, dx = np.mgrid[:PITCH, :PITCH] - (PITCH - 1) / 2.0
            depth = contrast * np.clip(etched[row, column], 0.45, 1.7) * (1 + 0.03 * rng.normal())
            dark = np.zeros((PITCH, PITCH))
            own = [(axis, seams[row, column, axis], step, slip, ramp) for axis in range(2)]
            if kind == "stitching" and np.isnan(seams[row, column]).all():
                axis = rng.integers(2)
                one = rng.uniform(0.45, 0.6) * rng.choice([-1, 1])
                own = [(axis, rng.uniform(-0.22, 0.22) * PITCH, [one] * 2, [rng.uniform(-3, 3, 2)] * 2, [rng.uniform(1, 3)] * 2)]
            py, px = dy.copy(), dx.copy()
            for axis, at, steps, slips, ramps in own:
                if kind != "stitching" or np.isnan(at):
                    continue
                beyond = np.clip(((dy, dx)[axis] - at) / ramps[axis] + 0.5, 0, 1)
                dark -= steps[axis] * depth * beyond
                py, px = py + slips[axis][0] * beyond, px + slips[axis][1] * beyond
            shift = moved[:, row, column].clip(-2.5, 2.5) + 0.5 * rng.normal(size=2)
            r = radius * grown[row, column] * (1 + 0.02 * rng.normal())
            angle, stretch, p, waves = 0.03 * rng.normal(), 1.0, power, []
            if kind == "missing":
                depth *= rng.uniform(0.08, 0.33)
            elif kind == "collapsed":
                angle, stretch = rng.uniform(0, np.pi), rng.uniform(1.15, 1.3)
                r, p, depth = r * rng.uniform(1.28, 1.42), 2.0, depth * rng.uniform(1.1, 1.3)
                shift = shift + rng.uniform(-3.5, 3.5, 2)
            elif kind == "misshapen":
                waves = [(rng.integers(2, 6), rng.uniform(0.2, 0.3), rng.uniform(0, 2 * np.pi))]
            elif kind == "rotated":
                angle += rng.uniform(np.pi / 7, np.pi / 4)
            outside = superellipse(py - shift[0], px - shift[1], r, angle, stretch, p, waves)
            soft = edge * focus[row, column]
            dark += depth / (1 + np.exp(np.clip(outside / soft, -50, 50)))
            shade[row * PITCH : (row + 1) * PITCH, column * PITCH : (column + 1) * PITCH] = dark
    bright = seed % 2 == 1
    surface = (1.0 - contrast + shade if bright else 1.0 - shade) + 0.012 * smooth(rng, side, side, 3.0)
    level = ground * light * blurred(surface, rng.uniform(0.5, 1.0))
    camera = 0.8 * rng.normal(size=(1, side)) + 0.8 * rng.normal(size=(side, 1))  # of columns and rows
    level = level + camera + np.sqrt(level.clip(0) * rng.uniform(0.04, 0.12)) * rng.normal(size=level.shape)
    return level.round().clip(0, 255).astype(np.uint8), kinds


def main(array, doc):
    parser = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("--model", choices=MODELS, required=True)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--start", type=int, default=0)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    with open(options.out / "truth.csv", "w", newline="") as file:
        table = csv.writer(file)
        table.writerow(["image", "row", "column", "kind"])
        for seed in range(options.start, options.start + options.seeds):
            pixels, kinds = array(seed, options.model)
            name = f"{options.model}{seed:03}"
            Image.fromarray(pixels).save(options.out / f"{name}.png")
            table.writerows([name, at // N + 1, at % N + 1, kind] for at, kind in enumerate(kinds.ravel()))


if __name__ == "__main__":
    main(array, __doc__)
