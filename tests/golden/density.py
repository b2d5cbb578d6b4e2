"""What scikit-learn answers on two small, awkward data sets: writes density.json. Made with scikit-learn 1.9.1.

`wide` has 20 features (scikit-learn compares with eps rounded to float32), `narrow` has 4 (it builds a tree and does
not round). Some eps are the exact distance of a pair, so that this rounding decides.
"""
import json
from pathlib import Path

import numpy as np
from sklearn.cluster import DBSCAN
from sklearn.metrics import silhouette_samples, silhouette_score
from sklearn.neighbors import LocalOutlierFactor, NearestNeighbors

MIN_SAMPLES = [2, 4, 8]


def blobs(n_features, seed):
    r = np.random.default_rng(seed)
    centres = r.normal(size=(4, n_features)) * 2 / np.sqrt(n_features)
    mode = r.choice(4, size=150, p=[0.45, 0.3, 0.15, 0.1])
    scale = np.where(r.random(150) < 0.2, 0.9, 0.25)[:, None] / np.sqrt(n_features)
    x = (3 + centres[mode] + r.normal(size=(150, n_features)) * scale).astype(np.float32)
    x[140:] = x[:10]  # duplicates
    x[:, 1] = 3  # a constant column
    return x


def answers(x):
    n = len(x)
    wide = x.astype(np.float64)
    pairs = np.sqrt(((wide[:, None] - wide[None]) ** 2).sum(-1))[np.triu_indices(n, 1)]
    pairs = np.sort(pairs[pairs > 0])
    eps = [float(pairs[int(len(pairs) * share)]) for share in (0.01, 0.02, 0.03, 0.05, 0.08, 0.12)] + [0.3, 0.4]
    fits = [DBSCAN(eps=e, min_samples=m).fit(x) for e in eps for m in MIN_SAMPLES]
    judged = []
    for fit in fits:
        kept = fit.labels_ >= 0
        if fit.labels_.max() < 1:
            continue
        values = np.zeros(n)
        values[kept] = silhouette_samples(wide[kept], fit.labels_[kept])
        judged.append({
            "labels": fit.labels_.tolist(),
            "mean": float(silhouette_score(wide[kept], fit.labels_[kept])),
            "per_image": [round(float(v), 8) for v in values],
        })
    return {
        "x": [[float(v) for v in row] for row in x],
        "eps": eps,
        "min_samples": MIN_SAMPLES,
        "labels": [fit.labels_.tolist() for fit in fits],
        "n_core": [len(fit.core_sample_indices_) for fit in fits],
        "silhouettes": judged[:: max(1, len(judged) // 3)],
        "knn_distances": NearestNeighbors(n_neighbors=7).fit(wide).kneighbors()[0].ravel().round(8).tolist(),
        "lof": (-LocalOutlierFactor(n_neighbors=20).fit(x).negative_outlier_factor_).round(8).tolist(),
    }


golden = {"wide": answers(blobs(20, 1)), "narrow": answers(blobs(4, 2))}
Path(__file__).with_suffix(".json").write_text(json.dumps(golden, separators=(",", ":")) + "\n")
