"""Pairwise coupling of one-vs-one classifiers with the operations of programs."""

# pyright: reportUnknownMemberType=false

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np

from ..losses import pairs_of
from ..tables.coupling import CERTAIN


def coupled(answers: jax.Array) -> jax.Array:
    """Return the class probabilities that are most consistent with one-vs-one probabilities.

    :func:`~plastica.tables.coupling.shares_of_pairs` solves the system with a Lagrange multiplier. Since
    ``Q + 1 1'`` is positive definite and ``Q p`` is a multiple of 1 at the minimum, p is the solution of
    ``(Q + 1 1') p = 1`` divided by its sum, which elimination without exchange of rows finds.

    Args:
        answers: The probability of the first class of each pair against the second, ``(rows, K (K - 1) / 2)``.

    Returns:
        Probabilities ``(rows, K)``; each row sums to 1.

    Example:
        >>> print(np.asarray(coupled(jnp.array([[0.5, 0.8, 0.8]]))).round(3))
        [[0.444 0.444 0.111]]

    Reference:
        Wu, Lin, Weng (2004), Probability estimates for multi-class classification by pairwise coupling, equations
        19 to 21.
    """
    first, second = pairs_of(answers.shape[1])
    classes, pairs = int(second.max()) + 1, np.arange(len(first))
    # For each pair, where its probability and the opposite one stand in a matrix of classes.
    wins, losses = np.zeros((2, len(first), classes * classes), np.float32)
    wins[pairs, first * classes + second] = 1
    losses[pairs, second * classes + first] = 1
    certain = jnp.asarray(CERTAIN, answers.dtype)
    least = jnp.clip(answers, certain, 1 - certain)
    rest = jnp.clip(1 - answers, certain, 1 - certain)
    square = (answers.shape[0], classes, classes)
    r = (least @ wins + rest @ losses).reshape(square)  # r[i, j] = P(i | i or j)
    opposite = (rest @ wins + least @ losses).reshape(square)
    own = jnp.eye(classes, dtype=answers.dtype)
    # Q_ij = -r_ij r_ji, Q_ii = sum_j r_ji^2.
    q = own * (opposite * opposite).sum(2)[:, :, None] - r * opposite + 1
    system = jnp.concatenate([q, jnp.ones((*square[:2], 1), answers.dtype)], 2)

    def eliminate(system: jax.Array, chosen: jax.Array) -> tuple[jax.Array, None]:
        """Make the column of a class that of the identity; ``chosen`` is 1 for this class."""
        row = (system * chosen[:, None]).sum(1)  # (rows, classes + 1)
        column = (system[:, :, :classes] * chosen).sum(2)  # (rows, classes)
        pivot = (column * chosen).sum(1, keepdims=True)
        return system - (column - chosen)[:, :, None] * (row / pivot)[:, None, :], None

    solved = jax.lax.scan(eliminate, system, own)[0]
    shares = jnp.maximum(solved[:, :, classes], 0)
    return shares / shares.sum(1, keepdims=True)
