"""Losses of generalised cross-entropy as torch computes them in double precision, for src/training/loss.rs."""

import json
import pathlib

import torch

torch.manual_seed(7)
n, c, smoothing = 6, 4, 0.1
logits = (4 * torch.randn(n, c)).float()
y = torch.tensor([0, 1, 2, 3, 0, 2])
weights = torch.tensor([1.0, 0.5, 2.0, 0.0, 1.0, 3.0])
log_p = torch.log_softmax(logits.double(), 1)
smoothed = torch.nn.functional.one_hot(y, c) * (1 - smoothing) + smoothing / c
cases = []
for q in [0.0, 0.3, 0.7, 1.0]:
    punished = -log_p if q == 0 else (1 - log_p.exp() ** q) / q
    if q == 0:  # torch's own cross-entropy agrees
        own = torch.nn.functional.cross_entropy(logits.double(), y, reduction="none", label_smoothing=smoothing)
        assert torch.allclose(own, (punished * smoothed).sum(1))
    plain = punished.gather(1, y[:, None])[:, 0]
    cases.append({"q": q, "smoothed": (weights * (punished * smoothed).sum(1)).tolist(), "plain": plain.tolist()})
golden = {"logits": logits.tolist(), "y": y.tolist(), "weights": weights.tolist(), "smoothing": smoothing, "cases": cases}
pathlib.Path(__file__).with_suffix(".json").write_text(json.dumps(golden) + "\n")
