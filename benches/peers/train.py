"""Seconds per epoch of mlp512 beside scikit-learn's MLPClassifier, alternating, medians over all epochs.

Usage: train.py BENCH, where BENCH is the built `train` benchmark. THREADS (default 2) holds for both.
"""

import os
import statistics
import subprocess
import sys
import time
import warnings

THREADS = os.environ.setdefault("THREADS", "2")
os.environ["RAYON_NUM_THREADS"] = os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = THREADS

import numpy as np  # noqa: E402  reads the number of threads when it is imported
import sklearn  # noqa: E402
from sklearn.neural_network import MLPClassifier  # noqa: E402

ROUNDS, EPOCHS = 5, 4


def rails():
    output = subprocess.run([sys.argv[1]], check=True, capture_output=True, text=True).stdout
    return [float(line) for line in output.split()]


def scikit_learn():
    rng = np.random.default_rng(0)
    x = rng.uniform(-1, 1, (9_000, 2_048)).astype(np.float32)
    y = np.arange(9_000) % 5
    mlp = MLPClassifier((512, 256, 128), batch_size=200, max_iter=EPOCHS, random_state=0)
    start = time.perf_counter()
    mlp.fit(x, y)
    return [(time.perf_counter() - start) / EPOCHS]


warnings.filterwarnings("ignore")
ours, theirs = [], []
for _ in range(ROUNDS):
    ours += rails()
    theirs += scikit_learn()
ours, theirs = statistics.median(ours), statistics.median(theirs)
print(f"mlp512, 9,000 x 2,048 features, batch 200, {THREADS} threads, median of {ROUNDS} rounds of {EPOCHS} epochs")
print(f"rails                  {ours:.3f} s per epoch")
print(f"scikit-learn {sklearn.__version__:9} {theirs:.3f} s per epoch")
print(f"ratio                  {theirs / ours:.2f} times as fast as scikit-learn")
