"""Folds: rows dealt to parts of equal size, each with its share of every class."""

from __future__ import annotations

import numpy as np


def deal(rows: int, folds: int, labels: np.ndarray | None, seed: int) -> np.ndarray:
    """Return the fold of each row, ``(rows,)``, stratified by class.

    Args:
        rows: The number of rows.
        folds: The number of folds.
        labels: The class of each row; None for numbers.
        seed: The seed of the folds.
    """
    # The doubles of PCG64 are fixed by its definition; the shuffles of NumPy may change between versions (NEP 19).
    order = np.argsort(np.random.Generator(np.random.PCG64(seed)).random(rows), kind="stable")
    if labels is not None:
        order = order[np.argsort(labels[order], kind="stable")]
    found = np.empty(rows, np.int64)
    found[order] = np.arange(rows) % folds
    return found
