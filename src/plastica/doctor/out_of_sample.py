"""Predictions for rows by networks that were not trained on them, from a population of folds."""

from __future__ import annotations

import time
import warnings
from dataclasses import dataclass

import numpy as np

from ..errors import PlasticaError, PlasticaWarning
from ..model import Model
from ..model.inputs import Examples
from ..populations import cross_validate
from ..training.early_stopping import EarlyStopping
from .looks import evenly
from .tasks import TaskRows, read_rows

FOLDS, REPEATS = 5, 3  # repeats, since a single network is sure of more than it knows
NETWORKS = FOLDS * REPEATS
MOST = 2000  # rows; the share of wrong labels among the surest third of them has a standard error of about 1 %
STOPPING = 0.2  # of the rows of each fold, on which training is stopped: labels learned by heart are sure and wrong
PATIENCE = 0.2  # of the epochs


@dataclass(frozen=True, eq=False)
class OutOfSample:
    """Rows with predictions by networks that were not trained on them.

    Attributes:
        rows: The rows; ``rows.numbers`` counts the training rows and then the validation rows.
        learn: How many of the numbers are training rows.
        networks: How many networks were trained.
        seconds: How long that took.
    """

    rows: TaskRows
    learn: int
    networks: int
    seconds: float

    def name(self, place: int) -> str:
        """Return the name of a row: ``"row 7"``, or ``"validation row 3"``."""
        number = int(self.rows.numbers[place])
        return f"row {number}" if number < self.learn else f"validation row {number - self.learn}"


def out_of_sample(
    model: Model, learn: Examples, held_out: Examples | None, batch_size: int, most: int | None = MOST
) -> OutOfSample | None:
    """Predict each training and validation row by three networks that were not trained on it.

    The rows are dealt to five folds three times. The networks, one without each fold, are one population. Each stops
    when the loss of a fifth of its own training rows rises.

    Args:
        model: The model of which the networks are copies, with new weights; with one input and one target a row.
        learn: Training rows.
        held_out: Validation rows; None if there are none.
        batch_size: Rows of a batch.
        most: How many of the rows are used, at even distances. None uses all.

    Returns:
        None if there are too few rows of a class, or training fails.
    """
    began = time.perf_counter()
    parts = [learn] if held_out is None else [learn, held_out]
    x, y = (np.concatenate([getattr(part, name) for part in parts]) for name in "xy")
    chosen = evenly(len(x), most or len(x))
    epochs = max(model.epochs_trained, 1)

    def stopping(_: int) -> list[EarlyStopping]:
        return [EarlyStopping(patience=max(3, round(PATIENCE * epochs)), restore_best_weights=True)]

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", PlasticaWarning)  # what they say, the findings say
            found = cross_validate(
                model, x[chosen], y[chosen], FOLDS, repeats=REPEATS, epochs=epochs, batch_size=batch_size,
                validation_split=STOPPING, callbacks=stopping,
            )  # fmt: skip
    except PlasticaError:
        return None
    rows = read_rows(model, x[chosen], y[chosen], np.asarray(found.predictions, np.float64), chosen)
    return None if rows is None else OutOfSample(rows, len(learn.x), NETWORKS, time.perf_counter() - began)
