"""Images per second of the native engine and of onnxruntime: same network, weights, threads and images, in one run.

usage: embed.py RUST_BINARY BACKBONE LAYER [WEIGHTS.safetensors]      called by embed.sh
Rounds alternate, so that both meet the same machine; the ratio is that of the medians.
"""
import os
import pathlib
import statistics
import subprocess
import sys
import time

import numpy as np
import onnxruntime
from safetensors.numpy import load_file

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "golden"))
from onnx_networks import NETWORKS, normalise  # noqa: E402

BATCH = int(os.environ.get("BATCH", "32"))
THREADS = int(os.environ.get("THREADS", "2"))
ROUNDS = int(os.environ.get("ROUNDS", "7"))
SIZE = 224


def main():
    binary, backbone, layer, *weights = sys.argv[1:]
    weights_file = weights[0] if weights else ROOT / "checkpoints" / f"{backbone}.safetensors"
    variant = "tensorflow" if backbone == "efficientnet-lite0" else "caffe"
    stages = {"stages": int(layer[4]) - 1} if backbone == "resnet50" else {}
    network = NETWORKS[backbone](load_file(weights_file), variant, SIZE, **stages)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = THREADS, 1
    model = network.model([layer]).SerializeToString()
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])

    i, y, x, c = np.ogrid[:BATCH, :SIZE, :SIZE, :3]
    images = normalise((i + 7 * y + 13 * x + 29 * c) % 256, variant)
    rust = subprocess.Popen(
        [binary, backbone, layer, str(BATCH), *weights],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        bufsize=1,
        env={**os.environ, "RAYON_NUM_THREADS": str(THREADS)},
    )

    def native():
        print("round", file=rust.stdin, flush=True)
        seconds, first = rust.stdout.readline().split()
        return float(seconds), float(first)

    def peer():
        start = time.perf_counter()
        (answer,) = session.run([layer], {"input": images})
        return time.perf_counter() - start, float(answer[0, 0])

    (_, ours), (_, theirs) = native(), peer()
    if abs(ours - theirs) > 2e-2 * abs(theirs) + 1e-3:
        sys.exit(f"the two disagree on the first feature: {ours} and {theirs}")
    times = [(native()[0], peer()[0]) for _ in range(ROUNDS)]
    rust.stdin.close()
    rust.wait()
    ours, theirs = (statistics.median(column) for column in zip(*times))
    print(
        f"{backbone} to {layer}, {BATCH} images of {SIZE}×{SIZE}×3, {THREADS} threads, medians of {ROUNDS}: "
        f"rails {BATCH / ours:.1f} images/s, onnxruntime {onnxruntime.__version__} {BATCH / theirs:.1f} images/s, "
        f"ratio {theirs / ours:.2f}"
    )


if __name__ == "__main__":
    main()
