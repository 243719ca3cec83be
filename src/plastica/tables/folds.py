"""Folds of an ensemble: each copy of the network leaves out rows of its own, and these judge it."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from .. import layers
from ..checks.prepared import Prepared
from ..evaluation.imbalance import Feed
from ..model import Sequential
from .preparation import strata

FEWEST_ROWS = 40  # below, a fold is too small to tell when to stop


class Folds(NamedTuple):
    """What an ensemble of folds is trained and judged on.

    Attributes:
        rows: The rows of training and validation together, numbers in the table.
        left_out: Which of them each member does not learn from, ``(rows, members)``.
    """

    rows: np.ndarray
    left_out: np.ndarray

    @property
    def training_weight(self) -> np.ndarray:
        """How much each row counts in the loss of each member; 1 on average over the members."""
        return _weights(~self.left_out)

    @property
    def validation_weight(self) -> np.ndarray:
        """How much each row counts where each member is judged."""
        return _weights(self.left_out)


def folds_for(prepared: Prepared, model: Sequential, feed: Feed, seed: int) -> Folds | None:
    """Return the folds of an ensemble; None where its members must all learn from the same rows.

    Folds are made where rows were split at random and a part of them was to decide when to stop: in a series the
    future would decide about the past, and groups would be torn apart.

    Args:
        prepared: The table, dealt and encoded.
        model: The network; one that is no :class:`~plastica.layers.Ensemble` has no folds.
        feed: Which rows training sees; rows that are repeated or drawn have no folds.
        seed: What the dealing depends on.
    """
    train, held, _, _ = prepared.split
    plain = prepared.scheme.split == "random" and feed.rows is train and feed.sampling is None
    if not plain or not len(held):
        return None
    rows = np.sort(np.concatenate([train, held]))
    left_out = dealt_to(model, prepared.target.task, prepared.y[rows], seed)
    return None if left_out is None else Folds(rows, left_out)


def dealt_to(model: Sequential, task: str, y: np.ndarray, seed: int) -> np.ndarray | None:
    """Return which rows each member leaves out, ``(rows, members)``; None for no ensemble, or too few rows.

    Args:
        model: The network.
        task: "binary", "multiclass", "multilabel" or "regression".
        y: The rows' targets.
        seed: What the dealing depends on.
    """
    copies = copies_of(model)
    if copies < 2 or len(y) < FEWEST_ROWS:
        return None
    numbers = deal(len(y), copies, None if task == "regression" else strata(y), seed)
    members = model.output_shape[1]
    assert members is not None
    return numbers[:, None] == np.repeat(np.arange(copies), members // copies)


def deal(rows: int, folds: int, labels: np.ndarray | None, seed: int) -> np.ndarray:
    """Return the fold of each row, ``(rows,)``, each class in equal shares.

    Args:
        rows: How many rows there are.
        folds: How many folds there are.
        labels: The class of each row; None for numbers.
        seed: What the dealing depends on.
    """
    # PCG64's doubles are fixed by its definition, which NumPy's shuffles are not (NEP 19).
    order = np.argsort(np.random.Generator(np.random.PCG64(seed)).random(rows), kind="stable")
    if labels is not None:
        order = order[np.argsort(labels[order], kind="stable")]
    found = np.empty(rows, np.int64)
    found[order] = np.arange(rows) % folds
    return found


def copies_of(model: Sequential) -> int:
    """Return how many networks that share nothing a network holds."""
    return next((layer.copies for layer in model.layers if isinstance(layer, layers.Ensemble)), 1)


def _weights(chosen: np.ndarray) -> np.ndarray:
    return (chosen * (chosen.shape[1] / chosen.sum(1, keepdims=True))).astype(np.float32)
