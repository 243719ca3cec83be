"""Training a network for a table: the same steps for rows in memory, rows on disk and scikit-learn's estimators."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple, TypedDict, Unpack

import numpy as np

from ..checks.prepared import Prepared
from ..data.streaming_scratch import Scratch
from ..errors import InvalidValue
from ..evaluation.imbalance import Feed
from ..lazy import deferred
from ..model import Sequential
from ..notes import note
from ..settings import batch_size_for
from ..training import EarlyStopping, History
from ..training.callbacks import Callback
from ..training.devices import DevicesLike
from ..training.run import Hook
from .folds import Folds
from .networks import monitor_of


class CommonFitOptions(TypedDict, total=False):
    """Options of ``Sequential.fit`` that do not change the result, wherever the rows are."""

    verbose: int | str
    callbacks: Sequence[Callback]
    checkpoint: str | Path | None
    resume: bool


class FitOptions(CommonFitOptions, total=False):
    """Options for each way to a model for a table in memory.

    ``cluster`` is that of :func:`plastica.cluster.fit`, which then trains.
    """

    devices: DevicesLike
    cluster: str | None


class TrainOptions(FitOptions, total=False):
    """The options of :meth:`TableNetwork.train`."""

    model: Sequential | None


class TrainingSet(NamedTuple):
    """The training set of a network, and the validation set for early stopping.

    Attributes:
        x: Features of the rows, or the rows with their targets on disk.
        y: Targets of the rows; None on disk.
        weight: The weight of each row, or of each row in each member of an ensemble.
        validation: Features, targets and perhaps weights of the validation set; None without one.
        class_weight: The weight of each class in the loss.
        sampling: The probability with which each row is drawn.
        shift: The ratio of each class's weight in training to its weight in the table; empty for 1.
        folds: The folds of the members, if any.
    """

    x: np.ndarray | Scratch
    y: np.ndarray | None = None
    weight: np.ndarray | None = None
    validation: tuple[np.ndarray | None, ...] | None = None
    class_weight: dict[int, float] | None = None
    sampling: np.ndarray | None = None
    shift: tuple[float, ...] = ()
    folds: Folds | None = None

    @property
    def rows(self) -> int:
        """The number of rows."""
        return sum(self.x.sizes) if isinstance(self.x, Scratch) else len(self.x)


def training_set(prepared: Prepared, feed: Feed, folds: Folds | None) -> TrainingSet:
    """Return the training set of a prepared table.

    The validation set is weighted by class as in training, so that both losses are comparable.

    Args:
        prepared: The split and encoded table.
        feed: The training rows and the weight of each class.
        folds: The folds of the members, if any.
    """
    rows, held = (feed.rows, prepared.split.validation) if folds is None else (folds.rows, folds.rows)
    validation = validation_set(prepared, held, feed.shift, None if folds is None else folds.validation_weight)
    weight = None if folds is None else folds.training_weight
    return TrainingSet(
        prepared.x[rows], prepared.y[rows], weight, validation, feed.class_weight, feed.sampling, feed.shift, folds
    )


def validation_set(
    prepared: Prepared, rows: np.ndarray, shift: tuple[float, ...], of_members: np.ndarray | None = None
) -> tuple[np.ndarray, ...] | None:
    """Return features, targets and, where they differ, weights of validation rows; None if there are none.

    Args:
        prepared: The split and encoded table.
        rows: The row numbers.
        shift: The weight of each class; empty for 1.
        of_members: The weight of each row in each member of an ensemble.
    """
    if not len(rows):
        return None
    x, y = prepared.x[rows], prepared.y[rows]
    weight = np.array(shift, np.float32)[y] if shift else None
    if of_members is not None:
        weight = of_members if weight is None else of_members * weight[:, None]
    return (x, y) if weight is None else (x, y, weight)


def early_stopping(model: Sequential, patience: int) -> EarlyStopping:
    """Return the callback that stops training without improvement on the validation set and restores the best epoch."""
    # Not every name of a loss, such as OneVsOne, tells that lower is better.
    return EarlyStopping(monitor_of(model), patience=patience, mode="min", restore_best_weights=True)


def train_network(
    model: Sequential,
    data: TrainingSet,
    epochs: int,
    batch_size: int | None,
    stopping: EarlyStopping | None,
    time_limit: float | str | None = None,
    hooks: Sequence[Hook] = (),
    **options: Unpack[FitOptions],
) -> History:
    """Train a network and return its history.

    Args:
        model: The compiled network.
        data: The training set.
        epochs: The maximum number of epochs.
        batch_size: Rows per gradient step; None for the default for this number of rows.
        stopping: The early stopping, if any.
        time_limit: As for ``Sequential.fit``.
        hooks: As for ``Sequential.fit``.
        options: As for ``Sequential.fit``.
    """
    if batch_size is None and not model.optimizer.full_batch:
        batch_size = batch_size_for(data.rows)
    callbacks = [*options.get("callbacks", ()), *([] if stopping is None else [stopping])]
    given: dict[str, Any] = {
        **options,
        "callbacks": callbacks,
        "batch_size": batch_size,
        "epochs": epochs,
        "sample_weight": data.weight,
        "validation_data": data.validation,
        "class_weight": data.class_weight,
        "sampling": data.sampling,
        "time_limit": time_limit,
    }
    if given.pop("cluster", None) is None:
        return model.fit(data.x, data.y, hooks=hooks, **given)
    if given.pop("devices", None) is not None:
        raise InvalidValue(note("plan.devices_or_cluster"))
    return deferred("plastica.cluster", "fit", model, data.x, data.y, cluster=options.get("cluster"), **given)()
