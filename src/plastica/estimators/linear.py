"""Linear models for comparison: scikit-learn's problems and answers, without the second its import takes.

``Ridge()`` and ``LogisticRegression()`` with their defaults; the tests hold both to scikit-learn's numbers.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

PENALTY = 1.0  # scikit-learn's alpha and C
MOST_STEPS = 1000
REMEMBERED = 10  # pairs of steps and changes of the gradient that L-BFGS keeps
FLAT = 1e-6  # the largest element of the mean gradient at which it ends; scikit-learn is content with 1e-4
LARGE = 20_000_000  # numbers of features above which they are not copied to float64

Answer = Callable[[np.ndarray], np.ndarray]


def ridge(x: np.ndarray, y: np.ndarray) -> Answer:
    """Return the linear function with the smallest ``sum (w x + b - y)^2 + |w|^2``.

    Args:
        x: Features, ``(rows, features)``.
        y: Numbers, ``(rows,)``.
    """
    x = x.astype(np.float64)
    centre, height = x.mean(0), y.mean()
    centred = x - centre
    weights = np.linalg.solve(centred.T @ centred + PENALTY * np.eye(x.shape[1]), centred.T @ (y - height))
    return lambda rows: (rows - centre) @ weights + height


def logistic(x: np.ndarray, y: np.ndarray, classes: int) -> Answer:
    """Return shares of classes by the smallest ``sum cross-entropy + |W|^2 / 2``; the biases go free.

    Args:
        x: Features, ``(rows, features)``.
        y: Class numbers, ``(rows,)``.
        classes: How many classes there are; two have one column of weights, more have one each.
    """
    if x.size <= LARGE:
        x = x.astype(np.float64)
    outputs = 1 if classes == 2 else classes
    shape = (x.shape[1] + 1, outputs)
    wanted = np.eye(classes)[y][:, -outputs:]

    def objective(flat: np.ndarray) -> tuple[float, np.ndarray]:
        weights = flat.reshape(shape)
        shares = _shares(_potential(x, weights))
        loss = -np.log(np.maximum(shares[np.arange(len(y)), y], np.finfo(float).tiny)).sum()
        error = shares[:, -outputs:] - wanted
        gradient = np.empty(shape)
        gradient[:-1] = x.T @ error.astype(x.dtype) + weights[:-1] / PENALTY
        gradient[-1] = error.sum(0)
        value = loss + 0.5 * (weights[:-1] ** 2).sum() / PENALTY
        return value / len(y), gradient.reshape(-1) / len(y)

    weights = minimise(objective, np.zeros(shape[0] * outputs)).reshape(shape)
    return lambda rows: _shares(_potential(rows, weights))


def minimise(objective: Callable[[np.ndarray], tuple[float, np.ndarray]], start: np.ndarray) -> np.ndarray:
    """Return where a smooth convex function is smallest, by L-BFGS with backtracking.

    Args:
        objective: Gives the value and the gradient.
        start: Where to begin.

    Reference:
        J. Nocedal, S. Wright, 2006, Numerical optimization, algorithms 3.1, 7.4 and 7.5.
    """
    place, (value, gradient) = start, objective(start)
    pairs: list[tuple[np.ndarray, np.ndarray, float]] = []
    for _ in range(MOST_STEPS):
        if np.abs(gradient).max() <= FLAT:
            break
        direction = -_curved(gradient, pairs)
        slope, step = float(gradient @ direction), 1.0
        while True:
            moved = place + step * direction
            below, other = objective(moved)
            if below <= value + 1e-4 * step * slope:
                break
            step *= 0.5
            if step < 1e-10:  # what rounding leaves; no step makes it better
                return place
        change, turn = moved - place, other - gradient
        curvature = float(change @ turn)
        if curvature > 1e-12 * float(turn @ turn):
            pairs = [*pairs[1 - REMEMBERED :], (change, turn, curvature)]
        place, value, gradient = moved, below, other
    return place


def _curved(gradient: np.ndarray, pairs: list[tuple[np.ndarray, np.ndarray, float]]) -> np.ndarray:
    """The inverse of the curvature seen so far, times the gradient: the two loops of L-BFGS."""
    if not pairs:
        return gradient / max(1.0, float(np.linalg.norm(gradient)))
    direction, shares = gradient.copy(), []
    for change, turn, curvature in reversed(pairs):
        shares.append(float(change @ direction) / curvature)
        direction -= shares[-1] * turn
    _, turn, curvature = pairs[-1]
    direction *= curvature / float(turn @ turn)
    for (change, turn, curvature), share in zip(pairs, reversed(shares), strict=True):
        direction += (share - float(turn @ direction) / curvature) * change
    return direction


def _potential(x: np.ndarray, weights: np.ndarray) -> np.ndarray:
    return (x @ weights[:-1].astype(x.dtype)).astype(np.float64) + weights[-1]


def _shares(potential: np.ndarray) -> np.ndarray:
    """Softmax; one column is the potential of the second of two classes."""
    if potential.shape[1] == 1:
        potential = np.concatenate([np.zeros_like(potential), potential], axis=1)
    powers = np.exp(potential - potential.max(1, keepdims=True))
    return powers / powers.sum(1, keepdims=True)
