"""How a model for a table came about, as plain values in its file."""

from __future__ import annotations

import json
import math
from typing import Any, Literal

import msgspec

from ..checks.partition import RowCounts
from ..data.columns import Column
from ..errors import DataError
from ..evaluation.decisions import Decision
from ..evaluation.results import Results
from ..evaluation.scores import Scores
from ..notes import Note
from ..settings import Settings

ModelKind = Literal["network", "linear", "trees"]  # of a model that can be kept


class Training(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How training went.

    Args:
        epochs: How many were made; 0 where no network was trained or kept.
        best_epoch: Whose weights were kept, counted from 1; None without validation.
        stopped_by: What ended it.
        folds: Into how many parts the training and validation rows were dealt together, each of which judged the
            members that had not learned from it; 0 where all members learned from the training rows.
    """

    epochs: int
    best_epoch: int | None
    stopped_by: str
    folds: int = 0


class TableFacts(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What is known of a network beside its weights.

    Args:
        source: What the table was called.
        settings: How it was made and trained.
        columns: What each column was, used or not.
        rows: How many rows served what.
        training: How training went.
        notes: What was assumed in reading and dealing.
        results: Figures on held-out rows; None where no row was held out.
        decision: How probabilities become answers; None for numbers.
        shift: How many times more than in the table each class counted in training, which its probabilities are
            corrected for; empty for just as much.
        model: What was kept and answers: "network", "linear" or "trees".
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

    def __post_init__(self) -> None:
        """Refuse what a damaged or foreign file may hold."""
        if not all(0 < factor < math.inf for factor in self.shift):
            raise ValueError("the classes' shift must be above 0")
        if self.results is not None and self.model not in self.results.scores:
            raise ValueError(f"results without the metrics of the {self.model}")

    @property
    def scores(self) -> Scores | None:
        """The figures of the model that was kept, on the held-out rows; None where no row was held out."""
        return None if self.results is None else self.results.scores[self.model]

    def to_dict(self) -> dict[str, Any]:
        """Return plain values that JSON can hold."""
        return listed(self)

    @classmethod
    def from_dict(cls, values: Any) -> TableFacts:
        """Rebuild, checking every field; DataError says what does not fit."""
        try:
            return msgspec.convert(values, cls)
        except (msgspec.ValidationError, ValueError) as problem:
            raise DataError(f"this is not a description of a table's network: {problem}.") from None


def listed(values: Any) -> Any:
    """Return plain values with lists where there were tuples, as JSON gives them back."""
    return json.loads(msgspec.json.encode(values))
