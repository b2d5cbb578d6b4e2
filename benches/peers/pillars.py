#!/usr/bin/env python3
"""How well defects of pillars are found, by where they stand: recall and precision of `rails separate`, over seeds.

`scripts/make_pillars.py` draws arrays per model and seed; each is tiled and separated by itself, with one recipe for all. Prints
recall and precision as means over the seeds, of each defect and of the three together. Needs numpy and Pillow.

  benches/peers/pillars.py --rails target/release/rails --seeds 10
"""

import argparse
import csv
import pathlib
import shutil
import subprocess
import sys
import tempfile
from collections import defaultdict

import numpy as np

ROOT = pathlib.Path(__file__).resolve().parents[2]
MODELS = ["scattered", "seams", "groups", "drift", "rows", "ring", "edge"]
DEFECTS = ["missing", "stitching", "collapsed"]


def table(path):
    with open(path) as file:
        return list(csv.DictReader(file))


def run(options, model, place):
    """What is said of every pillar, and what it is: `{(image, row, column): [truth, said]}`."""
    make = [sys.executable, ROOT / "scripts/make_pillars.py", place / "arrays", "--model", model]
    subprocess.run([*make, "--seeds", str(options.seeds), "--start", str(options.start)], check=True)
    pillars = {}
    truth = defaultdict(dict)
    for row in table(place / "arrays/truth.csv"):
        truth[row["image"]][int(row["row"]), int(row["column"])] = row["kind"]
    for image in truth:
        one = place / image
        one.mkdir()
        shutil.move(place / f"arrays/{image}.png", one / f"{image}.png")
        rails = lambda *arguments: subprocess.run(
            [options.rails, *arguments, "-q"], cwd=place, check=True, stdout=subprocess.DEVNULL
        )
        rails("tile", image, "--grid", "21x21", "--half-width", "32")
        rails("separate", f"{image}-tiles", "--config", options.recipe)
        found = max((place / "experiments/runs").glob("*-separate-*"))
        for row in table(found / "images.csv"):
            at = pathlib.Path(row["path"]).stem.removeprefix(f"{image}_")
            pillars[image, at] = [truth[image][tuple(map(int, at.split(",")))], row["defect"].lower()]
        shutil.rmtree(found)
    return pillars


def score(pillars, kind):
    """Recall and precision, means over the images; precision is 1 where nothing is said."""
    recalls, precisions = [], []
    for image in sorted({image for image, _ in pillars}):
        pairs = np.array([pair for (of, _), pair in pillars.items() if of == image])
        is_kind, said = pairs[:, 0] == kind, pairs[:, 1] == kind
        both = (is_kind & said).sum()
        if is_kind.any():
            recalls.append(both / is_kind.sum())
        precisions.append(both / said.sum() if said.any() else 1.0)
    return np.mean(recalls), np.mean(precisions), min(recalls), min(precisions)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rails", type=lambda text: pathlib.Path(text).resolve(), default=ROOT / "target/release/rails")
    parser.add_argument("--recipe", type=lambda text: pathlib.Path(text).resolve(), default=ROOT / "experiments/pillars.toml")
    parser.add_argument("--models", nargs="+", choices=MODELS, default=MODELS)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--start", type=int, default=0)
    parser.add_argument("--keep", type=pathlib.Path, help="write what was said of every pillar into this folder")
    options = parser.parse_args()
    columns = [f"{kind} {what}" for kind in DEFECTS for what in ("recall", "precision")]
    print("| model | recall | precision | lowest of a seed |", " | ".join(columns), "|")
    print("|---|" + "---|" * (3 + len(columns)))
    for model in options.models:
        with tempfile.TemporaryDirectory() as place:
            pillars = run(options, model, pathlib.Path(place))
        scores = [score(pillars, kind) for kind in DEFECTS]
        recall, precision = np.mean([one[:2] for one in scores], axis=0)
        lowest = f"{min(one[2] for one in scores):.2f}, {min(one[3] for one in scores):.2f}"
        each = " | ".join(f"{value:.3f}" for one in scores for value in one[:2])
        print(f"| {model} | {recall:.3f} | {precision:.3f} | {lowest} | {each} |", flush=True)
        if options.keep:
            options.keep.mkdir(parents=True, exist_ok=True)
            with open(options.keep / f"{model}.csv", "w", newline="") as file:
                rows = ([*where, *pair] for where, pair in pillars.items())
                csv.writer(file).writerows([["image", "place", "truth", "said"], *rows])


if __name__ == "__main__":
    main()
