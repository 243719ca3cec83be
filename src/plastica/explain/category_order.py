"""An order of categories in which neighbours are alike in all other features."""

from __future__ import annotations

import numpy as np

from ..typing import Float, Int, Shaped

MOST_EDGES = 100  # points at which distributions of numbers are compared


def order_by_likeness(
    own: Int[np.ndarray, "rows"], count: int, others: Shaped[np.ndarray, "rows features"]
) -> Int[np.ndarray, "categories"]:
    """Return categories in an order in which neighbours have similar distributions of the other features.

    The distance of two categories is the sum over the other features of the Kolmogorov-Smirnov distance of their
    distributions, of features without numbers of the total variation. The order is that along the first axis of
    classical multidimensional scaling.

    Args:
        own: The number of the category of each row; -1 for rows that are left out.
        count: The number of categories.
        others: The other features, numbers or values of any kind.

    Reference:
        D. Apley, J. Zhu (2020), Visualizing the effects of predictor variables in black box supervised learning models,
        supplement E.
    """
    if count < 3:
        return np.arange(count)
    distance = np.zeros((count, count))
    for column in others[own >= 0].T:
        distance += _distances(own[own >= 0], count, column)
    centred = np.eye(count) - 1 / count
    gram = -centred @ np.square(distance) @ centred / 2
    values, vectors = np.linalg.eigh((gram + gram.T) / 2)
    place = vectors[:, -1] * np.sqrt(max(values[-1], 0))
    place = place if place @ (np.arange(count) - (count - 1) / 2) >= 0 else -place  # a fixed direction
    return np.argsort(np.round(place, 12), kind="stable")


def _distances(
    own: Int[np.ndarray, "rows"], count: int, column: Shaped[np.ndarray, "rows"]
) -> Float[np.ndarray, "categories categories"]:
    """Return the distances of the distributions of one feature in all pairs of categories."""
    if column.dtype.kind in "fiub":
        edges = np.unique(np.quantile(column, np.linspace(0, 1, MOST_EDGES)))
        below = np.searchsorted(np.sort(edges), column)
        shares = _shares(own, count, below, len(edges) + 1).cumsum(1)
        return np.abs(shares[:, None] - shares[None]).max(2)
    codes = np.unique(column.astype(str), return_inverse=True)[1].reshape(-1)
    shares = _shares(own, count, codes, int(codes.max(initial=0)) + 1)
    return np.abs(shares[:, None] - shares[None]).sum(2) / 2


def _shares(
    own: Int[np.ndarray, "rows"], count: int, codes: Int[np.ndarray, "rows"], kinds: int
) -> Float[np.ndarray, "categories kinds"]:
    """Return the share of each code among the rows of each category."""
    found = np.zeros((count, kinds))
    np.add.at(found, (own, codes), 1)
    return found / np.maximum(found.sum(1, keepdims=True), 1)
