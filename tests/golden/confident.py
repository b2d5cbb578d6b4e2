"""Writes confident.json: what cleanlab answers on made-up labels and probabilities.

    pip install cleanlab==2.9.0 && python confident.py
"""

import json
import pathlib

import numpy as np
from cleanlab.count import compute_confident_joint, get_confident_thresholds
from cleanlab.filter import find_label_issues

rng = np.random.default_rng(3)
n, k = 300, 5
truth = rng.choice(k, n, p=[0.4, 0.25, 0.2, 0.1, 0.05])
labels = np.where(rng.random(n) < 0.2, rng.choice(k, n), truth)
scores = rng.normal(size=(n, k)) + 2.5 * np.eye(k)[truth]
probabilities = np.exp(scores) / np.exp(scores).sum(1, keepdims=True)
probabilities = probabilities.round(6).astype(np.float32)
probabilities64 = probabilities.astype(np.float64)
joint = compute_confident_joint(labels, probabilities64, calibrate=False)
issues = np.flatnonzero(find_label_issues(labels, probabilities64, filter_by="confident_learning", n_jobs=1))
pathlib.Path(__file__).with_suffix(".json").write_text(
    json.dumps(
        {
            "labels": labels.tolist(),
            "probabilities": [[float(str(v)) for v in row] for row in probabilities],
            "thresholds": get_confident_thresholds(labels, probabilities64).tolist(),
            "joint": joint.tolist(),
            "issues": issues.tolist(),
        }
    )
)
