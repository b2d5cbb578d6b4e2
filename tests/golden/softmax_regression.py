"""Writes softmax_regression.json: the optimum of a penalised softmax regression, as scikit-learn 1.9.1 finds it.

The optimum is unique, so whoever minimises mean weighted cross-entropy + decay/2 * |parameters|^2 must end there.
A column of ones stands for the bias, which is penalised like the weights.
"""

import json
import pathlib

import numpy as np
from sklearn.linear_model import LogisticRegression

DECAY = 0.01
rng = np.random.default_rng(7)
x = rng.normal(size=(36, 4)).round(3)
y = np.argmax(x[:, :3] + rng.normal(scale=0.8, size=(36, 3)), axis=1)
weights = rng.choice([0.5, 1.0, 2.0], 36)
ones = np.hstack([x, np.ones((36, 1))])
model = LogisticRegression(C=1 / (36 * DECAY), fit_intercept=False, tol=1e-10, max_iter=10_000)
model.fit(ones, y, sample_weight=weights / weights.mean())
golden = {
    "decay": DECAY,
    "x": x.tolist(),
    "y": y.tolist(),
    "weights": weights.tolist(),
    "probabilities": model.predict_proba(ones).round(6).tolist(),
}
pathlib.Path(__file__).with_suffix(".json").write_text(json.dumps(golden) + "\n")
