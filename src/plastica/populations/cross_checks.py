"""Checks of a cross-validation for leaks: groups among the inputs, and copies of a row in several folds."""

from __future__ import annotations

import warnings
from collections.abc import Sequence

import numpy as np

from ..errors import InvalidValue, PlasticaWarning
from .cross_parts import CrossFold

MOST_NUMBERS = 50_000_000  # of inputs; sorting more takes long
FEWEST_VALUES = 50  # in some column; rows with fewer distinct values are often equal by chance
SHARE = 0.01  # of the rows, from which copies are reported


def refuse_groups_as_inputs(x: object, groups: object) -> None:
    """Check that no column of the inputs is the group of each row.

    Raises:
        InvalidValue: If one is.
    """
    columns, named = _as_table(x), np.asarray(groups)
    if columns is None or named.dtype.kind not in "biuf" or named.shape != (len(columns),):
        return
    same = np.flatnonzero((columns == named[:, None]).all(0))
    if len(same):
        raise InvalidValue(
            f"column {same[0]} of x is the group of each row: the network could learn the groups by heart, and "
            "those held out are unknown to it. Leave this column out of x."
        )


def warn_of_copies(x: object, y: object, folds: Sequence[CrossFold]) -> None:
    """Warn if rows are predicted by a network that has seen a copy of them."""
    columns = _as_table(x)
    if columns is None or max((len(np.unique(column)) for column in columns.T), default=0) <= FEWEST_VALUES:
        return
    targets = np.zeros((len(columns), 0)) if isinstance(y, tuple) or y is None else np.asarray(y)
    rows = np.concatenate([columns, targets.reshape(len(columns), -1)], axis=1)
    _, number = np.unique(rows, axis=0, return_inverse=True)
    number = number.reshape(-1)
    first = [fold for fold in folds if fold.repeat == 0]
    copies = sum(int(np.isin(number[fold.held_out], number[fold.train]).sum()) for fold in first)
    if copies >= SHARE * len(rows):
        warnings.warn(
            f"{copies} of {len(rows)} rows are copies of a row in another fold, so that a network had seen them before "
            "it predicted them. Remove the copies, or give groups= so that they stay together.",
            PlasticaWarning,
            stacklevel=4,
        )


def _as_table(x: object) -> np.ndarray | None:
    """Return inputs of numbers as ``(rows, columns)``; None for others, and for very many."""
    if isinstance(x, tuple):
        return None
    found = np.asarray(x)
    return found if found.ndim == 2 and found.dtype.kind in "biuf" and found.size <= MOST_NUMBERS else None
