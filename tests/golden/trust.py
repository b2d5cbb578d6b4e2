"""Writes trust.json: rankings, calibration, intervals and McNemar's test (scikit-learn 1.9, scipy, statsmodels 0.15)."""

import json
import pathlib
import warnings

import numpy as np
from scipy import stats
from sklearn import calibration, metrics
from statsmodels.stats import contingency_tables, proportion

warnings.filterwarnings("ignore")
rng = np.random.default_rng(11)


def ranking(name, truth, probabilities):
    n_classes = probabilities.shape[1]
    hot = np.eye(n_classes)[truth]
    shares = hot.mean(axis=0)
    auc = [metrics.roc_auc_score(hot[:, c], probabilities[:, c]) if 0 < shares[c] < 1 else None for c in range(n_classes)]
    ap = [metrics.average_precision_score(hot[:, c], probabilities[:, c]) if shares[c] else None for c in range(n_classes)]
    complete = None not in auc
    binary = n_classes == 2
    return {
        "name": name,
        "n_classes": n_classes,
        "truth": truth.tolist(),
        "probabilities": probabilities.tolist(),
        "roc_auc": auc,
        "average_precision": ap,
        "macro_roc_auc": None
        if not complete
        else metrics.roc_auc_score(truth, probabilities[:, 1])
        if binary
        else metrics.roc_auc_score(truth, probabilities, multi_class="ovr", average="macro"),
        "macro_average_precision": metrics.average_precision_score(hot, probabilities, average="macro")
        if None not in ap
        else None,
    }


def softmax(n, n_classes, truth, pull):
    logits = rng.normal(size=(n, n_classes))
    logits[np.arange(n), truth] += pull
    p = np.exp(logits)
    return (p / p.sum(axis=1, keepdims=True)).astype(np.float32)


def calibrated(name, n, sharpen):
    confidences = np.clip(rng.beta(4, 1.5, n), 0.2, 1).astype(np.float32)
    right = rng.random(n) < confidences**sharpen
    accuracy, confidence = calibration.calibration_curve(right, confidences.astype(float), n_bins=15)
    edges = np.linspace(0, 1, 16)

    def ece(confidences, right):
        bins = np.searchsorted(edges[1:-1], confidences)
        gap = [abs(confidences[bins == b].sum() - right[bins == b].sum()) for b in range(15)]
        return sum(gap) / len(confidences)

    exact = confidences.astype(float)
    drawn = []
    for _ in range(4000):
        again = rng.choice(exact, n)
        drawn.append(ece(again, rng.random(n) < again))
    return {
        "name": name,
        "confidences": confidences.tolist(),
        "right": right.tolist(),
        "accuracy": accuracy.tolist(),
        "confidence": confidence.tolist(),
        "ece": ece(exact, right),
        "by_chance": float(np.percentile(drawn, 95)),
    }


def share(right, images):
    low, high = proportion.proportion_confint(right, images, method="wilson")
    return {"right": right, "images": images, "low": low, "high": high}


def mcnemar(b, c):
    exact = b + c < 25
    test = contingency_tables.mcnemar([[9, b], [c, 9]], exact=exact, correction=True)
    return {"only_first": b, "only_second": c, "p_value": test.pvalue, "exact": exact}


def bootstrap():
    truth = rng.integers(0, 3, 400)
    predicted = np.where(rng.random(400) < 0.25, rng.integers(0, 3, 400), truth)

    def interval(score):
        found = stats.bootstrap(
            (truth, predicted), score, n_resamples=4000, paired=True, vectorized=False, method="percentile", rng=3
        ).confidence_interval
        return [found.low, found.high]

    return {
        "truth": truth.tolist(),
        "predicted": predicted.tolist(),
        "accuracy": interval(metrics.accuracy_score),
        "macro_f1": interval(lambda t, p: metrics.f1_score(t, p, average="macro")),
        "kappa": interval(metrics.cohen_kappa_score),
    }


five = rng.integers(0, 5, 70)
two = rng.integers(0, 2, 30)
three = rng.integers(0, 2, 40)  # of three classes, one is never true
golden = {
    "rankings": [
        ranking("five classes", five, softmax(70, 5, five, 1.5)),
        ranking("ties", five, np.eye(5, dtype=np.float32)[rng.integers(0, 5, 70)]),
        ranking("two classes", two, softmax(30, 2, two, 0.5)),
        ranking("a class is missing", three, softmax(40, 3, three, 1.0)),
        ranking("perfect", five, np.eye(5, dtype=np.float32)[five]),
    ],
    "calibrations": [calibrated("honest", 300, 1.0), calibrated("too sure", 120, 2.0), calibrated("too shy", 900, 0.4)],
    "proportions": [share(*pair) for pair in [(0, 5), (5, 5), (3, 7), (90, 100), (999, 1000)]],
    "bootstrap": bootstrap(),
    "mcnemar": [mcnemar(*pair) for pair in [(0, 1), (1, 8), (8, 1), (5, 5), (12, 12), (3, 21), (13, 12), (5, 30), (40, 41), (10, 90), (200, 150)]],
}
pathlib.Path(__file__).with_suffix(".json").write_text(json.dumps(golden).replace("}, {", "},\n{") + "\n")
