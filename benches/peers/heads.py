"""Classifier recipes beside scikit-learn, on the same embeddings and five folds; and with 20 % wrong training labels.

Usage: heads.py RAILS HEADS IMAGES TRUTH.csv [TEMPLATE GROUP]: the program, the built `heads` benchmark, images and their
classes. Environment: RESNET50 (weights), SEEDS (3), RECIPES (a comma-separated choice), NOISE (0.2).

Beside each difference in accuracy is its standard error over the images: McNemar's, of the images that one of the two
classifiers alone calls right, the seeds averaged.
"""

import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import warnings

os.environ.setdefault("OMP_NUM_THREADS", "2")

import numpy as np  # noqa: E402  reads the number of threads when it is imported
import pandas as pd  # noqa: E402
import pyarrow.parquet as parquet  # noqa: E402
import sklearn  # noqa: E402
from safetensors.numpy import save_file  # noqa: E402
from sklearn.linear_model import LogisticRegression  # noqa: E402
from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold  # noqa: E402
from sklearn.neural_network import MLPClassifier  # noqa: E402
from sklearn.pipeline import make_pipeline  # noqa: E402
from sklearn.preprocessing import StandardScaler  # noqa: E402

RAILS, HEADS, IMAGES, TRUTH, *GROUPING = sys.argv[1:]
SEEDS = int(os.environ.get("SEEDS", "3"))
NOISE = float(os.environ.get("NOISE", "0.2"))
EXPERIMENTS = pathlib.Path(__file__).parents[2] / "experiments"
WEIGHTS = os.environ.get("RESNET50")
RESNET = ["--set", "features.backbone=resnet50", "--set", f"features.weights={WEIGHTS}"]
FEATURES = {
    "efficientnet-lite0": [],
    "resnet50 c4": RESNET + ["--set", 'features.layers=["conv4_block6_out"]'],
    "resnet50 c3+c4": RESNET + ["--set", 'features.layers=["conv3_block4_out", "conv4_block6_out"]'],
}
if not WEIGHTS:
    FEATURES = {"efficientnet-lite0": []}
PEERS = {
    "linear": {
        "LogisticRegression": lambda seed: LogisticRegression(max_iter=3000),
        "… standardised": lambda seed: make_pipeline(StandardScaler(), LogisticRegression(max_iter=3000)),
    },
    "mlp256": {
        "MLPClassifier": lambda seed: MLPClassifier((256, 128, 64), random_state=seed),
        "… standardised": lambda seed: make_pipeline(StandardScaler(), MLPClassifier((256, 128, 64), random_state=seed)),
    },
    "mlp512": {
        "MLPClassifier": lambda seed: MLPClassifier((512, 256, 128), random_state=seed),
        "… standardised": lambda seed: make_pipeline(
            StandardScaler(), MLPClassifier((512, 256, 128), random_state=seed)
        ),
    },
}


def embed(settings, folder):
    """Embeds with rails and reads its store: features by file name."""
    cache = folder / "cache"
    command = [RAILS, "cluster", IMAGES, "-q", "--cache", cache, *settings]
    subprocess.run([str(word) for word in command], check=True, cwd=folder, stdout=subprocess.DEVNULL)
    (store,) = (cache / "embeddings").iterdir()
    parts = json.loads((store / "_COMMIT.json").read_text())["parts"]
    table = pd.concat(parquet.read_table(store / part["file"]).to_pandas() for part in parts)
    return {os.path.basename(path): np.array(x, np.float32) for path, x in zip(table.path, table.embedding)}


def groups(names):
    """What the template reads in the field GROUP of each file name."""
    template, field = GROUPING
    pattern = re.sub(r"\\{(\w+)\\}", r"(?P<\1>.+?)", re.escape(template))
    return [re.fullmatch(pattern, pathlib.Path(name).stem)[field] for name in names]


def folds(truth, y):
    if GROUPING:
        divided = StratifiedGroupKFold(5, shuffle=True, random_state=0).split(y, y, groups(truth.filename))
    else:
        divided = StratifiedKFold(5, shuffle=True, random_state=0).split(y, y)
    fold = np.zeros(len(y), np.uint8)
    for number, (_, test) in enumerate(divided):
        fold[test] = number
    return fold


def flipped(y, seed):
    """As many labels as NOISE says, turned into another class, all others alike."""
    rng = np.random.default_rng(seed)
    wrong = rng.permutation(len(y))[: round(NOISE * len(y))]
    noisy = y.copy()
    noisy[wrong] = (y[wrong] + rng.integers(1, y.max() + 1, len(wrong))) % (y.max() + 1)
    return noisy


def rails(recipe, x, labels, fold):
    with tempfile.TemporaryDirectory() as folder:
        save_file({"x": x, "labels": np.stack(labels).astype(np.uint8), "fold": fold}, f"{folder}/f.safetensors")
        recipe = recipe if isinstance(recipe, pathlib.Path) else write(folder, recipe)
        command = [HEADS, f"{folder}/f.safetensors", recipe, str(len(labels))]
        output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return [np.array(line.split(), int) for line in output.splitlines()]


def write(folder, text):
    path = pathlib.Path(folder) / "recipe.toml"
    path.write_text(text)
    return path


def scikit_learn(make, x, y, fold, seed):
    predicted = np.zeros(len(y), int)
    for number in range(5):
        test = fold == number
        predicted[test] = make(seed).fit(x[~test], y[~test]).predict(x[test])
    return predicted


def accuracy(predictions, y):
    """Of all images, mean and standard deviation over seeds, in percent."""
    means = [(p == y).mean() for p in predictions]
    return 100 * np.mean(means), 100 * np.std(means)


def difference(ours, theirs, y):
    """Ours minus theirs, in points, and its standard error over the images."""
    of_image = np.mean(np.array(ours) == y, axis=0) - np.mean(np.array(theirs) == y, axis=0)
    return 100 * of_image.mean(), 100 * of_image.std() / np.sqrt(len(y))


def main():
    warnings.filterwarnings("ignore")
    chosen = os.environ.get("RECIPES", "linear,mlp256,mlp512,knn").split(",")
    truth = pd.read_csv(TRUTH).rename(columns={"path": "filename", "class": "label"})
    y = truth.label.astype("category").cat.codes.to_numpy().astype(int)
    fold = folds(truth, y)
    print(f"five folds, {SEEDS} seeds, scikit-learn {sklearn.__version__}; accuracy in percent ± its spread over seeds,")
    print("beside peers what rails has more of it, in points ± standard error")
    for name, settings in FEATURES.items():
        with tempfile.TemporaryDirectory() as folder:
            stored = embed(settings, pathlib.Path(folder))
        x = np.stack([stored[file] for file in truth.filename])
        print(f"\n{pathlib.Path(IMAGES).name}, {name}, {x.shape[0]} x {x.shape[1]}")
        for recipe in chosen:
            ours = rails(EXPERIMENTS / f"{recipe}.toml", x, [y] * SEEDS, fold)
            mean, spread = accuracy(ours, y)
            line = f"  rails {recipe:8} {mean:5.1f} ± {spread:.1f}"
            for peer, make in PEERS.get(recipe, {}).items():
                seeds = range(1 if recipe == "linear" else SEEDS)
                theirs = [scikit_learn(make, x, y, fold, seed) for seed in seeds]
                mean, spread = accuracy(theirs, y)
                more, error = difference(ours, theirs, y)
                line += f"   {peer} {mean:5.1f} ± {spread:.1f} ({more:+.1f} ± {error:.1f})"
            print(line, flush=True)
        noisy = [flipped(y, seed) for seed in range(SEEDS)]
        print(f"  {NOISE:.0%} of the labels wrong: clean, noisy, points lost")
        for label, recipe in [("robust", EXPERIMENTS / "robust.toml"), ("cross-entropy", "")]:
            clean, _ = accuracy(rails(recipe, x, [y] * SEEDS, fold), y)
            wrong, spread = accuracy(rails(recipe, x, noisy, fold), y)
            print(f"    {label:14} {clean:5.1f} {wrong:5.1f} ± {spread:.1f} {clean - wrong:5.1f}", flush=True)


main()
