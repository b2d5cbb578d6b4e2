"""Draws yield.json of the `yield` benchmark: means over the splits with 95 % confidence intervals.

Usage: yield.py FOLDER, which holds yield.json and gets yield.csv and yield.png.
"""

import csv
import json
import pathlib
import sys

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402  after the backend is chosen
import numpy as np  # noqa: E402

folder = pathlib.Path(sys.argv[1])
splits = json.loads((folder / "yield.json").read_text())
measures = {
    "label_accuracy": "accuracy of the labels",
    "coverage": "share of images labelled",
    "share_of_ceiling": "classifier, share of the ceiling",
    "share_with_propagated": "the same with propagated labels",
}


def interval(values):
    """Mean and half the width of its 95 % interval, by the normal approximation."""
    values = np.asarray(values, float)
    half = 1.96 * values.std(ddof=1) / len(values) ** 0.5 if len(values) > 1 else 0.0
    return values.mean(), half


def rows(series):
    """For each point of a series: gestures, then mean and half width per measure."""
    for index, first in enumerate(series[0]):
        yield first["gestures"], [interval([points[index][name] for points in series]) for name in measures]


suggested = list(rows([split["suggested"] for split in splits]))
plain = list(rows([[split["plain"]] for split in splits]))
ceiling, half = interval([split["ceiling"] for split in splits])
print(f"{len(splits)} splits; ceiling {ceiling:.3f} ± {half:.3f}")
with open(folder / "yield.csv", "w", newline="") as file:
    writer = csv.writer(file)
    writer.writerow(["way", "gestures", *(column for name in measures for column in (name, f"{name}_ci95"))])
    for way, points in (("plain", plain), ("suggested", suggested)):
        for gestures, values in points:
            numbers = [f"{number:.4f}" for pair in values for number in pair]
            writer.writerow([way, gestures, *numbers])
            text = ", ".join(f"{name} {mean:.3f} ± {ci:.3f}" for name, (mean, ci) in zip(measures, values))
            print(f"{way:9} {gestures:4} gestures: {text}")

figure, axes = plt.subplots(1, 3, figsize=(15, 4.6), sharex=True)
for axis, names in zip(axes, (["label_accuracy"], ["coverage"], ["share_of_ceiling", "share_with_propagated"])):
    for name in names:
        column = list(measures).index(name)
        x = [gestures for gestures, _ in suggested]
        mean, ci = np.array([values[column] for _, values in suggested]).T
        label = "following the suggestions" + (", with propagated labels" if name == "share_with_propagated" else "")
        axis.plot(x, mean, marker="o", label=label)
        axis.fill_between(x, mean - ci, mean + ci, alpha=0.2)
    column = list(measures).index(names[0])
    (start, values), = plain
    axis.plot([start, x[-1]], [values[column][0]] * 2, color="0.4", linestyle="--", label="a name per cluster, k = classes")
    axis.set(xlabel="gestures", title=measures[names[0]], ylim=(0, 1.05))
    axis.grid(alpha=0.3)
    axis.legend(loc="lower right")
for share in (0.95, 0.98):
    axes[2].axhline(share, color="0.7", linewidth=0.8)
figure.suptitle(f"Label yield over {len(splits)} splits; 95 % intervals; ceiling {ceiling:.3f}")
figure.tight_layout()
figure.savefig(folder / "yield.png", dpi=120)
