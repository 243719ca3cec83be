"""What the error of a stream is called, and how a value of it is written."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from ..data.table import show
from ..notes import Note, note


class ErrorMeasure(NamedTuple):
    """The measure of the error of rows before they are learned.

    Args:
        name: Its name, for numbers with the target in whose unit it is.
        is_share: Whether it is from 0 to 1, and written in per cent.

    Example:
        >>> rate, distance = ErrorMeasure.of("binary", ["sold"]), ErrorMeasure.of("regression", ["price"])
        >>> str(rate.name), rate.show(0.0236), str(distance.name), distance.show(31.25)
        ('error rate', '2.36 %', "mean absolute error (in the unit of 'price')", '31.25')
    """

    name: Note
    is_share: bool

    @classmethod
    def of(cls, task: str, targets: Sequence[str]) -> ErrorMeasure:
        """Return the measure for a task and the names of its targets."""
        if task != "regression":
            return cls(note("streams.wrong_labels" if task == "multilabel" else "streams.error_rate"), True)
        if len(targets) > 1:
            return cls(note("streams.mean_error_of_several"), False)
        return cls(note("streams.mean_error", target=show(targets[0])), False)

    def show(self, value: float) -> str:
        """Return a value as text."""
        return f"{100 * value:.3g} %" if self.is_share else f"{value:.4g}"
