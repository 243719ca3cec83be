"""The course of the prequential error in bounded memory: every row at first, then every second, fourth, eighth."""

from __future__ import annotations

from ..errors import DataError
from ..notes import note
from ..typing import Document, Json

MOST_POINTS = 512


class ErrorCurve:
    """The prequential error at rows that are evenly spaced, from 256 to 512 of them once there are so many.

    Attributes:
        every: The number of rows between points; it doubles when there are too many.
        errors: The error at the rows ``every``, ``2 * every``, ``3 * every`` and so on.

    Example:
        >>> curve = ErrorCurve()
        >>> for row in range(1, 1025):
        ...     curve.add(row, 1 / row)
        >>> curve.every, len(curve.errors), curve.rows[:3], curve.errors[0]
        (4, 256, [4, 8, 12], 0.25)
    """

    def __init__(self) -> None:
        self.every = 1
        self.errors: list[float] = []

    @property
    def rows(self) -> list[int]:
        """The row of each error."""
        return [self.every * (place + 1) for place in range(len(self.errors))]

    def add(self, row: int, error: float) -> None:
        """Take the error at a row, counted from 1."""
        if row % self.every:
            return
        self.errors.append(error)
        if len(self.errors) == MOST_POINTS:
            self.errors, self.every = self.errors[1::2], 2 * self.every

    def state(self) -> Document:
        """Return the curve as JSON."""
        return {"every": self.every, "errors": self.errors}

    @classmethod
    def of(cls, state: Json) -> ErrorCurve:
        """Return the curve of a state; an empty one for files that have none.

        Raises:
            DataError: If it is damaged.
        """
        made = cls()
        if state is None:
            return made
        try:
            made.every, made.errors = int(state["every"]), [float(each) for each in state["errors"]]
        except (KeyError, TypeError, ValueError):
            raise DataError(note("streams.bad_state")) from None
        return made
