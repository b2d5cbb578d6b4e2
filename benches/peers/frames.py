"""How well spoiled frames are found in sets that were never seen, over seeds: rails against the reference's way.

Per seed, `scripts/make_frames.py` makes sets to learn from and others to judge by; rails clusters, names, trains and
predicts. With `--ablate`, the smaller classifier is trained again with one thing changed at a time. The reference's way is scikit-learn's KMeans(2) on the mean flux of each set, the first frame's cluster being the
spoiled one. Needs numpy and scikit-learn. Prints balanced accuracies against the generator's truth.

  benches/peers/frames.py --rails target/release/rails --seeds 10
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
from sklearn.cluster import KMeans

# What is changed, and how.
ABLATIONS = {
    "mean flux alone": ["features.statistics=mean_flux"],
    "relative flux alone": ["features.statistics=relative_flux"],
    "no class weights": ["classifier.class_weights=none"],
}

ROOT = pathlib.Path(__file__).resolve().parents[2]


def table(path):
    with open(path) as file:
        return list(csv.DictReader(file))


def balanced(truth, said):
    """Mean recall of the classes that occur."""
    truth, said = np.asarray(truth), np.asarray(said)
    return float(np.mean([(said[truth == value] == value).mean() for value in np.unique(truth)]))


def reference(sets):
    """Which frames are usable, by path."""
    usable = {}
    for file in sorted(sets.glob("*.npy")):
        counts = np.load(file)
        flux = np.array([frame[frame < 65535].mean() for frame in counts]).reshape(-1, 1)
        labels = KMeans(2, n_init=10, random_state=0).fit_predict(flux)
        usable |= {f"{file.name}#{at}": label != labels[0] for at, label in enumerate(labels)}
    return usable


def one(options, seed, place):
    def make(name, seed):
        arguments = [place / name, "--seed", str(seed), "--sets", str(options.sets)]
        subprocess.run([sys.executable, ROOT / "scripts/make_frames.py", *arguments], check=True)

    def rails(*arguments):
        subprocess.run([options.rails, *arguments, "-q"], cwd=place, check=True, stdout=subprocess.DEVNULL)

    make("learned", seed)
    make("unseen", 1000 + seed)
    shutil.copytree(ROOT / "experiments", place / "experiments", ignore=shutil.ignore_patterns("runs"))
    def learn(recipe, settings=()):
        rails("train", "--config", f"{recipe}.toml", *(part for setting in settings for part in ("--set", setting)))
        rails("predict", "unseen", "--output", "answers.csv")
        rows = table(place / "answers.csv")
        return {pathlib.Path(row["path"]).name: row["class"] == "usable" for row in rows}

    def cluster(sets, labels, *arguments):
        """Names the clusters of `sets`; the answer is whether each frame is usable, for k-means."""
        rails("cluster", sets, "--config", "frames.toml", *arguments)
        rails("curate", "--apply", f"experiments/{labels}.jsonl")
        run = max((place / "experiments/runs").glob("*-cluster-*"))
        return {row["path"]: row["kmeans"] == "1" for row in table(run / "images.csv")}

    answers = {"reference": reference(place / "unseen")}
    answers["k-means of frames.toml"] = cluster("unseen", "frames", "--set", "name=unseen")
    cluster("learned", "frames")
    for recipe in options.recipes:
        answers[recipe] = learn(recipe)
    if options.ablate:
        for name, settings in ABLATIONS.items():
            answers[name] = learn("frames-mlp256", settings)
        cluster("learned", "frames-cleaned")
        answers["labels cleaned"] = learn("frames-mlp256")
    truth = {row["path"]: row["class"] == "usable" for row in table(place / "unseen/truth.csv")}
    kinds = {row["dataset"]: row["kind"] for row in table(place / "unseen/kinds.csv")}
    scores = defaultdict(dict)
    for name, usable in answers.items():
        for kind in ["all", *dict.fromkeys(kinds.values())]:
            paths = [path for path in truth if kind in ("all", kinds[path.split("#")[0]])]
            scores[name][kind] = balanced([truth[path] for path in paths], [usable[path] for path in paths])
    return scores


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rails", type=pathlib.Path, required=True)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--sets", type=int, default=24)
    parser.add_argument("--recipes", nargs="+", default=["frames-mlp512", "frames-mlp256"])
    parser.add_argument("--ablate", action="store_true", help="also change one thing at a time")
    options = parser.parse_args()
    options.rails = options.rails.resolve()
    collected = defaultdict(lambda: defaultdict(list))
    for seed in range(1, options.seeds + 1):
        with tempfile.TemporaryDirectory() as place:
            for name, scores in one(options, seed, pathlib.Path(place)).items():
                for kind, score in scores.items():
                    collected[name][kind].append(score)
        print(f"seed {seed}:", {name: round(kinds["all"][-1], 4) for name, kinds in collected.items()}, flush=True)
    for name, kinds in collected.items():
        for kind, scores in kinds.items():
            print(f"{name:22} {kind:10} median {np.median(scores):.4f}  lowest {min(scores):.4f}")


if __name__ == "__main__":
    main()
