"""Measures of novelty beside each other: each class left out in turn, five folds, groups of images in one fold.

usage: novelty.py FEATURES.parquet… TRUTH.csv [GROUP]    needs numpy, scikit-learn, pyarrow

FEATURES are the parts of a store (`.rails/embeddings/<key>/part-*.parquet`) that `rails cluster IMAGES` leaves; GROUP is a
regular expression whose first group, found in a file name, keeps images together, such as '^[^_]+_([^_]+)_'. A logistic
regression on features of length 1 stands for the classifier. Prints AUROC and the share rejected where 90 % of the known
are kept, mean of classes and folds.
"""

import csv
import pathlib
import re
import sys

import numpy as np
import pyarrow.parquet as parquet
from sklearn.covariance import LedoitWolf
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedGroupKFold

SCALES = (2, 5, 10)


def unit(x):
    return x / np.maximum(np.linalg.norm(x, axis=1, keepdims=True), 1e-12)


def distances(a, b):
    return np.sqrt(np.maximum(0, (a * a).sum(1)[:, None] + (b * b).sum(1)[None] - 2 * a @ b.T))


def quadratic(d, inverse):
    return np.einsum("ij,jk,ik->i", d, inverse, d)


def inverse_covariance(x):
    return np.linalg.inv(LedoitWolf(assume_centered=True).fit(x).covariance_)


class Reference:
    """Training images, by which others are measured."""

    def __init__(self, x, y):
        self.x, self.u, self.y, self.classes = x, unit(x), y, np.unique(y)
        between = distances(self.u, self.u)
        np.fill_diagonal(between, np.inf)
        self.near = np.sort(between, 1)
        self.bases = {name: (z.mean(0), *np.linalg.svd(z - z.mean(0), full_matrices=False)[1:]) for name, z in (("raw", self.x), ("unit", self.u))}
        self.classifier = LogisticRegression(C=3, max_iter=300).fit(self.u * np.sqrt(30), y)

    def mahalanobis(self, x, name, components, shared=True, relative=False):
        middle, values, axes = self.bases[name]
        axes = axes[: min(components, int((values > 1e-6 * values[0]).sum()))].T
        known, new = ((self.x, x) if name == "raw" else (self.u, unit(x)))
        known, new = (known - middle) @ axes, (new - middle) @ axes
        means = {c: known[self.y == c].mean(0) for c in self.classes}
        if shared:
            inverse = inverse_covariance(np.concatenate([known[self.y == c] - means[c] for c in self.classes]))
            score = np.min([quadratic(new - means[c], inverse) for c in self.classes], 0)
            return score - quadratic(new, inverse_covariance(known)) if relative else score
        scores = []
        for c in self.classes:
            inverse = inverse_covariance(known[self.y == c] - means[c])
            scores.append(quadratic(new - means[c], inverse) - np.linalg.slogdet(inverse)[1])
        return np.min(scores, 0)

    def measures(self, x):
        u = unit(x)
        between = distances(u, self.u)
        order = np.argsort(between, 1)[:, :10]
        near = np.take_along_axis(between, order, 1)
        logits = self.classifier.decision_function(u * np.sqrt(30))
        logits = np.column_stack([-logits, logits]) / 2 if logits.ndim == 1 else logits
        top = logits.max(1, keepdims=True)
        energy = -(np.log(np.exp(logits - top).sum(1)) + top[:, 0])
        doubt = 1 - self.classifier.predict_proba(u * np.sqrt(30)).max(1)
        doubt = np.clip(doubt, 1e-7, 1 - 1e-7)
        isolation = [np.log(near[:, :k].mean(1) / np.mean([self.near[order[:, j], :k].mean(1) for j in range(k)], 0)) for k in SCALES]
        middle, values, axes = self.bases["unit"]
        kept = int(np.searchsorted(np.cumsum(values**2) / (values**2).sum(), 0.9)) + 1
        residual = np.linalg.norm((u - middle) - (u - middle) @ axes[:kept].T @ axes[:kept], axis=1)
        return {
            "isolation": np.mean(isolation, 0),
            "distance": np.log(np.maximum(near[:, 0], 1e-6)),
            "doubt": np.log(doubt / (1 - doubt)),
            "energy": energy,
            "residual": residual,
            "k-NN distance, unit length": near[:, 4],
            "k-NN distance": np.sort(distances(x, self.x), 1)[:, 4],
            "Mahalanobis, shared": self.mahalanobis(x, "raw", 10**6),
            "Mahalanobis, shared, unit length": self.mahalanobis(x, "unit", 10**6),
            "Mahalanobis, class-wise, unit length": self.mahalanobis(x, "unit", 50, shared=False),
            "relative Mahalanobis, unit length, 128": self.mahalanobis(x, "unit", 128, relative=True),
        }


SUMS = {
    "present rule: isolation, distance, doubt": ["isolation", "distance", "doubt"],
    "isolation, distance": ["isolation", "distance"],
    "isolation, distance, relative 128": ["isolation", "distance", "relative Mahalanobis, unit length, 128"],
    "… and doubt": ["isolation", "distance", "relative Mahalanobis, unit length, 128", "doubt"],
    "ViM: residual, energy": ["residual", "energy"],
}


def main():
    *parts, truth = [argument for argument in sys.argv[1:] if argument.endswith((".parquet", ".csv"))]
    group = re.compile(sys.argv[-1]) if not sys.argv[-1].endswith(".csv") else None
    label = {row[0]: row[1] for row in list(csv.reader(open(truth)))[1:]}
    rows = {}
    for part in parts:
        for row in parquet.read_table(part).to_pylist():
            if row["embedding"] and pathlib.PurePath(row["path"]).name in label:
                rows[pathlib.PurePath(row["path"]).name] = row["embedding"]
    names = sorted(rows)
    x, labels = np.array([rows[name] for name in names], dtype=float), np.array([label[name] for name in names])
    groups = np.array([group.search(name)[1] if group else name for name in names])
    found = {}
    for left_out in sorted(set(labels)):
        known, novel = np.flatnonzero(labels != left_out), np.flatnonzero(labels == left_out)
        y = np.unique(labels[known], return_inverse=True)[1]
        for train, test in StratifiedGroupKFold(5, shuffle=True, random_state=1).split(known, y, groups[known]):
            reference = Reference(x[known[train]], y[train])
            a, b = reference.measures(x[known[test]]), reference.measures(x[novel])
            scaled = lambda s, k: (s[k] - a[k].mean()) / (a[k].std() or 1)
            for name, terms in {**{k: [k] for k in a}, **SUMS}.items():
                one, other = (sum(scaled(s, k) for k in terms) for s in (a, b))
                area = roc_auc_score(np.r_[np.zeros(len(one)), np.ones(len(other))], np.r_[one, other])
                found.setdefault(name, {}).setdefault(left_out, []).append((area, (other > np.quantile(one, 0.9)).mean()))
    print(f"{len(names)} images, {x.shape[1]} features")
    means = {name: np.mean([np.mean(folds, 0) for folds in classes.values()], 0) for name, classes in found.items()}
    for name, (area, rejected) in sorted(means.items(), key=lambda item: -item[1][0]):
        print(f"{name:42} AUROC {area:.3f}   rejected at 90 % kept {rejected:.3f}")


main()
