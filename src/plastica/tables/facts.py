"""The settings, data and results of a model for a table, stored in its file."""

from __future__ import annotations

import json
import math
from typing import Literal

import msgspec

from ..checks.partition import RowCounts
from ..data.columns import Column
from ..errors import DataError
from ..evaluation.cross_scores import CrossScores
from ..evaluation.decisions import Decision
from ..evaluation.results import Results
from ..evaluation.scores import Scores
from ..notes import Note
from ..settings import Settings
from ..typing import Json

ModelKind = Literal["network", "linear", "trees"]  # the models that can be saved


class Training(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A summary of training.

    Args:
        epochs: The number of epochs; 0 if no network was trained or saved.
        best_epoch: The epoch of the saved weights, from 1; None without validation.
        stopped_by: Why training stopped.
        folds: The number of folds into which training and validation rows were divided, each validating the members
            that were not trained on it; 0 if all members were trained on the training rows.
    """

    epochs: int
    best_epoch: int | None
    stopped_by: str
    folds: int = 0


class TableFacts(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The description of a model for a table, in addition to its weights.

    Args:
        source: The name of the table.
        settings: The settings of model and training.
        columns: The descriptions of all columns, used or not.
        rows: The sizes of the training, validation and test set.
        training: A summary of training.
        notes: Assumptions in reading and splitting.
        results: The results on the test set; None without one.
        decision: The decision from probabilities to predictions; None for regression.
        shift: The factor by which each class was overrepresented in training, for which probabilities are corrected;
            empty for none.
        model: The saved model: "network", "linear" or "trees".
        cross_validation: The metrics of each fold; None without folds.
    """

    source: str
    settings: Settings
    columns: tuple[Column, ...]
    rows: RowCounts
    training: Training
    notes: tuple[Note, ...] = ()
    results: Results | None = None
    decision: Decision | None = None
    shift: tuple[float, ...] = ()
    model: ModelKind = "network"
    cross_validation: CrossScores | None = None

    def __post_init__(self) -> None:
        """Check the fields, since a file may be damaged or from elsewhere."""
        if not all(0 < factor < math.inf for factor in self.shift):
            raise ValueError("the classes' shift must be above 0")
        if self.results is not None and self.model not in self.results.scores:
            raise ValueError(f"results without the metrics of the {self.model}")

    @property
    def identifiers(self) -> frozenset[str]:
        """The columns that identify rows, which are copied beside predictions."""
        return frozenset(column.name for column in self.columns if column.kind == "identifier")

    @property
    def scores(self) -> Scores | None:
        """The metrics of the saved model on the test set; None without one."""
        return None if self.results is None else self.results.scores[self.model]

    def to_dict(self) -> dict[str, object]:
        """Return JSON-serializable values."""
        return listed(self)

    @classmethod
    def from_dict(cls, values: object) -> TableFacts:
        """Return the description from the result of :meth:`to_dict`; DataError if a field is invalid."""
        try:
            return msgspec.convert(values, cls)
        except (msgspec.ValidationError, ValueError) as problem:
            raise DataError(f"this is not a description of a table's network: {problem}.") from None


def listed(values: object) -> Json:
    """Return plain values with lists instead of tuples, as read from JSON."""
    return json.loads(msgspec.json.encode(values))
