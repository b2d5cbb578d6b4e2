"""Writes logistic.json: what scikit-learn's LogisticRegression(C=1) answers on made-up data.

    pip install scikit-learn==1.9.1 && python logistic.py
"""

import json
import pathlib

import numpy as np
from sklearn.linear_model import LogisticRegression

rng = np.random.default_rng(5)
n, d, k = 60, 4, 3
y = rng.choice(k, n, p=[0.5, 0.3, 0.2])
x = (rng.normal(size=(n, d)) + np.eye(d)[y]).round(4)
weights = rng.choice([0.5, 1.0], n)
model = LogisticRegression(C=1.0, tol=1e-10, max_iter=10_000).fit(x, y, sample_weight=weights)
pathlib.Path(__file__).with_suffix(".json").write_text(
    json.dumps(
        {
            "x": x.tolist(),
            "y": y.tolist(),
            "weights": weights.tolist(),
            "probabilities": model.predict_proba(x).round(7).tolist(),
        }
    )
)
