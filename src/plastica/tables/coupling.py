"""From binary probabilities (one-vs-rest, one-vs-one) to class probabilities."""

from __future__ import annotations

import numpy as np

from ..losses import pairs_of

CERTAIN = 1e-7  # pairwise probabilities are clipped by this much, since at 0 and 1 there may be no solution
ROWS = 10_000  # solved together; each takes three times (classes + 1)^2 doubles


def shares_of_questions(answers: np.ndarray) -> np.ndarray:
    """Return class probabilities from one-vs-rest probabilities, each row divided by its sum.

    Args:
        answers: The probability of each class against the rest, ``(rows, classes)``.
    """
    kept = np.maximum(answers.astype(np.float64), CERTAIN)
    return kept / kept.sum(1, keepdims=True)


def shares_of_pairs(answers: np.ndarray) -> np.ndarray:
    """Return the class probabilities that are most consistent with one-vs-one probabilities.

        p = argmin sum_i sum_{j != i} (r_ji p_i - r_ij p_j)^2,  sum_i p_i = 1,   r_ij = P(i | i or j)

    Args:
        answers: The probability of the first class of each pair against the second, ``(rows, K (K - 1) / 2)``, in the
            order of :func:`~plastica.losses.pairs_of`.

    Returns:
        Probabilities ``(rows, K)``; each row sums to 1.

    Example:
        >>> shares_of_pairs(np.array([[0.5, 0.8, 0.8]])).round(3)  # (2/3, 1/3), (4, 1), (4, 1)
        array([[0.444, 0.444, 0.111]])

    Reference:
        Wu, Lin, Weng (2004), Probability estimates for multi-class classification by pairwise coupling, equations
        19 to 21.
    """
    parts = range(0, max(len(answers), 1), ROWS)
    return np.concatenate([_coupled(answers[start : start + ROWS]) for start in parts])


def _coupled(answers: np.ndarray) -> np.ndarray:
    answers = np.clip(answers.astype(np.float64), CERTAIN, 1 - CERTAIN)
    first, second = pairs_of(answers.shape[1])
    classes = int(second.max()) + 1
    r = np.zeros((len(answers), classes, classes))
    r[:, first, second], r[:, second, first] = answers, 1 - answers
    # The minimum under the constraint solves [[Q, 1], [1', 0]] [p, b] = [0, 1].
    system = np.ones((len(answers), classes + 1, classes + 1))
    system[:, :classes, :classes] = -r * r.transpose(0, 2, 1)
    diagonal = np.arange(classes)
    system[:, diagonal, diagonal] = (r**2).sum(1)
    system[:, classes, classes] = 0
    right = np.zeros((len(answers), classes + 1, 1))
    right[:, classes] = 1
    shares = np.maximum(np.linalg.solve(system, right)[:, :classes, 0], 0)
    return shares / shares.sum(1, keepdims=True)
