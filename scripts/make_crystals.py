#!/usr/bin/env python3
"""Makes microscope pictures of crystals with known truth: `make_crystals.py OUT --model vignette --seeds 10 [--start 0]`.

Each seed is one picture and `truth/NAME.png`, white where a crystal lies; `coins` is the photograph of scikit-image's data
with a mask by its own segmentation. Models: `even` light; `vignette`, which falls to 45 % in the corners; a round `aperture`,
black beyond its rim; `crowded`, crystals on more than half of the area under a vignette; `needles`, thin bright ones on a
dark ground lit from one side, by a blurred camera with read noise and dead pixels; `discs`, all brighter or all darker than the
ground, on 55 to 75 % of the area, lit from one side; and `droplets` of both kinds with dark rims and bright foci on cloth, on
10 to 75 %, in bumpy light. Needs numpy and Pillow, scikit-image for `coins`, and SciPy for `droplets`. The same seed makes the
same files.
"""

import argparse
import pathlib

import numpy as np
from PIL import Image

SIDE = 640
MODELS = ["even", "vignette", "aperture", "crowded", "coins", "needles", "discs", "droplets"]


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


def needles(seed):
    rng = np.random.default_rng([seed, MODELS.index("needles")])
    y, x = np.mgrid[:SIDE, :SIDE].astype(float)
    bright, mask = np.zeros((SIDE, SIDE)), np.zeros((SIDE, SIDE), bool)
    wanted = rng.uniform(0.05, 0.15)
    while mask.mean() < wanted:
        cy, cx, turn = *rng.uniform(0, SIDE, 2), rng.uniform(0, np.pi)
        along = (y - cy) * np.sin(turn) + (x - cx) * np.cos(turn)
        across = (x - cx) * np.sin(turn) - (y - cy) * np.cos(turn)
        half, width = rng.uniform(30, 120), rng.uniform(3, 9)
        inside = (np.abs(along) < half) & (np.abs(across) < width * (1 - 0.5 * np.abs(along) / half))
        bright = np.maximum(bright, inside * rng.uniform(0.5, 2) * (0.7 + 0.3 * np.cos(across)))
        mask |= inside
    way = rng.uniform(0, 2 * np.pi)
    light = rng.uniform(35, 50) * np.exp(0.8 * ((y - SIDE / 2) * np.sin(way) + (x - SIDE / 2) * np.cos(way)) / SIDE)
    level = light * (1 + bright + 0.03 * noise(rng, 6))
    wide = rng.uniform(0.8, 1.6)
    taps = np.exp(-0.5 * (np.arange(-5, 6) / wide) ** 2)
    for axis in (0, 1):
        level = np.apply_along_axis(lambda line: np.convolve(np.pad(line, 5, "edge"), taps / taps.sum(), "valid"), axis, level)
    level += 2.5 * rng.normal(size=level.shape)
    level[rng.random(level.shape) < 2e-4] = 255
    return level.round().clip(0, 255).astype(np.uint8), mask


def discs(seed):
    rng = np.random.default_rng([seed, MODELS.index("discs")])
    y, x = np.mgrid[:SIDE, :SIDE].astype(float)
    mask, relief = np.zeros((SIDE, SIDE), bool), np.zeros((SIDE, SIDE))
    pitch, covered = rng.uniform(60, 110), rng.uniform(0.55, 0.75)
    radius = pitch * np.sqrt(covered * 0.866 / np.pi)
    way = 1 if rng.random() < 0.5 else -1
    for row in range(-1, int(SIDE / pitch / 0.866) + 2):
        for column in range(-1, int(SIDE / pitch) + 2):
            cy, cx = (0.866 * row + 0.3) * pitch, (column + 0.5 * (row % 2) + 0.2) * pitch
            cy, cx = cy + rng.normal() * 0.02 * pitch, cx + rng.normal() * 0.02 * pitch
            far = np.hypot(y - cy, x - cx) / (radius * rng.uniform(0.94, 1.04))
            inside = far < 1
            level = rng.uniform(0.35, 0.9) if way > 0 else -rng.uniform(0.3, 0.6)
            ring = 0.2 * np.exp(-(((far - 0.88) / 0.06) ** 2))
            relief = np.where(inside, level * (1 + 0.15 * noise(rng, 9) + ring), relief)
            mask |= inside
    turn = rng.uniform(0, 2 * np.pi)
    across = ((y - SIDE / 2) * np.sin(turn) + (x - SIDE / 2) * np.cos(turn)) / SIDE
    light = rng.uniform(70, 90) * np.exp(rng.uniform(0.7, 1.1) * across + 0.06 * noise(rng, 213))
    if way < 0:
        light *= 1.5
    level = light * (1 + relief + 0.02 * noise(rng, 5))
    wide = rng.uniform(0.6, 1.5)
    taps = np.exp(-0.5 * (np.arange(-5, 6) / wide) ** 2)
    for axis in (0, 1):
        level = np.apply_along_axis(lambda line: np.convolve(np.pad(line, 5, "edge"), taps / taps.sum(), "valid"), axis, level)
    level += np.sqrt(0.03 * level.clip(1) + 1) * rng.normal(size=level.shape)
    return level.round().clip(0, 255).astype(np.uint8), mask


def droplets(seed):
    from scipy import ndimage

    rng = np.random.default_rng([seed, MODELS.index("droplets")])
    y, x = np.mgrid[:SIDE, :SIDE].astype(float)

    def smooth(wide):
        plane = ndimage.gaussian_filter(rng.normal(size=(SIDE, SIDE)), wide, mode="reflect")
        return plane / plane.std()

    period, turn = rng.uniform(5, 9), rng.uniform(0, np.pi)
    ground = 1 + 0.015 * np.sin(2 * np.pi * (x * np.cos(turn) + y * np.sin(turn)) / period) + 0.015 * smooth(2)
    mask, relief, wanted = np.zeros((SIDE, SIDE), bool), np.zeros((SIDE, SIDE)), rng.uniform(0.1, 0.75)
    for _ in range(3000):
        if mask.mean() >= wanted:
            break
        cy, cx, turn, high = *rng.uniform(0, SIDE, 2), rng.uniform(0, np.pi), rng.uniform(14, 46)
        along = ((x - cx) * np.cos(turn) + (y - cy) * np.sin(turn)) / (high * rng.uniform(0.6, 1.6))
        across = ((y - cy) * np.cos(turn) - (x - cx) * np.sin(turn)) / high
        far = np.hypot(along, across)
        inside = far < 1
        if (inside & mask).sum() > 0.15 * inside.sum():
            continue
        contrast = rng.uniform(0.12, 0.5) * (1 if rng.random() < 0.6 else -1)
        focus = 0.6 * abs(contrast) * np.exp(-((along + 0.35) ** 2 + (across + 0.35) ** 2) / 0.02)
        dome = contrast * np.sqrt(np.clip(1 - far * far, 0, 1)) - 0.25 * np.exp(-(((far - 0.95) / 0.08) ** 2)) + focus
        relief = np.where(inside, dome, relief)
        mask |= inside
    slope = rng.uniform(-0.4, 0.4) * (x / SIDE - 0.5) + rng.uniform(-0.4, 0.4) * (y / SIDE - 0.5)
    level = rng.uniform(90, 130) * np.exp(0.18 * smooth(140) + slope) * (ground + relief)
    level = ndimage.gaussian_filter(level, rng.uniform(0.5, 1.4))
    level += np.sqrt(0.05 * level.clip(1) + 2) * rng.normal(size=level.shape)
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
        if options.model == "coins":
            pixels, mask = coins()
        elif options.model in ("needles", "discs", "droplets"):
            pixels, mask = {"needles": needles, "discs": discs, "droplets": droplets}[options.model](seed)
        else:
            pixels, mask = picture(seed, options.model)
        Image.fromarray(pixels).save(options.out / f"{options.model}{seed:03}.png")
        Image.fromarray(mask).save(options.out / f"truth/{options.model}{seed:03}.png")


if __name__ == "__main__":
    main()
