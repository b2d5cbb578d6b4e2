"""Values of the hand-made features, from numpy, scipy, scikit-image and OpenCV.

    pip install numpy scipy scikit-image opencv-python-headless
    python tests/golden/hand_made.py        writes tests/golden/hand_made.json

Everything is computed the long way round: all six pairs of turned copies, the whole smoothed structure tensor.
"""

import itertools
import json
import pathlib
import warnings

import cv2
import numpy as np
import scipy.stats
import skimage
from skimage.metrics import structural_similarity

warnings.simplefilter("ignore")
RNG = np.random.default_rng(7)


def pillar(height, width, radius, bright, dark, noise, tilt=0.0, squash=1.0):
    """A dark, perhaps squashed disc with a soft edge on a bright ground."""
    y, x = np.mgrid[:height, :width].astype(float)
    dy, dx = y - (height - 1) / 2 - 1, (x - (width - 1) / 2 + 2) * squash
    edge = 1 / (1 + np.exp((np.hypot(dy, dx) - radius) / 1.5))
    image = bright + (dark - bright) * edge + tilt * x + RNG.normal(0, noise, (height, width))
    return np.clip(np.rint(image), 0, 255).astype(np.uint8)


def tiles():
    seam = pillar(64, 64, 17, 170, 40, 6).astype(int)
    seam[30:] += 25
    torn = pillar(64, 64, 20, 180, 50, 9)
    torn[20:29, 30:] = 176
    blob = pillar(40, 56, 10, 90, 30, 12, tilt=0.8, squash=0.6)
    edge = np.rot90(pillar(64, 48, 40, 200, 20, 3))
    noise = RNG.integers(0, 256, (13, 11), dtype=np.uint8)
    return [
        pillar(64, 64, 18, 150, 60, 5),
        np.clip(seam, 0, 255).astype(np.uint8),
        torn,
        blob,
        np.ascontiguousarray(edge),
        noise,
        pillar(12, 12, 3, 200, 30, 4),
        pillar(5, 9, 2, 200, 30, 4),
    ]


def statistics(tile):
    values = tile.ravel().astype(float)
    return [
        values.mean(), values.std(), values.std() / values.mean(), np.median(values),
        scipy.stats.mode(tile.ravel()).mode, scipy.stats.skew(values), scipy.stats.kurtosis(values),
    ]


def missing(tile):
    h, w = tile.shape
    rows, columns = slice(h // 4, 3 * h // 4), slice(w // 4, 3 * w // 4)
    centre = tile[rows, columns].astype(float)
    rim = np.ones(tile.shape, bool)
    rim[rows, columns] = False
    rim = tile[rim].astype(float).mean()
    return [centre.mean(), centre.std(), centre.min(), centre.max(), rim, centre.mean() - rim]


def dark_contour(tile):
    _, mask = cv2.threshold(tile, 0, 255, cv2.THRESH_BINARY_INV + cv2.THRESH_OTSU)
    contours, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    return max(contours, key=cv2.contourArea)


def collapsed(tile):
    area = cv2.contourArea(dark_contour(tile))
    return [tile.mean(), (tile < 80).mean(), (tile < 50).mean(), area, area / tile.size]


def stitching(tile):
    image = tile.astype(float)
    h, w = image.shape
    row = np.abs(np.diff(image.mean(axis=1))).max()
    column = np.abs(np.diff(image.mean(axis=0))).max()
    top = abs(image[: h // 2].mean() - image[h // 2 :].mean())
    left = abs(image[:, : w // 2].mean() - image[:, w // 2 :].mean())
    strip = np.nan
    if h > 10 and w > 10:
        centre = image[5:-5, 5:-5].mean()
        strip = max(abs(s.mean() - centre) for s in (image[:5], image[-5:], image[:, :5], image[:, -5:]))
    sobel_row = np.abs(cv2.Sobel(image, cv2.CV_64F, 0, 1, ksize=3)).mean(axis=1).max()
    sobel_column = np.abs(cv2.Sobel(image, cv2.CV_64F, 1, 0, ksize=3)).mean(axis=0).max()
    jump, split = max(row, column), max(top, left)
    return [row, column, jump, top, left, split, strip, sobel_row, sobel_column, jump + split + strip]


def seam(tile):
    def across_rows(image):
        h, w = image.shape
        if min(h, w) < 8:
            return np.nan
        n, gap = max(h // 16, 1), h // 20
        strips = [image[:, : w // 8].mean(axis=1), image[:, w - w // 8 :].mean(axis=1)]
        places = range(h - 2 * n - gap + 1)
        steps = [[s[k + n + gap : k + 2 * n + gap].mean() - s[k : k + n].mean() for k in places] for s in strips]
        both = [np.sign(a) * min(abs(a), abs(b)) if np.sign(a) == np.sign(b) else 0 for a, b in zip(*steps)]
        return abs(max(*both, 0) + min(*both, 0))

    row, column = across_rows(tile.astype(float)), across_rows(tile.T.astype(float))
    return [row, column, np.fmax(row, column)]


def rotation(tile):
    side = min(tile.shape)
    top, left = ((s - side) // 2 for s in tile.shape)
    square = tile[top : top + side, left : left + side].astype(float)
    turned = [np.rot90(square, k) for k in range(4)]
    window = min(7, side if side % 2 else side - 1)
    pairs = list(itertools.combinations(turned, 2))
    rms = [np.sqrt(np.mean((a - b) ** 2)) for a, b in pairs]
    ssim = [structural_similarity(a, b, win_size=window, data_range=255) for a, b in pairs]
    return [np.mean(rms), np.max(rms), 1 - np.mean(ssim), 1 - np.min(ssim)]


def surface(tile):
    contour = dark_contour(tile)
    area, perimeter = cv2.contourArea(contour), cv2.arcLength(contour, True)
    return [tile.mean(), tile.std(), area / tile.size, 4 * np.pi * area / perimeter**2]


def anisotropy(tile):
    image = tile.astype(float)
    dx, dy = cv2.Sobel(image, cv2.CV_64F, 1, 0, ksize=3), cv2.Sobel(image, cv2.CV_64F, 0, 1, ksize=3)
    xx, xy, yy = (cv2.GaussianBlur(p, (17, 17), 2).sum() for p in (dx * dx, dx * dy, dy * dy))
    second, first = np.linalg.eigvalsh([[xx, xy], [xy, yy]])
    coherence = (first - second) / (first + second)
    return [coherence, coherence**2, abs(0.5 * np.arctan2(2 * xy, xx - yy)), first / second]


def curvature(tile):
    points = dark_contour(tile)[:, 0, :].astype(float)
    n = len(points)
    if n < 10:
        return [0.0] * 5
    closed = np.concatenate([points[-3:], points, points[:3]])  # np.gradient of a closed line
    first = np.gradient(closed, axis=0)
    second = np.gradient(first, axis=0)
    (dx, dy), (ddx, ddy) = first[3:-3].T, second[3:-3].T
    kappa = np.nan_to_num((dx * ddy - dy * ddx) / (dx**2 + dy**2) ** 1.5, nan=0, posinf=0, neginf=0)
    bends = np.abs(kappa)
    signs = np.sign(kappa)
    return [
        np.mean(bends**4) / np.mean(bends**2) ** 2 - 3, bends.max(), np.percentile(bends, 95),
        np.mean(signs != np.roll(signs, -1)), bends.var(),
    ]


def radial(tile):
    h, w = tile.shape
    y, x = np.mgrid[:h, :w]
    ring = (8 * np.hypot(y - (h - 1) / 2, x - (w - 1) / 2) / (min(h, w) / 2)).astype(int)
    return [tile[ring == k].astype(float).mean() if (ring == k).any() else np.nan for k in range(8)]


BLOCKS = [statistics, missing, collapsed, stitching, rotation, surface, anisotropy, curvature, radial, seam]

if __name__ == "__main__":
    cases = [
        {
            "height": tile.shape[0], "width": tile.shape[1], "levels": tile.tobytes().hex(),
            "features": {
                block.__name__: [float(v) if np.isfinite(v) else None for v in block(tile)] for block in BLOCKS
            },
        }
        for tile in tiles()
    ]
    versions = {"numpy": np.__version__, "scipy": scipy.__version__, "scikit-image": skimage.__version__,
                "opencv": cv2.__version__}
    path = pathlib.Path(__file__).with_name("hand_made.json")
    path.write_text(json.dumps({"versions": versions, "tiles": cases}) + "\n")
