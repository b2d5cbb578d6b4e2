#!/usr/bin/env python3
"""How well defects of pillars are found, by where they stand: recall and precision of `rails separate`, over seeds.

`scripts/make_pillars.py` draws arrays per model and seed, or `make_tilted_pillars.py` with other optics; each is tiled and
separated by itself, with one recipe for all. The peer clusters the same features as they are, as notebooks do it: one layer per
defect, standardised, five components, k-means with k = 3, the cluster that is highest in the layer's feature. It knows no
neighbours. Prints recall and precision of each defect, mean over the seeds and lowest of one. Needs numpy, Pillow, scikit-learn.

  benches/peers/pillars.py --rails target/release/rails --seeds 10
  benches/peers/pillars.py --make make_tilted_pillars.py
"""

import argparse
import csv
import pathlib
import shutil
import subprocess
import sys
import tempfile

import numpy as np
from sklearn.cluster import KMeans
from sklearn.decomposition import PCA
from sklearn.preprocessing import StandardScaler

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "scripts"))
from make_pillars import MODELS  # noqa: E402  (found by that path)

ROOT = pathlib.Path(__file__).resolve().parents[2]
HALF_WIDTHS = {"make_pillars.py": 32, "make_tilted_pillars.py": 26}
# Defects in the order of the layers, the blocks that these look at, and the feature that says which cluster is taken.
LAYERS = {
    "missing": (["missing"], "missing_contrast"),
    "stitching": (["seam", "stitching"], "seam_step"),
    "collapsed": (["collapsed"], "collapsed_dark_share"),
}


def table(path):
    with open(path) as file:
        return list(csv.DictReader(file))


def draw(options, model, place):
    """The pictures of a model, and the kind of every pillar: `{image: {(row, column): kind}}`."""
    make = [sys.executable, ROOT / "scripts" / options.make, place, "--model", model]
    subprocess.run([*make, "--seeds", str(options.seeds), "--start", str(options.start)], check=True)
    truth = {}
    for row in table(place / "truth.csv"):
        truth.setdefault(row["image"], {})[row["row"], row["column"]] = row["kind"]
    return truth


def separate(options, picture):
    """The rows of images.csv of one picture."""
    with tempfile.TemporaryDirectory() as place:
        place = pathlib.Path(place)
        (place / "array").mkdir()
        shutil.copy(picture, place / "array")
        for command in [
            ["tile", "array", "--grid", "21x21", "--half-width", str(HALF_WIDTHS[options.make])],
            ["separate", "array-tiles", "--config", options.recipe],
        ]:
            subprocess.run([options.rails, *command, "-q"], cwd=place, check=True, stdout=subprocess.DEVNULL)
        return table(next((place / "experiments/runs").glob("*-separate-*")) / "images.csv")


def peer(rows):
    """The defect of every row, by clusters of its features alone."""
    said, left = np.full(len(rows), "rest", dtype=object), np.arange(len(rows))
    for defect, (blocks, named) in LAYERS.items():
        columns = [column for column in rows[0] if column.startswith(tuple(f"{block}_" for block in blocks))]
        columns = [column for column in columns if not column.endswith("_cluster")]
        values = np.array([[float(rows[at][column]) for column in columns] for at in left])
        reduced = PCA(min(5, len(columns)), random_state=0).fit_transform(StandardScaler().fit_transform(values))
        clusters = KMeans(3, n_init=10, random_state=0).fit_predict(reduced)
        feature = values[:, columns.index(named)]
        taken = clusters == max(range(3), key=lambda cluster: feature[clusters == cluster].mean())
        said[left[taken]], left = defect, left[~taken]
    return said


def score(truth, said, kind):
    """Recall and precision of one picture; recall is NaN where there is no such defect, precision 1 where nothing is said."""
    is_kind, found = truth == kind, said == kind
    both = (is_kind & found).sum()
    return both / is_kind.sum() if is_kind.any() else np.nan, both / found.sum() if found.any() else 1.0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    path = lambda text: pathlib.Path(text).resolve()  # noqa: E731
    parser.add_argument("--rails", type=path, default=ROOT / "target/release/rails")
    parser.add_argument("--recipe", type=path, default=ROOT / "experiments/pillars.toml")
    parser.add_argument("--make", choices=HALF_WIDTHS, default="make_pillars.py")
    parser.add_argument("--models", nargs="+", choices=MODELS, default=MODELS)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--start", type=int, default=0)
    options = parser.parse_args()
    columns = [f"{kind} {what}" for kind in LAYERS for what in ("recall", "precision")]
    print("| model | by |", " | ".join(columns), "|")
    print("|---|---|" + "---|" * len(columns))
    for model in options.models:
        scores = {}
        with tempfile.TemporaryDirectory() as place:
            truths = draw(options, model, pathlib.Path(place))
            for image, truth in truths.items():
                rows = separate(options, pathlib.Path(place) / f"{image}.png")
                kinds = np.array([truth[row["row"], row["column"]] for row in rows])
                defects = np.array([row["defect"].lower() for row in rows])
                for by, said in [("rails", defects), ("k-means", peer(rows))]:
                    scores.setdefault(by, []).append([score(kinds, said, kind) for kind in LAYERS])
        for by, of_seeds in scores.items():
            of_seeds = np.array(of_seeds).reshape(len(of_seeds), -1)
            figures = [f"{np.nanmean(one):.3f} ({np.nanmin(one):.2f})" for one in of_seeds.T]
            print(f"| {model} | {by} |", " | ".join(figures), "|", flush=True)


if __name__ == "__main__":
    main()
