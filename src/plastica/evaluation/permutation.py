"""Losses of rows whose features are shuffled, as permutation importance compares them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from ..typing import Float, Int, Num

MOST_BYTES = 1 << 26  # of shuffled rows that are answered in one call

# From copies of the rows, ``(copies, rows, *shape)``, to the mean loss of each.
MeanLosses = Callable[[np.ndarray], np.ndarray]


def shuffled_losses(
    x: Num[np.ndarray, "rows *shape"],
    groups: Sequence[Int[np.ndarray, "members"]],
    mean_losses: MeanLosses,
    repeats: int,
    seed: int = 0,
) -> Float[np.ndarray, "repeats groups"]:
    """Return the mean loss when the values of each group of features are shuffled among the rows.

    All groups share the permutations, so that chance does not decide between two.

    Args:
        x: Rows.
        groups: The places of the features of each group in a flattened row; they are shuffled together.
        mean_losses: From copies of the rows to the mean loss of each copy.
        repeats: The number of permutations.
        seed: The seed of the permutations.

    Example:
        >>> x = np.array([[0.0, 5.0], [1.0, 5.0], [2.0, 5.0]])
        >>> squares = shuffled_losses(x, [np.array([0]), np.array([1])], lambda c: ((c - x) ** 2).mean((1, 2)), 2)
        >>> squares.shape, squares[:, 1].tolist()
        ((2, 2), [0.0, 0.0])

    Reference:
        L. Breiman (2001), Random forests, section 10. A. Fisher, C. Rudin, F. Dominici (2019), All models are wrong,
        but many are useful, section 3.
    """
    rng = np.random.default_rng(seed)
    flat = x.reshape(len(x), -1)
    orders = [rng.permutation(len(x)) for _ in range(repeats)]
    at_once = max(1, MOST_BYTES // max(flat.nbytes, 1))
    found = np.empty((repeats, len(groups)))
    for place, members in enumerate(groups):
        for first in range(0, repeats, at_once):
            some = orders[first : first + at_once]
            copies = np.repeat(flat[None], len(some), axis=0)  # (copies, rows, features)
            for copy, order in zip(copies, some, strict=True):
                copy[:, members] = flat[order][:, members]
            found[first : first + len(some), place] = mean_losses(copies.reshape(len(some), *x.shape))
    return found
