#!/usr/bin/env python3
"""How well crystals are found in uneven light: overlap (IoU) of patches with the truth, over seeds.

`scripts/make_crystals.py` draws pictures per model and seed; each is clustered by itself, and a patch counts as found where it
is not in cluster 0. It should be where crystals cover at least a share of it: each row is a model, each column a share, and a
program. Programs: `--rails` with its recipe and `patches.object_share` set to the share where it has that key (`--before` is
an earlier build without it), with the flat field besides; and scikit-image: what is further off the background by its rolling
ball, or by a Gaussian, than Otsu's threshold of that, counted per patch in the same way. Needs numpy, Pillow and scikit-image.

  benches/peers/crystals.py --rails target/release/rails --before /path/to/earlier/rails --seeds 10
"""

import argparse
import csv
import pathlib
import subprocess
import sys
import tempfile

import numpy as np
from PIL import Image
from scipy import ndimage
from skimage import filters, restoration

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts"))
from make_crystals import MODELS  # noqa: E402

GRID = 16
SHARES = [0.01, 0.05, 0.1, 0.2]
RECIPE = """name = "crystals"
seed = 42
[patches]
slices = 16
statistics = ["std", "relative_std", "skewness", "kurtosis", "mode"]
clip = 2
ignore = { below = 5, share = 0.95 }
[reduce]
l2 = false
standardize = true
method = "none"
[cluster]
methods = ["kmeans"]
[cluster.kmeans]
k = 2
n_init = 20
"""


def shares(mask):
    """Share of each patch that is true, in the grid of `rails patches`."""
    height, width = mask.shape
    edge = lambda at, side: (2 * at * side + GRID) // (2 * GRID)
    cut = lambda at, side: slice(edge(at, side), edge(at + 1, side))
    return np.array([mask[cut(y, height), cut(x, width)].mean() for y in range(GRID) for x in range(GRID)])


def rails(program, place, name, settings):
    """Which patches of a picture are found."""
    one = place / "one"
    one.mkdir(exist_ok=True)
    Image.open(place / "pictures" / name).save(one / name)
    sets = [part for setting in settings for part in ("--set", setting)]
    command = [program, "patches", "one", "--config", "crystals.toml", *sets, "--set", "patches.mosaic=1x1", "-q"]
    subprocess.run(command, cwd=place, check=True, stdout=subprocess.DEVNULL)
    run = max((place / "experiments/runs").iterdir())
    with open(run / "patches.csv") as file:
        found = np.array([row["kmeans"] not in ("", "0") for row in csv.DictReader(file)])
    (one / name).unlink()
    subprocess.run(["rm", "-r", run], check=True)
    return found


def skimage(pixels, background):
    off = np.abs(ndimage.gaussian_filter(pixels - background, 1))
    return shares(off > filters.threshold_otsu(off))


def overlap(found, truth):
    return (found & truth).sum() / max((found | truth).sum(), 1)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    path = lambda text: pathlib.Path(text).resolve()
    parser.add_argument("--rails", type=path, default=ROOT / "target/release/rails")
    parser.add_argument("--before", type=path)
    parser.add_argument("--models", nargs="+", choices=MODELS, default=MODELS)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--start", type=int, default=0)
    parser.add_argument("--python-only", action="store_true", help="leave out what runs a program: peers alone")
    options = parser.parse_args()
    print("| model | program |", " | ".join(f"truth {share:.0%}" for share in SHARES), "|")
    print("|---|---|" + "---|" * len(SHARES))
    flat = 'features.enhance=["flat-field"]'
    for model in options.models:
        scores = {}
        with tempfile.TemporaryDirectory() as folder:
            place = pathlib.Path(folder)
            make = [sys.executable, ROOT / "scripts/make_crystals.py", place / "pictures", "--model", model]
            subprocess.run([*make, "--seeds", str(options.seeds), "--start", str(options.start)], check=True)
            (place / "experiments").mkdir()
            (place / "experiments/crystals.toml").write_text(RECIPE)
            for picture in sorted((place / "pictures").glob("*.png")):
                pixels = np.asarray(Image.open(picture), float)
                covered = shares(np.asarray(Image.open(place / "pictures/truth" / picture.name)) > 0)
                fixed, moving = {}, {}
                if options.before:
                    fixed["before"] = rails(options.before, place, picture.name, [])
                    fixed["before, flat field"] = rails(options.before, place, picture.name, [flat])
                moving["scikit-image, rolling ball"] = skimage(pixels, restoration.rolling_ball(pixels, radius=60))
                moving["scikit-image, Gaussian"] = skimage(pixels, ndimage.gaussian_filter(pixels, 60))
                for share in SHARES:
                    truth = covered >= share
                    answers = fixed | {name: found >= share for name, found in moving.items()}
                    if not options.python_only:
                        extra = ['patches.field="auto"'] if model == "aperture" else []
                        answers["now"] = rails(options.rails, place, picture.name, [f"patches.object_share={share}", *extra])
                    for name, found in answers.items():
                        scores.setdefault(name, {}).setdefault(share, []).append(overlap(found, truth))
        for name, by_share in scores.items():
            print(f"| {model} | {name} |", " | ".join(f"{np.mean(by_share[share]):.3f}" for share in SHARES), "|", flush=True)


if __name__ == "__main__":
    main()
