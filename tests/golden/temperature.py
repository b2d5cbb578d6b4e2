"""Temperatures of random classifiers, as scipy's bounded scalar minimiser finds them. Writes temperature.json."""

import json
from pathlib import Path

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax, softmax

rng = np.random.default_rng(5)
cases = []
for n, classes, sharpness, noise in [(60, 3, 4.0, 1.0), (40, 5, 0.7, 0.5), (40, 2, 6.0, 0.9)]:
    truth = rng.integers(classes, size=n)
    logits = sharpness * (np.eye(classes)[truth] + noise * rng.normal(size=(n, classes)))
    logits = logits.astype(np.float32).round(4)

    def surprise(log_temperature):
        scaled = logits.astype(np.float64) / np.exp(log_temperature)
        return -log_softmax(scaled, axis=1)[np.arange(n), truth].mean()

    best = minimize_scalar(surprise, bounds=(np.log(0.1), np.log(10)), method="bounded", options={"xatol": 1e-10})
    temperature = float(np.exp(best.x))
    assert 0.11 < temperature < 9, temperature
    cases.append({
        "logits": [[float(f"{x:.4f}") for x in row] for row in logits],
        "truth": truth.tolist(),
        "temperature": temperature,
        "probabilities": softmax(logits[0].astype(np.float64) / temperature).tolist(),
    })
Path(__file__).with_suffix(".json").write_text(json.dumps(cases) + "\n")
