"""Hand-made features side by side with OpenCV, scikit-image and scipy: same tiles, taking turns in one run.

usage: hand_made.py OUR_BENCH_BINARY [--threads N] [--repeats 5]
All features of the four layers of pillars on 1,323 tiles of 64×64, and the seven statistics of the 32×32 patches of a
picture of 4 megapixels. Prints the median of each and their ratio. The Python is that of tests/golden/hand_made.py, on
one thread as people write it; of the statistics, on all patches at once.
"""
import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

parser = argparse.ArgumentParser()
parser.add_argument("binary")
parser.add_argument("--threads", type=int, default=os.cpu_count())
parser.add_argument("--repeats", type=int, default=5)
args = parser.parse_args()
for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "RAYON_NUM_THREADS"):
    os.environ[variable] = str(args.threads)

sys.path.insert(0, str(Path(__file__).parents[2] / "tests/golden"))

import cv2  # noqa: E402  (after the thread counts)
import numpy as np  # noqa: E402
import scipy.stats  # noqa: E402
import skimage  # noqa: E402

import hand_made as peer  # noqa: E402

cv2.setNumThreads(args.threads)
LAYERS = [block for block in peer.BLOCKS if block is not peer.statistics]
RNG = np.random.default_rng(3)


def tiles():
    return [
        peer.pillar(64, 64, RNG.uniform(15, 20), RNG.uniform(140, 190), RNG.uniform(40, 90), 5, squash=RNG.uniform(0.8, 1))
        for _ in range(1323)
    ]


def peer_tiles(images):
    return [[value for block in LAYERS for value in block(tile)] for tile in images]


def peer_patches(picture):
    values = picture.reshape(32, 64, 32, 64).swapaxes(1, 2).reshape(1024, -1)
    real = values.astype(float)
    mean, std = real.mean(axis=1), real.std(axis=1)
    return [
        mean, std, std / mean, np.median(real, axis=1), scipy.stats.mode(values, axis=1).mode,
        scipy.stats.skew(real, axis=1), scipy.stats.kurtosis(real, axis=1),
    ]


images = tiles()
picture = np.clip(RNG.normal(120, 20, (2048, 2048)), 0, 255).astype(np.uint8)
with tempfile.TemporaryDirectory() as folder:
    files = [Path(folder) / "tiles.u8", Path(folder) / "patches.u8"]
    files[0].write_bytes(b"".join(tile.tobytes() for tile in images))
    files[1].write_bytes(picture.tobytes())
    ours = subprocess.Popen([args.binary, *files], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def our(stage):
        ours.stdin.write(stage + "\n")
        ours.stdin.flush()
        return float(ours.stdout.readline().split()[0])

    def their(work):
        start = time.perf_counter()
        work()
        return time.perf_counter() - start

    print(f"numpy {np.__version__}, scipy {scipy.__version__}, scikit-image {skimage.__version__}, "
          f"OpenCV {cv2.__version__}, {args.threads} threads, {args.repeats} turns")
    for stage, work in [("tiles", lambda: peer_tiles(images)), ("patches", lambda: peer_patches(picture))]:
        our(stage)  # warm
        turns = [(our(stage), their(work)) for _ in range(args.repeats)]
        mine, theirs = (statistics.median(turn[side] for turn in turns) for side in (0, 1))
        ratios = sorted(turn[1] / turn[0] for turn in turns)
        print(f"{stage:8} ours {mine * 1e3:9.1f} ms   peer {theirs * 1e3:9.1f} ms   ratio {theirs / mine:7.1f} "
              f"(turns {ratios[0]:.1f} to {ratios[-1]:.1f})")
