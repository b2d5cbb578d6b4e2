"""The clustering stage side by side with scikit-learn: same data, same threads, taking turns in one run.

usage: cluster.py OUR_BENCH_BINARY FEATURES.npy [--threads N] [--repeats 5] [--stages a,b] [--quick]
Prints per stage the median of each, their ratio, and whether the answers agree. `benches/peers/cluster.sh` builds the
binary and calls this. --quick takes one turn each. --grid-peer one times a single scikit-learn fit instead of the grid
(at 50,000 rows the grid does not fit in memory) and skips what only the full grid can check.
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
parser.add_argument("features")
parser.add_argument("--threads", type=int, default=os.cpu_count())
parser.add_argument("--repeats", type=int, default=5)
parser.add_argument("--stages", default="")
parser.add_argument("--quick", action="store_true")
parser.add_argument("--grid-peer", choices=["all", "one"], default="all")
args = parser.parse_args()
for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "RAYON_NUM_THREADS"):
    os.environ[variable] = str(args.threads)

import numpy as np  # noqa: E402  (after the thread counts)
import sklearn  # noqa: E402
from sklearn.cluster import DBSCAN, KMeans, MiniBatchKMeans  # noqa: E402
from sklearn.decomposition import PCA  # noqa: E402
from sklearn.manifold import TSNE  # noqa: E402
from sklearn.metrics import adjusted_rand_score, silhouette_samples  # noqa: E402
from sklearn.neighbors import LocalOutlierFactor, NearestNeighbors  # noqa: E402

EPS = [0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.2, 1.5]
MIN_SAMPLES = [3, 5, 7, 10, 15, 20]
x = np.load(args.features)
n = len(x)
work = Path(tempfile.mkdtemp(prefix="cluster-bench-"))
ours = subprocess.Popen([args.binary, args.features, str(work)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def ask(word):
    ours.stdin.write(word + "\n")
    ours.stdin.flush()
    return float(ours.stdout.readline())


def answer(name, kind):
    return np.fromfile(work / name, dtype=kind)


# -- the peer's side of each stage, and how the answers are compared ------------------------------------------------
def peer_grid():
    if args.grid_peer == "one":
        return [DBSCAN(eps=0.5, min_samples=5).fit(x).labels_]
    return [DBSCAN(eps=e, min_samples=m).fit(x).labels_ for e in EPS for m in MIN_SAMPLES]


def same_grid(peer):
    mine = answer("dbscan_grid", "<i8").reshape(-1, n)
    if args.grid_peer == "one":
        cell = EPS.index(0.5) * len(MIN_SAMPLES) + MIN_SAMPLES.index(5)
        return f"labels identical to that fit: {np.array_equal(mine[cell], peer[0])}"
    return f"labels identical in {sum(np.array_equal(a, b) for a, b in zip(mine, peer))} of {len(peer)} cells"


def same_dbscan(peer):
    return f"labels identical: {np.array_equal(answer('dbscan', '<i8'), peer)}"


def labelings():
    """13 k-means clusterings and those DBSCAN cells that have two clusters at least."""
    found = [MiniBatchKMeans(k, batch_size=100, n_init=3, random_state=42).fit_predict(x) for k in range(3, 16)]
    cells = [(e, m) for e in (0.2, 0.3, 0.4) for m in MIN_SAMPLES]
    if args.grid_peer == "one":  # our own labels: the peer would take minutes for them
        ask("dbscan_grid")
        mine = answer("dbscan_grid", "<i8").reshape(-1, n)
        found += [mine[EPS.index(e) * len(MIN_SAMPLES) + MIN_SAMPLES.index(m)] for e, m in cells]
    else:
        found += [DBSCAN(eps=e, min_samples=m).fit_predict(x) for e, m in cells]
    return np.stack([labels for labels in found if labels.max() >= 1]).astype("<i8")


def peer_silhouettes(limit=None):
    values = []
    for labels in all_labels[:limit]:
        kept = labels >= 0
        each = np.full(n, np.nan, np.float32)
        each[kept] = silhouette_samples(x[kept], labels[kept])
        values.append(each)
    return values


def same_silhouettes(peer):
    mine = answer("silhouettes", "<f4").reshape(-1, n)[: len(peer)]
    peer = np.stack(peer)
    means = np.abs(np.nanmean(mine, axis=1, dtype=float) - np.nanmean(peer, axis=1, dtype=float)).max()
    return f"largest difference per image {np.nanmax(np.abs(mine - peer)):.1e}, of means {means:.1e}, noise equal: {np.array_equal(np.isnan(mine), np.isnan(peer))}"


def peer_knn():
    return NearestNeighbors(n_neighbors=15).fit(x).kneighbors(x)


def same_knn(peer):
    indices, distances = answer("knn_indices", "<u4").reshape(n, -1), answer("knn_distances", "<f4").reshape(n, -1)
    return f"indices that differ: {(indices != peer[1]).sum()} of {indices.size}, distances by at most {np.abs(distances - peer[0]).max():.1e}"


def peer_lof():
    return -LocalOutlierFactor(n_neighbors=20).fit(x).negative_outlier_factor_


def same_lof(peer):
    mine = answer("lof", "<f8")
    return f"outliers {(mine > 1.5).sum()} and {(peer > 1.5).sum()}, factors differ by at most {np.abs(mine / peer - 1).max():.1e} of their size"


def peer_pca():
    return PCA(50, svd_solver="covariance_eigh").fit(x)


def same_pca(peer):
    full = PCA(50, svd_solver="full").fit(x)
    mine, theirs = answer("pca", "<f4").reshape(n, -1), full.transform(x)
    ratios = np.abs(answer("pca_ratios", "<f8") - full.explained_variance_ratio_).max()
    start = time.perf_counter()
    PCA(50, svd_solver="randomized", random_state=0).fit(x)
    randomised = time.perf_counter() - start
    worst = np.abs(np.abs(mine) - np.abs(theirs)).max()
    return f"against svd_solver=full: ratios differ by at most {ratios:.1e}, scores by {worst:.1e}; randomised took {randomised:.3f} s"


def sweep(kind, **options):
    return [kind(k, n_init=10, random_state=42, **options).fit(x).inertia_ for k in range(3, 16)]


def same_inertias(stage):
    def compare(peer):
        ratios = answer(stage, "<f8") / np.array(peer)
        return f"inertia over scikit-learn's: {ratios.min():.4f} to {ratios.max():.4f}"

    return compare


def peer_stability():
    """The notebook's way: mini-batches of 100."""
    fits = [MiniBatchKMeans(8, batch_size=100, n_init=10, random_state=seed).fit_predict(x) for seed in range(5)]
    pairs = [adjusted_rand_score(a, b) for i, a in enumerate(fits) for b in fits[:i]]
    return np.mean(pairs)


def same_stability(peer):
    return f"mean ARI between 5 seeds at k = 8: {answer('stability', '<f8')[0]:.3f} by Lloyd, {peer:.3f} by scikit-learn's mini-batches of 100"


def peer_tsne():
    perplexity = min(50, max(5, n / 100))
    return TSNE(init="pca", perplexity=perplexity, max_iter=1500, random_state=42, n_jobs=args.threads).fit(x).kl_divergence_


def same_tsne(peer):
    return f"KL {answer('tsne', '<f8')[0]:.4f} and {peer:.4f}"


STAGES = {
    "pca": (peer_pca, same_pca),
    "kmeans": (lambda: sweep(KMeans), same_inertias("kmeans")),
    "mini_batch": (lambda: sweep(MiniBatchKMeans, batch_size=100), same_inertias("mini_batch")),
    "stability": (peer_stability, same_stability),
    "tsne": (peer_tsne, same_tsne),
    "dbscan": (lambda: DBSCAN(eps=0.5, min_samples=5).fit(x).labels_, same_dbscan),
    "dbscan_grid": (peer_grid, same_grid),
    "silhouettes": (peer_silhouettes, same_silhouettes),
    "knn": (peer_knn, same_knn),
    "lof": (peer_lof, same_lof),
}

# PCA wants the features before reduction, the rest those after it.
usual = ["pca"] if x.shape[1] > 50 else [stage for stage in STAGES if stage != "pca"]
chosen = args.stages.split(",") if args.stages else usual
repeats = 1 if args.quick else args.repeats
print(f"scikit-learn {sklearn.__version__}, {n} x {x.shape[1]}, {args.threads} threads, medians of {repeats}, RAILS_SIMD={os.environ.get('RAILS_SIMD', 'best')}")
if "silhouettes" in chosen:
    all_labels = labelings()
    all_labels.tofile(work / "labels.i64")
    print(f"{len(all_labels)} clusterings to judge")
for stage in chosen:
    peer, same = STAGES[stage]
    our_times, peer_times = [], []
    for _ in range(repeats):
        our_times.append(ask(stage))
        start = time.perf_counter()
        peers_answer = peer()
        peer_times.append(time.perf_counter() - start)
    mine, theirs = statistics.median(our_times), statistics.median(peer_times)
    print(f"{stage}: rails {mine:.4f} s, scikit-learn {theirs:.3f} s, ratio {theirs / mine:.1f}; {same(peers_answer)}", flush=True)
print(f"peak memory of rails: {ask('memory') / 1e6:.0f} MB")
ours.stdin.close()
sys.exit(ours.wait())
