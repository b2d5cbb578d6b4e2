"""Scores of unknown.rs's lines: how well each measure tells known images from those of a class never seen.

usage: unknown.py LINES.csv…      peers: max-softmax, energy, distance to the 5th nearest training image
"""

import csv
import pathlib
import sys

import numpy as np
from sklearn.metrics import roc_auc_score

TEXTS = ("left_out", "because")
MEASURES = {
    "ours": lambda r: r["novelty"],
    "max-softmax": lambda r: -r["sure"],
    "energy": lambda r: r["energy"],
    "k-NN distance": lambda r: r["knn"],
}


def calibration_error(confidence, right, bins=15):
    place = np.clip(np.ceil(confidence * bins).astype(int) - 1, 0, bins - 1)
    gaps = [abs(confidence[place == b].sum() - right[place == b].sum()) for b in range(bins)]
    return sum(gaps) / len(confidence)


for path in sys.argv[1:]:
    with open(path) as lines:
        rows = [{k: v if k in TEXTS else float(v) for k, v in row.items()} for row in csv.DictReader(lines)]
    classes = sorted({r["left_out"] for r in rows} - {"-"})
    print(f"\n{pathlib.Path(path).stem}\n{'left out':22}" + "".join(f"{name:>15}" for name in MEASURES) + f"{'rejected':>10}{'kept':>7}")
    table = []
    for left_out in classes:
        folds = []
        for fold in range(5):
            some = [r for r in rows if r["left_out"] == left_out and r["fold"] == fold]
            known = np.array([r["known"] for r in some])
            rejected = np.array([float(r["because"] != "") for r in some])
            areas = [roc_auc_score(1 - known, [measure(r) for r in some]) for measure in MEASURES.values()]
            # At the quantile of the tested known images: exactly 90 % of them kept.
            score = np.array([r["novelty"] for r in some])
            at_90 = (score[known == 0] > np.quantile(score[known == 1], 0.9)).mean()
            folds.append([*areas, rejected[known == 0].mean(), 1 - rejected[known == 1].mean(), at_90])
        table.append(np.mean(folds, axis=0))
        print(f"{left_out:22}" + "".join(f"{a:15.3f}" for a in table[-1][:4]) + "{:10.3f}{:7.3f}".format(*table[-1][4:6]))
    mean = np.mean(table, axis=0)
    print(f"{'mean':22}" + "".join(f"{a:15.3f}" for a in mean[:4]) + "{:10.3f}{:7.3f}".format(*mean[4:6]))
    print(f"rejected where exactly 90 % of the known are kept: {mean[6]:.3f}")

    some = [r for r in rows if r["left_out"] == "-"]
    right = np.array([r["right"] for r in some])
    generator = np.random.default_rng(0)
    for name in ["sure", "confidence"]:
        confidence = np.array([r[name] for r in some])
        chance = []
        for _ in range(1000):
            drawn = generator.choice(confidence, len(confidence))
            chance.append(calibration_error(drawn, generator.random(len(drawn)) < drawn))
        error, limit = calibration_error(confidence, right), np.quantile(chance, 0.95)
        title = {"sure": "before", "confidence": "after"}[name]
        print(f"ECE {title} calibration {error:.4f}, 95th percentile by chance {limit:.4f}, accuracy {right.mean():.4f}")
    because = np.array([r["because"] for r in some])
    for reason in ["novel", "unsure"]:
        told = because == reason
        print(f"{reason}: {told.sum()} images, {int(right[told].sum())} of them called right")
    unknown = int((because != "").sum())
    confidence = np.array([r["confidence"] for r in some])
    least = np.argsort(confidence)[:unknown]
    caught = unknown - int(right[because != ""].sum())
    print(f"unknown: {unknown}, errors caught {caught}; the {unknown} least confident would catch {int((1 - right[least]).sum())}")

    # Known images alone, then with those of each class left out, which are wrong whatever they are called.
    for title, wanted in [("known images", lambda r: r["left_out"] == "-"), ("with classes left out", lambda r: r["left_out"] != "-")]:
        some = [r for r in rows if wanted(r)]
        right = np.array([r["right"] for r in some])
        orders = {"both": [-r["margin"] for r in some], "novelty": [r["novelty"] for r in some], "confidence": [-r["confidence"] for r in some]}
        for name, score in orders.items():
            wrong = np.cumsum(1 - right[np.argsort(score, kind="stable")]) / np.arange(1, len(right) + 1)
            risks = ", ".join(f"{c:.0%} {wrong[int(c * len(right)) - 1]:.3f}" for c in (1, 0.95, 0.9, 0.8, 0.7, 0.5))
            print(f"risk at coverage, {title}, by {name}: {risks}; area {wrong.mean():.4f}")
