"""Writes golden numbers for PCA, standardising and k-means: reducers.json. Needs scikit-learn.

usage: make.py   (writes beside itself)
"""
import json
from pathlib import Path

import numpy as np
from sklearn.cluster import KMeans
from sklearn.decomposition import PCA
from sklearn.mixture import GaussianMixture
from sklearn.preprocessing import StandardScaler


def matrix(n, d):
    """Numbers that any language makes alike: the low bits of a linear congruence, heavier to the left."""
    state, rows = 12345, []
    for i in range(n):
        row = []
        for j in range(d):
            state = (state * 1103515245 + 12345) % 2**31
            group = 4.0 if i % 4 == j % 4 else 0.0
            row.append(np.float32((state >> 16) / 32768.0 * (1.0 + 8.0 / (1 + j)) + group))
        rows.append(row)
    return np.array(rows, np.float32)


def pca(x, k):
    fitted = PCA(k, svd_solver="full").fit(x.astype(np.float64))
    return {
        "ratios": fitted.explained_variance_ratio_.tolist(),
        "first_rows": fitted.transform(x.astype(np.float64))[:3].tolist(),
    }


tall, wide = matrix(200, 12), matrix(15, 40)
mixture = GaussianMixture(4, random_state=0, n_init=5).fit_predict(tall.astype(np.float64))
golden = {
    "tall": pca(tall, 5),
    "wide": pca(wide, 5),
    "standardized_first_row": StandardScaler().fit_transform(tall.astype(np.float64))[0].tolist(),
    "inertias": {str(k): float(KMeans(k, n_init=50, random_state=0).fit(tall).inertia_) for k in (2, 3, 4, 6)},
    "mixture_sizes": sorted(np.bincount(mixture).tolist()),
}
Path(__file__).with_name("reducers.json").write_text(json.dumps(golden, indent=1) + "\n")
