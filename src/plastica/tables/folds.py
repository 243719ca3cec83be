"""Folds of an ensemble: each copy of the network omits different rows, on which it is validated."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from .. import layers
from ..checks.prepared import Prepared
from ..data.folds import deal
from ..evaluation.imbalance import Feed
from ..model import Sequential
from .preparation import strata

FEWEST_ROWS = 40  # with fewer rows, folds are too small for early stopping


class Folds(NamedTuple):
    """The training and validation rows of each member of an ensemble.

    Attributes:
        rows: The numbers of all training and validation rows in the table.
        left_out: Which of them each member is not trained on, ``(rows, members)``.
    """

    rows: np.ndarray
    left_out: np.ndarray

    @property
    def training_weight(self) -> np.ndarray:
        """The weight of each row in the training loss of each member; 1 on average over the members."""
        return _weights(~self.left_out)

    @property
    def validation_weight(self) -> np.ndarray:
        """The weight of each row in the validation loss of each member."""
        return _weights(self.left_out)


def folds_for(prepared: Prepared, model: Sequential, feed: Feed, seed: int) -> Folds | None:
    """Return the folds of an ensemble; None if all members must be trained on the same rows.

    Folds are used only if rows were split at random with a validation set: in a time series, the future would validate
    the past, and groups would be divided.

    Args:
        prepared: The table, split and encoded.
        model: The network; only an :class:`~plastica.layers.Ensemble` has folds.
        feed: The training rows; repeated or sampled rows have no folds.
        seed: The seed of the folds.
    """
    train, held, _, _ = prepared.split
    plain = prepared.scheme.split == "random" and feed.rows is train and feed.sampling is None
    if not plain or not len(held):
        return None
    rows = np.sort(np.concatenate([train, held]))
    left_out = dealt_to(model, prepared.target.task, prepared.y[rows], seed)
    return None if left_out is None else Folds(rows, left_out)


def dealt_to(model: Sequential, task: str, y: np.ndarray, seed: int) -> np.ndarray | None:
    """Return the rows that each member omits, ``(rows, members)``; None without an ensemble or with too few rows.

    Args:
        model: The network.
        task: "binary", "multiclass", "multilabel" or "regression".
        y: The targets of the rows.
        seed: The seed of the folds.
    """
    copies = copies_of(model)
    if copies < 2 or len(y) < FEWEST_ROWS:
        return None
    numbers = deal(len(y), copies, None if task == "regression" else strata(y), seed)
    members = model.output_shape[1]
    assert members is not None
    return numbers[:, None] == np.repeat(np.arange(copies), members // copies)


def copies_of(model: Sequential) -> int:
    """Return the number of independent networks in a network."""
    return next((layer.copies for layer in model.layers if isinstance(layer, layers.Ensemble)), 1)


def _weights(chosen: np.ndarray) -> np.ndarray:
    return (chosen * (chosen.shape[1] / chosen.sum(1, keepdims=True))).astype(np.float32)
