"""Draws yield.json of the `yield` benchmark: means over the splits with 95 % confidence intervals, and how true what the page
says of its guesses is: of those shown as p, the share that is right, the expected calibration error (ECE) over all splits beside
the one that a calibrated guess has by chance, and how often the interval of the expected accuracy covers the true one.

Usage: yield.py FOLDER, which holds yield.json and gets yield.csv, yield.png and reliability.png.
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
    "balanced_share_of_ceiling": "the same, balanced accuracy",
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
for axis, names in zip(axes, (["label_accuracy"], ["coverage"], ["share_of_ceiling", "balanced_share_of_ceiling", "share_with_propagated"])):
    for name in names:
        column = list(measures).index(name)
        x = [gestures for gestures, _ in suggested]
        mean, ci = np.array([values[column] for _, values in suggested]).T
        ways = {"share_with_propagated": ", with propagated labels", "balanced_share_of_ceiling": ", balanced accuracy"}
        label = "following the suggestions" + ways.get(name, "")
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


BINS = 10
generator = np.random.default_rng(0)


def bars(p, right):
    """Guesses, mean probability and share right by bins of the probability."""
    place = np.minimum((p * BINS).astype(int), BINS - 1)
    of = [place == number for number in range(BINS)]
    return [(some.sum(), p[some].mean(), right[some].mean()) for some in of if some.any()]


def calibration_error(p, right):
    return sum(n * abs(said - true) for n, said, true in bars(p, right)) / len(p)


stages = [point["gestures"] for point in splits[0]["suggested"]]
figure, axes = plt.subplots(1, len(stages), figsize=(3 * len(stages), 3.4), sharey=True)
for index, (axis, gestures) in enumerate(zip(axes, stages)):
    points = [split["suggested"][index] for split in splits]
    shown = np.array([guess for point in points for guess in point["guesses"]], float).reshape(-1, 2)
    told = [point["expected"] for point in points if point["expected"]]
    covered = sum(one["low"] <= one["truth"] <= one["high"] for one in told)
    off = np.mean([abs(one["share"] - one["truth"]) for one in told]) if told else float("nan")
    width = np.mean([one["high"] - one["low"] for one in told]) if told else float("nan")
    text = f"expected accuracy off by {off:.3f}, its interval {width:.2f} wide and true in {covered} of {len(told)}"
    axis.plot([0, 1], [0, 1], color="0.7")
    axis.set(xlabel="shown as", title=f"{gestures} gestures", xlim=(0, 1), ylim=(0, 1))
    if len(shown):
        p, right = shown.T
        chance = [calibration_error(p, generator.random(len(p)) < p) for _ in range(200)]
        error = calibration_error(p, right)
        axis.bar([said for _, said, _ in bars(p, right)], [true for *_, true in bars(p, right)], width=0.06, alpha=0.7)
        axis.text(0.04, 0.92, f"ECE {error:.3f}\nby chance {np.quantile(chance, 0.95):.3f}", va="top")
        text = f"{len(p)} guesses, shown as {p.mean():.3f}, right {right.mean():.3f}, ECE {error:.3f} (by chance up to {np.quantile(chance, 0.95):.3f}); " + text
    print(f"{gestures:4} gestures: {text}")
axes[0].set(ylabel="share right")
figure.tight_layout()
figure.savefig(folder / "reliability.png", dpi=120)
