"""Folds of scikit-learn's StratifiedGroupKFold on groups of uneven size and mixed classes: how uneven the classes end up.

    python tests/golden/folds.py    writes tests/golden/folds.json
"""

import json
from pathlib import Path

import numpy as np
import sklearn
from sklearn.model_selection import StratifiedGroupKFold

cases = []
for seed, (n, groups, classes, k) in enumerate([(300, 30, 4, 5), (720, 60, 5, 5), (200, 25, 3, 3), (500, 40, 6, 10)]):
    rng = np.random.default_rng(seed)
    group = np.sort(rng.choice(groups, n, p=rng.dirichlet(np.ones(groups))))
    mix = rng.dirichlet(np.full(classes, 0.4), groups)
    y = np.array([rng.choice(classes, p=mix[g]) for g in group])
    fold = np.zeros(n, int)
    for number, (_, test) in enumerate(StratifiedGroupKFold(k).split(y, y, group)):
        fold[test] = number
    counts = np.array([[np.sum((y == c) & (fold == f)) for c in range(classes)] for f in range(k)])
    uneven = float(np.mean(np.std(counts / np.maximum(counts.sum(0), 1), axis=0)))
    cases.append({"k": k, "groups": group.tolist(), "classes": y.tolist(), "unevenness": uneven})

path = Path(__file__).with_suffix(".json")
path.write_text(json.dumps({"scikit-learn": sklearn.__version__, "cases": cases}) + "\n")
