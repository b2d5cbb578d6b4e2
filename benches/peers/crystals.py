#!/usr/bin/env python3
"""How well crystals are found in uneven light: overlap (IoU) of patches with the truth, over seeds.

`scripts/make_crystals.py` draws pictures per model and seed (`--pictures FOLDER` takes those of a folder and its `truth/`
instead); each is sliced by itself, and a patch counts as found where it is not in cluster 0. It should be where crystals cover
at least a share of it: each row is a model and a program, each column such a share. Programs:

- `now`: `--rails` with `experiments/crystals.toml` and `patches.object_share` set to that share; `now, key 10 %`: left at 0.1;
- `before`: `--before`, an earlier build, or else the same one without that key: the quietest of two clusters is background;
  and with the flat field besides;
- scikit-image: what is further off the background by its rolling ball, or by a Gaussian, than Otsu's threshold of that, counted
  per patch as `now`; the rolling ball takes the picture or its negative, whichever overlaps more with the truth.

  benches/peers/crystals.py --rails target/release/rails --seeds 10

Needs numpy, SciPy, Pillow and scikit-image.
"""

import argparse
import csv
import pathlib
import re
import shutil
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

SHARES = [0.01, 0.05, 0.1, 0.2]
RECIPE = (ROOT / "experiments/crystals.toml").read_text().replace('"kmeans", "hierarchical"', '"kmeans"')


def shares(mask, slices):
    """Share of each patch that is true, in the grid of `rails patches`."""
    height, width = mask.shape
    edge = lambda at, side: (2 * at * side + slices) // (2 * slices)
    cut = lambda at, side: slice(edge(at, side), edge(at + 1, side))
    return np.array([mask[cut(y, height), cut(x, width)].mean() for y in range(slices) for x in range(slices)])


def rails(program, place, picture, settings, share=None):
    """Which patches of a picture are found; without a share by the clusters alone."""
    key = "" if share is None else f"object_share = {share}"
    (place / "experiments/crystals.toml").write_text(re.sub(r"(?m)^object_share = .*$", key, RECIPE))
    one = place / "one"
    one.mkdir()
    Image.open(picture).save(one / picture.name)
    sets = [part for setting in settings for part in ("--set", setting)]
    command = [program, "patches", "one", "--config", "crystals.toml", *sets, "--set", "patches.mosaic=1x1", "-q"]
    subprocess.run(command, cwd=place, check=True, stdout=subprocess.DEVNULL)
    run = max((place / "experiments/runs").iterdir())
    with open(run / "patches.csv") as file:
        found = np.array([row["kmeans"] not in ("", "0") for row in csv.DictReader(file)])
    shutil.rmtree(run)
    shutil.rmtree(one)
    return found


def skimage(pixels, background, slices):
    off = np.abs(ndimage.gaussian_filter(pixels - background, 1))
    return shares(off > filters.threshold_otsu(off), slices)


def rolling_ball(pixels, truth, slices):
    both = [skimage(one, restoration.rolling_ball(one, radius=60), slices) for one in (pixels, 255 - pixels)]
    return max(both, key=lambda found: overlap(found >= 0.1, truth >= 0.1))


def overlap(found, truth):
    return (found & truth).sum() / max((found | truth).sum(), 1)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    path = lambda text: pathlib.Path(text).resolve()
    parser.add_argument("--rails", type=path, default=ROOT / "target/release/rails")
    parser.add_argument("--before", type=path)
    parser.add_argument("--models", nargs="+", choices=MODELS, default=MODELS)
    parser.add_argument("--pictures", type=path)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--start", type=int, default=0)
    parser.add_argument("--slices", type=int, default=16)
    parser.add_argument("--no-peers", action="store_true", help="leave scikit-image out")
    options = parser.parse_args()
    slices, before = options.slices, options.before or options.rails
    print("| model | program |", " | ".join(f"truth {share:.0%}" for share in SHARES), "|")
    print("|---|---|" + "---|" * len(SHARES))
    flat = 'features.enhance=["flat-field"]'
    for model in [options.pictures.name] if options.pictures else options.models:
        scores = {}
        with tempfile.TemporaryDirectory() as folder:
            place, pictures = pathlib.Path(folder), options.pictures
            (place / "experiments").mkdir()
            if pictures is None:
                pictures = place / "pictures"
                make = [sys.executable, ROOT / "scripts/make_crystals.py", pictures, "--model", model]
                subprocess.run([*make, "--seeds", str(options.seeds), "--start", str(options.start)], check=True)
            named = sorted(pictures.glob("*.png"))
            if options.pictures:
                named = named[options.start : options.start + options.seeds]
            for picture in named:
                pixels = np.asarray(Image.open(picture), float)
                covered = shares(np.asarray(Image.open(pictures / "truth" / picture.name)) > 0, slices)
                sets = [f"patches.slices={slices}"] + (['patches.field="auto"'] if model == "aperture" else [])
                moving, fixed = {}, {
                    "before": rails(before, place, picture, sets),
                    "before, flat field": rails(before, place, picture, [*sets, flat]),
                    "now, key 10 %": rails(options.rails, place, picture, sets, 0.1),
                }
                if not options.no_peers:
                    moving["scikit-image, rolling ball"] = rolling_ball(pixels, covered, slices)
                    moving["scikit-image, Gaussian"] = skimage(pixels, ndimage.gaussian_filter(pixels, 60), slices)
                for share in SHARES:
                    answers = fixed | {name: found >= share for name, found in moving.items()}
                    answers["now"] = rails(options.rails, place, picture, sets, share)
                    for name, found in answers.items():
                        scores.setdefault(name, {}).setdefault(share, []).append(overlap(found, covered >= share))
        for name, by_share in scores.items():
            print(f"| {model} | {name} |", " | ".join(f"{np.mean(by_share[share]):.3f}" for share in SHARES), "|", flush=True)


if __name__ == "__main__":
    main()
