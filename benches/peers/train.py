"""Seconds per epoch of three classifiers beside scikit-learn and PyTorch on the CPU, alternating, medians of all epochs.

Usage: train.py BENCH, where BENCH is the built `train` benchmark. THREADS (default 2) holds for all.
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
import torch  # noqa: E402
from sklearn.neural_network import MLPClassifier  # noqa: E402

ROUNDS, EPOCHS = int(os.environ.get("ROUNDS", "5")), 4
SHAPES = {"linear": (), "mlp256": (256, 128, 64), "mlp512": (512, 256, 128)}
torch.set_num_threads(int(THREADS))
rng = np.random.default_rng(0)
X = rng.uniform(-1, 1, (9_000, 2_048)).astype(np.float32)
Y = np.arange(9_000) % 5


def rails(hidden):
    output = subprocess.run([sys.argv[1], str(list(hidden))], check=True, capture_output=True, text=True).stdout
    return [float(line) for line in output.split()]


def scikit_learn(hidden):
    mlp = MLPClassifier(hidden, batch_size=200, max_iter=EPOCHS, random_state=0)
    start = time.perf_counter()
    mlp.fit(X, Y)
    return [(time.perf_counter() - start) / EPOCHS]


def pytorch(hidden):
    widths = [X.shape[1], *hidden]
    layers = [layer for a, b in zip(widths, widths[1:]) for layer in (torch.nn.Linear(a, b), torch.nn.ReLU())]
    network = torch.nn.Sequential(*layers, torch.nn.Linear(widths[-1], 5))
    adam = torch.optim.Adam(network.parameters(), 1e-3, weight_decay=1e-4)
    x, y = torch.from_numpy(X), torch.from_numpy(Y)
    seconds = []
    for _ in range(EPOCHS):
        start = time.perf_counter()
        for rows in torch.randperm(len(x)).split(200):
            adam.zero_grad()
            torch.nn.functional.cross_entropy(network(x[rows]), y[rows]).backward()
            adam.step()
        seconds.append(time.perf_counter() - start)
    return seconds


warnings.filterwarnings("ignore")
print(f"9,000 x 2,048 features, batch 200, {THREADS} threads, median of {ROUNDS} rounds of {EPOCHS} epochs, in seconds")
print(f"{'':8} {'rails':>7} {'scikit-learn ' + sklearn.__version__:>20} {'PyTorch ' + torch.__version__:>20}")
for name, hidden in SHAPES.items():
    ours, sklearns, torchs = [], [], []
    for _ in range(ROUNDS):
        ours += rails(hidden)
        sklearns += scikit_learn(hidden) if hidden else [float("nan")]  # without hidden layers it is no MLPClassifier
        torchs += pytorch(hidden)
    ours, sklearns, torchs = (statistics.median(times) for times in (ours, sklearns, torchs))
    print(f"{name:8} {ours:7.3f} {sklearns:11.3f} ({sklearns / ours:4.2f} x) {torchs:12.3f} ({torchs / ours:4.2f} x)")
