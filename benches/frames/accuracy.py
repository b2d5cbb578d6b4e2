#!/usr/bin/env python3
"""How well `frames.toml` tells spoiled frames, over models of detectors and beams, seeds and programs:

    benches/frames/accuracy.py before=OTHER/rails after=target/release/rails --seeds 201 202 203

Makes the sets of `make_models.py` and those of `scripts/make_frames.py` (model `six`), clusters each with every program and
prints balanced accuracy against the known truth, median over seeds and the lowest; noise counts as wrong. `--darks` gives
dark frames and `--monitor` HDF5 files with a beam monitor to programs that take them. Needs numpy, with `--monitor` h5py and
hdf5plugin.
"""

import argparse
import csv
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile

from make_models import MODELS

HERE = pathlib.Path(__file__).resolve().parent
REPOSITORY = HERE.parents[1]
METHODS = ["kmeans", "dbscan", "hybrid"]


def make(model, seed, sets, folder, darks, monitor):
    """Writes frames into `folder` and its tables beside it; the truth is kept from the program."""
    if model == "six":
        command = [REPOSITORY / "scripts/make_frames.py", folder, "--seed", seed, "--sets", sets]
    else:
        command = [HERE / "make_models.py", folder, "--model", model, "--seed", seed, "--sets", sets]
        command += ["--darks"] if darks else []
        command += ["--monitor", "entry/instrument/source/ring_current"] if monitor else []
    subprocess.run([sys.executable, *map(str, command)], check=True)
    with open(folder / "truth.csv", newline="") as file:
        truth = {row["path"]: row["class"] for row in csv.DictReader(file)}
    for table in ["truth.csv", "kinds.csv"]:
        (folder / table).unlink()
    return truth


def cluster(program, place, darks, extra):
    """The clusters of all frames, a dictionary of columns each."""
    for folder in ["experiments", "embeddings"]:
        shutil.rmtree(place / folder, ignore_errors=True)
    (place / "experiments").mkdir()
    shutil.copy(REPOSITORY / "experiments/frames.toml", place / "experiments")
    command = [program, "cluster", "raw", "--config", "frames.toml", "--set", "report.examples=1", "-q", *extra]
    if darks:
        command += ["--set", "dataset.dark=raw-darks"]
    done = subprocess.run(command, cwd=place, capture_output=True, text=True)
    if done.returncode not in (0, 3):
        sys.exit(f"{' '.join(map(str, command))}: {done.stderr}")
    (table,) = (place / "experiments/runs").glob("*/images.csv")
    with open(table, newline="") as file:
        return list(csv.DictReader(file))


def balanced_accuracy(rows, truth, method):
    """Mean of the recalls of spoiled (cluster 0) and usable (cluster 1) frames."""
    recalls = []
    for name, cluster in [("spoiled", "0"), ("usable", "1")]:
        found = [row[method] == cluster for row in rows if truth[row["path"]] == name]
        recalls.append(sum(found) / len(found))
    return sum(recalls) / 2


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("programs", nargs="+", metavar="NAME=PATH")
    parser.add_argument("--models", nargs="+", choices=[*MODELS, "six"], default=[*MODELS, "six"])
    parser.add_argument("--seeds", type=int, nargs="+", default=[201, 202, 203])
    parser.add_argument("--sets", type=int, default=12)
    parser.add_argument("--darks", action="store_true")
    parser.add_argument("--monitor", action="store_true")
    parser.add_argument("--set", nargs="+", default=[], help="more settings, for every program")
    options = parser.parse_args()
    programs = {name: pathlib.Path(path).resolve() for name, path in (p.split("=", 1) for p in options.programs)}
    extra = [word for setting in options.set for word in ("--set", setting)]
    print("| model | program | " + " | ".join(METHODS) + " |\n|" + "---|" * (2 + len(METHODS)))
    for model in options.models:
        scores = {name: {method: [] for method in METHODS} for name in programs}
        for seed in options.seeds:
            with tempfile.TemporaryDirectory() as place:
                place = pathlib.Path(place)
                darks = options.darks and model != "six"
                truth = make(model, seed, options.sets, place / "raw", darks, options.monitor and model != "six")
                for name, program in programs.items():
                    rows = cluster(program, place, darks, extra)
                    for method in METHODS:
                        scores[name][method].append(balanced_accuracy(rows, truth, method))
        for name, of in scores.items():
            cells = [f"{statistics.median(of[method]):.3f} ({min(of[method]):.3f})" for method in METHODS]
            print(f"| {model} | {name} | " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    main()
