"""What a network says of rows, and the same as a frame."""

from __future__ import annotations

from typing import Any, NamedTuple, cast

import numpy as np

from ..evaluation.scores import Scores
from ..notes import Note


class Answers(NamedTuple):
    """What a network says of rows.

    Args:
        labels: A class or a number for each row, in the target's own words or unit; of several targets a column
            for each: 1 and 0 of labels, or numbers, ``(rows, targets)``.
        probabilities: A column for each class or label, ``(rows, classes)``; None for numbers.
        notes: What is to be said about the table: unseen categories, surplus columns.
        names: The targets' names.
        classes: What the columns of probabilities stand for.
        source: The frame that was asked about; None for anything else.
    """

    labels: np.ndarray
    probabilities: np.ndarray | None
    notes: tuple[Note, ...]
    names: tuple[str, ...] = ()
    classes: tuple[Any, ...] = ()
    source: Any = None

    def columns(self, probabilities: bool = True) -> dict[str, list[Any]]:
        """Return the answers by column: the targets' names, then ``P(class)`` for each class or label.

        Args:
            probabilities: Whether to give the latter.
        """
        labels = self.labels if self.labels.ndim == 2 else self.labels[:, None]
        made: dict[str, list[Any]] = {name: labels[:, number].tolist() for number, name in enumerate(self.names)}
        if probabilities and self.probabilities is not None:
            for number, label in enumerate(self.classes):
                made[f"P({label})"] = self.probabilities[:, number].tolist()
        return made

    def to_frame(self, probabilities: bool = True) -> Any:
        """Return a frame of the kind that was asked about, with its index; a polars frame for anything else.

        Args:
            probabilities: Whether each class or label has a column ``P(class)`` too.

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
        return frame if index is None else cast(Any, frame).set_axis(index, axis=0)


class OnTable(NamedTuple):
    """What a network says of a table whose targets are known.

    Args:
        places: Where each row stands in its source.
        y: The truth: class numbers, labels, or numbers in the targets' units.
        answers: Shares of classes or labels, or numbers.
        scores: The figures.
        notes: What is to be said about the table.
    """

    places: np.ndarray
    y: np.ndarray
    answers: np.ndarray
    scores: Scores
    notes: tuple[Note, ...]


def frame_of(source: Any) -> Any:
    """Return the source where it is a frame whose kind and index answers can keep, else None."""
    import narwhals as nw

    return source if isinstance(nw.from_native(source, pass_through=True), nw.DataFrame) else None
