#!/usr/bin/env python3
"""Makes arrays of pillars as `make_pillars.py` does, seen by other optics: `make_tilted_pillars.py OUT --model groups`.

The stage is tilted: pillars are foreshortened, lie up to five pixels off the grid, cast a shadow to one side, and are in
focus along one line only. Light falls off to one side and through a tone curve; noise is multiplicative speckle and streaks
along the lines of the scan. 21×21 pillars at a distance of 52 pixels, so `rails tile --grid 21x21 --half-width 26`. No constant
of the program was chosen on these arrays. Needs numpy and Pillow. The same seed makes the same files.
"""

import numpy as np

from make_pillars import MODELS, N, blurred, main, smooth, superellipse, where

PITCH = 52


def array(seed, model):
    rng = np.random.default_rng([97, seed, MODELS.index(model)])
    kinds = where(rng, model)
    side = N * PITCH
    y, x = np.mgrid[:side, :side]
    towards = rng.uniform(0, 2 * np.pi, 3)  # the light, the focus, the shadow

    def across(angle):
        return (y / side - 0.5) * np.sin(angle) + (x / side - 0.5) * np.cos(angle)

    strong = 1.6 if model == "drift" else 1.0
    light = np.exp(0.45 * strong * across(towards[0]) + 0.05 * smooth(rng, side, side, 4 * PITCH))
    contrast, radius = rng.uniform(0.3, 0.5), PITCH * rng.uniform(0.2, 0.24)
    squeeze = rng.uniform(0.88, 0.96)  # of heights, by the tilt
    depths = np.exp(0.2 * strong * smooth(rng, N, N, 5))
    perspective = rng.uniform(0.006, 0.018)
    shadow = 0.22 * radius * np.array([np.sin(towards[2]), np.cos(towards[2])])
    shade = np.zeros((side, side))
    for row in range(N):
        for column in range(N):
            kind = kinds[row, column]
            dy, dx = np.mgrid[:PITCH, :PITCH] - (PITCH - 1) / 2.0
            off = perspective * (row - N // 2) / (N // 2)  # the far side is smaller
            py = dy - off * (row - N // 2) * PITCH / 2 + 0.6 * rng.normal()
            px = dx - off * (column - N // 2) * PITCH / 2 + 0.6 * rng.normal()
            depth = contrast * depths[row, column] * (1 + 0.04 * rng.normal())
            r, angle, stretch, power, waves = radius * (1 + 0.025 * rng.normal()), 0.04 * rng.normal(), 1.0, 2.8, []
            dark = np.zeros((PITCH, PITCH))
            if kind == "stitching" or model == "seams" and kind == "good" and row == 7 + seed % 5:
                kinds[row, column] = "stitching"
                axis = 0 if model == "seams" else rng.integers(2)
                beyond = np.clip(((dy, dx)[axis] - rng.uniform(-0.2, 0.2) * PITCH) / rng.uniform(1, 3) + 0.5, 0, 1)
                dark += rng.choice([-1, 1]) * rng.uniform(0.45, 0.65) * depth * beyond
                py, px = py + rng.uniform(-2.5, 2.5) * beyond, px + rng.uniform(-2.5, 2.5) * beyond
            elif kind == "missing":
                depth *= rng.uniform(0.0, 0.3)
            elif kind == "collapsed":
                r, stretch, power = r * rng.uniform(1.3, 1.45), rng.uniform(1.2, 1.4), 2.0
                angle, depth = rng.uniform(0, np.pi), depth * rng.uniform(1.0, 1.25)
                py, px = py + rng.uniform(-3, 3), px + rng.uniform(-3, 3)
            elif kind == "misshapen":
                waves = [(rng.integers(2, 6), rng.uniform(0.2, 0.3), rng.uniform(0, 2 * np.pi))]
            elif kind == "rotated":
                angle += rng.uniform(np.pi / 7, np.pi / 4)

            def body(y, x, depth):
                outside = superellipse(y / squeeze, x, r, angle, stretch, power, waves)
                return depth / (1 + np.exp(np.clip(outside / 0.8, -50, 50)))

            dark += np.maximum(body(py, px, depth), body(py - shadow[0], px - shadow[1], 0.3 * depth))
            shade[row * PITCH : (row + 1) * PITCH, column * PITCH : (column + 1) * PITCH] = dark
    surface = 1.0 - shade if seed % 2 == 0 else 1.0 - contrast + shade
    sharp, soft = blurred(surface, 0.6), blurred(surface, 2.0)
    focus = np.clip(2.2 * np.abs(across(towards[1])), 0, 1)
    level = light * (sharp * (1 - focus) + soft * focus)
    level = rng.uniform(150, 200) * (level / level.mean()).clip(0.02) ** 0.8
    speckle = blurred(rng.normal(size=level.shape), 0.5)
    level = level * (1 + 0.05 * speckle) + 1.0 * rng.normal(size=(side, 1)) + 1.5 * rng.normal(size=level.shape)
    return level.round().clip(0, 255).astype(np.uint8), kinds


if __name__ == "__main__":
    main(array, __doc__)
