"""scikit-learn's multi-layer perceptron, through its fit: dense layers only."""

from __future__ import annotations

import warnings

import numpy as np
import sklearn
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier

from ..workloads import Workload

warnings.simplefilter("ignore", ConvergenceWarning)


class Net:
    """The network of a workload in scikit-learn; a second fit continues from the weights of the first."""

    def __init__(self, workload: Workload) -> None:
        *hidden, last = workload.layers
        if any(words[0] != "dense" for words in workload.layers) or last[2] != "softmax":
            raise ValueError("scikit-learn's networks are dense and classify")
        self.model = MLPClassifier(
            hidden_layer_sizes=tuple(words[1] for words in hidden),
            activation=hidden[0][2],
            solver="adam",
            alpha=0.0,
            batch_size=min(workload.batch, workload.rows),
            shuffle=True,
            tol=0.0,
            n_iter_no_change=np.inf,
            warm_start=True,
        )

    def fit(self, x: np.ndarray, y: np.ndarray, epochs: int) -> None:
        self.model.set_params(max_iter=epochs)
        self.model.fit(x, y if y.ndim == 1 else y.argmax(axis=1))

    def predict(self, x: np.ndarray) -> np.ndarray:
        return self.model.predict_proba(x)


def version() -> str:
    return f"scikit-learn {sklearn.__version__}"
