#!/usr/bin/env python3
"""Makes microscope pictures of crystals with known truth: `make_crystals.py OUT --model vignette --seeds 10 [--start 0]`.

Each seed is one picture and `truth/NAME.png`, white where a crystal lies; `coins` is the photograph of scikit-image's data
with a mask by its own segmentation. Models: `even` light; `vignette`, which falls to 45 % in the corners; a round `aperture`,
black beyond its rim; and `crowded`, crystals on more than half of the area under a vignette. Needs numpy and Pillow, and
scikit-image for `coins`. The same seed makes the same files.
"""

import argparse
import pathlib

import numpy as np
from PIL import Image

SIDE = 640
MODELS = ["even", "vignette", "aperture", "crowded", "coins"]


def noise(rng, step):
    knots = rng.normal(size=(SIDE // step + 2,) * 2).astype(np.float32)
    return np.asarray(Image.fromarray(knots).resize((SIDE, SIDE), Image.BICUBIC))


def picture(seed, model):
    rng = np.random.default_rng([seed, MODELS.index(model)])
    y, x = np.mgrid[:SIDE, :SIDE].astype(float)
    surface, mask = 1 + 0.02 * noise(rng, 4), np.zeros((SIDE, SIDE), bool)
    wanted = rng.uniform(0.55, 0.65) if model == "crowded" else rng.uniform(0.08, 0.2)
    while mask.mean() < wanted:
        size, turn, n = rng.uniform(20, 60), rng.uniform(0, 2 * np.pi), rng.integers(4, 8)
        cy, cx = rng.uniform(0.1 * SIDE, 0.9 * SIDE, 2) if model == "aperture" else rng.uniform(0, SIDE, 2)
        ways = turn + 2 * np.pi * (np.arange(n) + rng.uniform(-0.2, 0.2, n)) / n
        depth = np.stack([size * rng.uniform(0.7, 1) - (y - cy) * np.sin(w) - (x - cx) * np.cos(w) for w in ways])
        inside, facet = depth.min(0), np.cos(2 * ways)[depth.argmin(0)]
        contrast, soft = rng.uniform(0.2, 0.5), rng.uniform(0.8, 2)
        there = 1 / (1 + np.exp(-np.clip(inside / soft, -40, 40)))
        surface = surface + contrast * (there * (0.5 * facet + 0.3) - 0.8 * np.exp(-((inside / (1.5 * soft)) ** 2)))
        mask |= inside > 0
    light = rng.uniform(120, 160) * np.ones((SIDE, SIDE))
    middle = SIDE * rng.uniform(0.42, 0.58, 2)
    far = np.hypot(y - middle[0], x - middle[1]) / SIDE
    if model in ("vignette", "crowded"):
        light *= np.clip(1 - 1.1 * far**2, 0.3, 1)
    if model == "aperture":
        radius = rng.uniform(0.4, 0.46)
        light *= (1 - 0.5 * far**2) / (1 + np.exp(np.clip((far - radius) * SIDE / 2.5, -40, 40)))
        light += rng.uniform(6, 12)  # stray light: the corners are dark, not black
        mask &= far < radius
    level = light * surface + np.sqrt(0.06 * light.clip(1)) * rng.normal(size=light.shape)
    return level.round().clip(0, 255).astype(np.uint8), mask


def coins():
    from scipy import ndimage
    from skimage import data, filters, segmentation

    image = data.coins()
    edges = filters.sobel(image)
    markers = np.zeros_like(image, dtype=int)
    markers[image < 30], markers[image > 150] = 1, 2
    mask = ndimage.binary_fill_holes(segmentation.watershed(edges, markers) - 1)
    return image, ndimage.binary_opening(mask, iterations=2)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("--model", choices=MODELS, required=True)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--start", type=int, default=0)
    options = parser.parse_args()
    (options.out / "truth").mkdir(parents=True, exist_ok=True)
    for seed in range(options.start, options.start + (1 if options.model == "coins" else options.seeds)):
        pixels, mask = coins() if options.model == "coins" else picture(seed, options.model)
        Image.fromarray(pixels).save(options.out / f"{options.model}{seed:03}.png")
        Image.fromarray(mask).save(options.out / f"truth/{options.model}{seed:03}.png")


if __name__ == "__main__":
    main()
