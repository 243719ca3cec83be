"""What each model predicts for the test set."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ..typing import Num
from .decisions import Decision


@dataclass(frozen=True, eq=False)
class Judged:
    """The predictions of each model for the test set; not saved with the network.

    Args:
        task: "binary", "multiclass", "multilabel" or "regression".
        rows: The numbers of the rows in ``prepared.table``.
        y: The true values: class indices, labels, or numbers in the units of the targets.
        answers: For "network", "linear", "trees" and "dummy": probabilities of classes or labels, or numbers.
        decisions: The decision from probabilities to predictions for each model; empty for regression.
        own: The name of the saved model; the others are compared with it.
        decided: The predictions of each model where each fold decided in its own way; None if ``decisions`` decide.
    """

    task: str
    rows: np.ndarray
    y: np.ndarray
    answers: Mapping[str, np.ndarray]
    decisions: Mapping[str, Decision]
    own: str = "network"
    decided: Mapping[str, np.ndarray] | None = None

    def labels(self, model: str | None = None) -> Num[np.ndarray, "rows *outputs"]:
        """Return the predictions of a model (default: the saved one): class indices, labels of 0 and 1, or numbers."""
        model = model or self.own
        if self.decided is not None:
            return self.decided[model]
        found = self.answers[model]
        return self.decisions[model].decide(found) if model in self.decisions else found
