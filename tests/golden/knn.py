"""Votes of scikit-learn's KNeighborsClassifier, for src/training/knn.rs."""

import json
import pathlib

import numpy as np
from sklearn.neighbors import KNeighborsClassifier

rng = np.random.default_rng(3)
y = np.arange(40) % 3
x = (rng.normal(size=(40, 6)) + 1.5 * np.eye(6)[y]).astype(np.float32)
queries = np.concatenate([(rng.normal(size=(9, 6)) + 0.5).astype(np.float32), x[4:5]])  # the last is a training image
cases = []
for metric in ["cosine", "euclidean"]:
    for k, votes in [(1, "uniform"), (7, "uniform"), (7, "distance"), (99, "distance")]:
        if metric == "cosine" and votes == "distance":
            known, asked = x, queries[:-1]  # its zero is not exactly 0
        else:
            known, asked = x, queries
        # In double precision, so that equal images are at distance 0 exactly.
        votes_of = KNeighborsClassifier(min(k, 40), weights=votes, metric=metric, algorithm="brute").fit(known.astype(float), y)
        p = votes_of.predict_proba(asked.astype(float))
        recipe = {"k": k, "votes": votes, "metric": metric, "scaling": "none"}
        cases.append({"recipe": recipe, "probabilities": p.tolist()})
golden = {"x": x.tolist(), "y": y.tolist(), "queries": queries.tolist(), "cases": cases}
pathlib.Path(__file__).with_suffix(".json").write_text(json.dumps(golden) + "\n")
