"""Learning rules of scikit-learn, with compiled loops and all epochs in one call."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sklearn.linear_model import Perceptron, SGDRegressor
from sklearn.neural_network import BernoulliRBM

Call = Callable[[], None]


def perceptron(row: Any, x: Any, y: Any) -> Call:
    """Shuffled, without penalty and early stopping."""
    model = Perceptron(max_iter=row.epochs, tol=None, penalty=None)
    x = x.astype("float64")
    return lambda: model.fit(x, y) and None


def delta(row: Any, x: Any, y: Any) -> Call:
    """Least mean squares with a constant learning rate; shuffled, without penalty."""
    model = SGDRegressor(max_iter=row.epochs, tol=None, penalty=None, learning_rate="constant", eta0=1e-3)
    x, y = x.astype("float64"), y.astype("float64")
    return lambda: model.fit(x, y) and None


def contrastive_divergence(row: Any, x: Any, y: Any) -> Call:
    """Persistent contrastive divergence."""
    model = BernoulliRBM(row.sizes[1], learning_rate=0.05, batch_size=row.batch, n_iter=row.epochs, random_state=0)
    return lambda: model.fit(x) and None
