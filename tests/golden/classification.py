"""Writes classification.json: scikit-learn's scores for small label vectors (made with scikit-learn 1.9.1)."""

import json
import pathlib
import warnings

import numpy as np
from sklearn import metrics

warnings.filterwarnings("ignore")
rng = np.random.default_rng(5)


def case(name, truth, predicted, n_classes):
    truth, predicted = np.asarray(truth), np.asarray(predicted)
    labels = list(range(n_classes))
    probabilities = rng.dirichlet(np.ones(n_classes), len(truth)).astype(np.float32)
    probabilities[np.arange(len(truth)), predicted] += 0.5
    probabilities[0] = np.eye(n_classes)[(truth[0] + 1) % n_classes]  # certain and wrong: the clipped end
    probabilities /= probabilities.sum(axis=1, keepdims=True)
    precision, recall, f1, support = metrics.precision_recall_fscore_support(
        truth, predicted, labels=labels, zero_division=0
    )
    kappa = metrics.cohen_kappa_score(truth, predicted)
    return {
        "name": name,
        "n_classes": n_classes,
        "truth": truth.tolist(),
        "predicted": predicted.tolist(),
        "probabilities": probabilities.tolist(),
        "confusion": metrics.confusion_matrix(truth, predicted, labels=labels).tolist(),
        "accuracy": metrics.accuracy_score(truth, predicted),
        "balanced_accuracy": metrics.balanced_accuracy_score(truth, predicted),
        "macro_f1": metrics.f1_score(truth, predicted, average="macro", zero_division=0),
        "cohen_kappa": None if np.isnan(kappa) else kappa,
        "mcc": metrics.matthews_corrcoef(truth, predicted),
        "log_loss": metrics.log_loss(truth, probabilities, labels=labels),
        "precision": precision.tolist(),
        "recall": recall.tolist(),
        "f1": f1.tolist(),
        "support": [int(images) for images in support],
    }


truth = rng.integers(0, 5, 60)
noisy = np.where(rng.random(60) < 0.3, rng.integers(0, 5, 60), truth)
cases = [
    case("five classes", truth, noisy, 5),
    case("a class never predicted", truth % 3, np.minimum(noisy % 3, 1), 3),
    case("a class never true", np.minimum(truth % 3, 1), noisy % 3, 3),
    case("a class in neither", truth % 2, noisy % 2, 3),
    case("all right", truth, truth, 5),
    case("all one class", np.zeros(6, int), np.zeros(6, int), 2),
    case("one class predicted", truth % 2, np.zeros(60, int), 2),
    case("always wrong", truth % 2, 1 - truth % 2, 2),
]
path = pathlib.Path(__file__).with_suffix(".json")
path.write_text("[\n" + ",\n".join(json.dumps(c) for c in cases) + "\n]\n")
