"""The largest errors of the model, with the rows as in the file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from . import formats
from .judged import HeldOutAnswers
from .wording import plain

if TYPE_CHECKING:
    from ..checks.prepared import Prepared
    from ..tables import TableNetwork

MOST_ROWS, MOST_COLUMNS, MOST_LABELS = 10, 10, 8


@dataclass(frozen=True)
class Mistake:
    """A row: its position, true value, prediction, probability or error, and cells."""

    place: str
    true: str
    said: str
    size: str
    cells: tuple[str, ...]


@dataclass(frozen=True)
class Mistakes:
    """The rows with the largest errors, the displayed columns, and the number of errors."""

    rows: tuple[Mistake, ...]
    columns: tuple[str, ...]
    wrong: int


def worst(network: TableNetwork, prepared: Prepared, judged: HeldOutAnswers, columns: Sequence[str]) -> Mistakes:
    """Return the ten most confident wrong predictions, or the ten largest errors.

    Args:
        network, prepared, judged: The model, the table and the predictions.
        columns: The used columns, the most important first; ten are displayed.
    """
    sizes = sizes_of(judged)
    wrong = np.flatnonzero(judged.losses > 0)
    order = wrong[np.argsort(-sizes[wrong], kind="stable")][:MOST_ROWS].tolist()
    shown = tuple(columns[:MOST_COLUMNS])
    table = prepared.table.take(judged.rows[order])
    cells = [[_cell(value) for value in table.column(name).to_list()] for name in shown]
    rows = (
        Mistake(
            plain(table.place(place)),
            _truth(network, judged, row),
            _answer(network, judged, row),
            _size(judged, row, float(sizes[row])),
            tuple(values[place] for values in cells),
        )
        for place, row in enumerate(order)
    )
    return Mistakes(tuple(rows), tuple(plain(name, 30) for name in shown), len(wrong))


def sizes_of(judged: HeldOutAnswers) -> np.ndarray:
    """Return the size of each error: the probability of the wrong class, the log loss of labels, the absolute error."""
    if judged.task in ("binary", "multiclass"):
        return judged.losses * judged.network[np.arange(len(judged.y)), judged.decided]
    if judged.task == "multilabel":
        given = np.where(judged.y > 0.5, judged.network, 1 - judged.network)
        return -np.log(np.maximum(given, 1e-12)).mean(1)
    return judged.losses


def _truth(network: TableNetwork, judged: HeldOutAnswers, row: int) -> str:
    return _said(network, judged, judged.y[row])


def _answer(network: TableNetwork, judged: HeldOutAnswers, row: int) -> str:
    return _said(network, judged, judged.decided[row])


def _said(network: TableNetwork, judged: HeldOutAnswers, value: np.ndarray) -> str:
    if judged.task == "regression":
        return ", ".join(formats.number(float(one)) for one in np.atleast_1d(value)[:MOST_LABELS])
    if judged.task == "multilabel":
        named = [plain(network.target.classes[at], 24) for at in np.flatnonzero(value)]
        return ", ".join(named[:MOST_LABELS]) + (" …" if len(named) > MOST_LABELS else "") if named else formats.NONE
    return plain(network.target.classes[int(value)], 60)


def _size(judged: HeldOutAnswers, row: int, size: float) -> str:
    return formats.share(size) if judged.task in ("binary", "multiclass") else formats.number(size)


def _cell(value: object) -> str:
    if value is None:
        return ""
    return formats.number(value) if isinstance(value, float) else plain(value, 40)
