"""Predictions for the rows of a table, also as a data frame."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, cast

import numpy as np

from ..evaluation.scores import Scores
from ..notes import Note

if TYPE_CHECKING:
    import pandas as pd
    from narwhals.typing import IntoDataFrame


class Answers(NamedTuple):
    """Predictions for the rows of a table.

    Args:
        labels: A class or a number for each row, as labels or in the unit of the target; for several targets, a column
            for each: labels of 1 and 0, or numbers, ``(rows, targets)``.
        probabilities: A column for each class or label, ``(rows, classes)``; None for regression.
        notes: Notes on the table: unseen categories, additional columns.
        names: The names of the targets.
        classes: The classes or labels of the columns of probabilities.
        source: The input data frame; None for other inputs.
    """

    labels: np.ndarray
    probabilities: np.ndarray | None
    notes: tuple[Note, ...]
    names: tuple[str, ...] = ()
    classes: tuple[object, ...] = ()
    source: IntoDataFrame | None = None

    def columns(self, probabilities: bool = True) -> dict[str, list[object]]:
        """Return the predictions by column: the names of the targets, then ``P(class)`` for each class or label.

        Args:
            probabilities: Whether to include the probabilities.
        """
        labels = self.labels if self.labels.ndim == 2 else self.labels[:, None]
        made: dict[str, list[object]] = {name: labels[:, number].tolist() for number, name in enumerate(self.names)}
        if probabilities and self.probabilities is not None:
            for number, label in enumerate(self.classes):
                made[f"P({label})"] = self.probabilities[:, number].tolist()
        return made

    def to_frame(self, probabilities: bool = True) -> Any:
        """Return a data frame of the type of the input, with its index; a polars data frame for other inputs.

        Args:
            probabilities: Whether to include a column ``P(class)`` for each class or label.

        Example:
            >>> import pandas as pd
            >>> answers = Answers(np.array(["b"]), np.array([[0.25, 0.75]]), (), ("kind",), ("a", "b"),
            ...                   pd.DataFrame({"x": [1.0]}, index=["row 7"]))
            >>> answers.to_frame()
                  kind  P(a)  P(b)
            row 7    b  0.25  0.75
        """
        import narwhals as nw

        made = self.columns(probabilities)
        if self.source is None:
            return nw.from_dict(made, backend="polars").to_native()
        asked = nw.from_native(self.source, eager_only=True)
        frame = nw.from_dict(made, backend=asked.implementation).to_native()
        index = nw.maybe_get_index(asked)
        return frame if index is None else cast("pd.DataFrame", frame).set_axis(index, axis=0)


class OnTable(NamedTuple):
    """Predictions and metrics for a table with known targets.

    Args:
        places: The position of each row in its source.
        y: The true values: class indices, labels, or numbers in the units of the targets.
        answers: Probabilities of classes or labels, or numbers.
        scores: The metrics.
        notes: Notes on the table.
    """

    places: np.ndarray
    y: np.ndarray
    answers: np.ndarray
    scores: Scores
    notes: tuple[Note, ...]


def frame_of(source: object) -> IntoDataFrame | None:
    """Return the source if it is a data frame whose type and index predictions can have, otherwise None."""
    import narwhals as nw

    is_frame = isinstance(nw.from_native(source, pass_through=True), nw.DataFrame)
    return cast("IntoDataFrame", source) if is_frame else None
