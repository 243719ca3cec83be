"""Whether the winner of a search beats the default by more than chance, on rows that the search has not seen."""

# pyright: standard
from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, cast

import msgspec
import numpy as np

from ..checks.prepared import Prepared
from ..data.inputs import truth_of
from ..evaluation.class_scores import surprise_of
from ..evaluation.inference import paired
from ..evaluation.intervals import Figure
from ..model import Model, Sequential
from ..tables.selection import answers_of
from ..typing import Float

SearchOutcome = Literal["better", "no_better", "worse", "same"]
LEAST = 1e-12  # a probability of 0 remains finite


class BeyondDefault(msgspec.Struct, frozen=True):
    """The comparison of a winner with the default.

    Attributes:
        outcome: "better" or "worse" if the 95 % interval of the difference excludes 0; "no_better" if it does not;
            "same" if the default is the winner.
        measure: "log_loss" or "squared_error" (in units of the variance of the training targets).
        winner, default: The mean loss of each.
        difference: Of the losses, winner minus default, paired by rows, with its 95 % interval.
        rows: The number of rows.
    """

    outcome: SearchOutcome
    measure: str
    winner: float
    default: float
    difference: Figure
    rows: int


def beyond_default(prepared: Prepared, winner: Sequence[Model], default: Sequence[Model]) -> BeyondDefault:
    """Compare two settings on the validation set, by the loss of each row averaged over the models of all folds.

    The rows are paired: what makes a row difficult for both cancels. The interval is Student's.

    Args:
        prepared: The table.
        winner, default: The models, one for each fold.
    """
    held = prepared.split.validation
    own, other = (np.mean([_losses(prepared, model, held) for model in models], axis=0) for models in (winner, default))
    gap = paired(own - other)
    outcome: SearchOutcome = "no_better"
    if winner is default or not np.any(own - other):
        outcome = "same"
    elif gap.high is not None and gap.high < 0:
        outcome = "better"
    elif gap.low is not None and gap.low > 0:
        outcome = "worse"
    measure = "squared_error" if prepared.target.task == "regression" else "log_loss"
    return BeyondDefault(outcome, measure, float(own.mean()), float(other.mean()), gap, len(held))


def _losses(prepared: Prepared, model: Model, rows: np.ndarray) -> Float[np.ndarray, "rows"]:
    """Return the loss of each row."""
    target = prepared.target
    y, answers = truth_of(target, prepared.y)[rows], answers_of(cast(Sequential, model), prepared.x[rows], target)
    if target.task == "regression":
        scale = np.std(truth_of(target, prepared.y)[prepared.split.train].reshape(-1, max(1, target.outputs)), axis=0)
        errors = (y.reshape(len(rows), -1) - answers.reshape(len(rows), -1)) / np.where(scale > 0, scale, 1.0)
        return (errors**2).mean(1)
    if target.task == "multilabel":
        return -np.log(np.maximum(np.where(y > 0.5, answers, 1 - answers), LEAST)).mean(1)
    return surprise_of(y, answers)
