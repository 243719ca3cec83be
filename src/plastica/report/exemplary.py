"""Which rows a report explains: typical ones, the worst mistake, and those that a reader asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ..errors import InvalidValue
from ..notes import note
from .judged import HeldOutAnswers, decide
from .mistakes import sizes_of

if TYPE_CHECKING:
    from ..checks.prepared import Prepared
    from ..tables import TableNetwork

MOST_TYPICAL = 2  # and one mistake: a page that is read in two minutes
QUARTERS = (0.25, 0.75)


@dataclass(frozen=True)
class Exemplary:
    """A row to explain.

    Args:
        kind: "typical", "worst" or "chosen".
        row: Its number in the prepared table.
        output: The number of the answer that is explained.
        part: "train", "validation" or "test".
    """

    kind: str
    row: int
    output: int
    part: str


def exemplary_rows(
    network: TableNetwork, prepared: Prepared, judged: HeldOutAnswers | None, chosen: Sequence[int]
) -> list[Exemplary]:
    """Return the rows to explain.

    Classes have a typical row for each of the two most predicted ones: right, and with the probability in the middle of
    all such rows. Numbers have one with a prediction at either quartile among the better half. Labels have one with an
    error in the middle.

    Args:
        network, prepared, judged: The model, the table and the predictions for the test set; None without one.
        chosen: The positions of rows in their source that are explained in any case, such as line numbers.

    Raises:
        InvalidValue: If the table has no such row.
    """
    found, asked = list[Exemplary](), _chosen(network, prepared, chosen)
    if judged is not None:
        sizes = sizes_of(judged)
        typical = _typical(judged, sizes)[:MOST_TYPICAL]
        worst = [int(sizes.argmax())] if judged.losses.max() > 0 else []
        for kind, places in (("typical", typical), ("worst", [each for each in worst if each not in typical])):
            found += [
                Exemplary(kind, int(judged.rows[place]), _output(judged, place, kind), "test") for place in places
            ]
    taken = {each.row for each in asked}
    return [*(each for each in found if each.row not in taken), *asked]


def _typical(judged: HeldOutAnswers, sizes: np.ndarray) -> list[int]:
    """Return places among the test rows."""
    if judged.task in ("binary", "multiclass"):
        classes, counts = np.unique(judged.decided, return_counts=True)
        right = [np.flatnonzero((judged.decided == each) & (judged.losses == 0)) for each in classes]
        order = np.argsort(-counts, kind="stable")
        return [_middle(right[each], judged.network[right[each], classes[each]]) for each in order if len(right[each])]
    if judged.task == "multilabel":
        return [_middle(np.arange(len(sizes)), sizes)]
    good = np.flatnonzero(judged.losses <= np.median(judged.losses))
    first = judged.network.reshape(len(sizes), -1)[good, 0]
    return list(dict.fromkeys(_middle(good, first, share) for share in QUARTERS))


def _middle(places: np.ndarray, values: np.ndarray, share: float = 0.5) -> int:
    """Return the place whose value is nearest to a quantile."""
    return int(places[np.abs(values - np.quantile(values, share)).argmin()])


def _output(judged: HeldOutAnswers, place: int, kind: str) -> int:
    """Return the number of the predicted class, or of the label or target with the largest error."""
    if judged.task in ("binary", "multiclass"):
        return int(judged.decided[place])
    if kind == "typical" and judged.task == "regression":
        return 0
    far = np.abs(judged.network[place] - judged.y[place]) / judged.scales
    return int(np.atleast_1d(far).argmax())


def _chosen(network: TableNetwork, prepared: Prepared, chosen: Sequence[int]) -> list[Exemplary]:
    found: list[Exemplary] = []
    for position in dict.fromkeys(chosen):
        row = row_at(prepared, position)
        answers = network.answers(prepared.x[[row]])
        labels = network.task in ("binary", "multiclass")
        output = int(decide(network, answers)[0]) if labels else 0
        if network.task == "multilabel":
            output = int(answers[0].argmax())
        parts = {"train": prepared.split.train, "validation": prepared.split.validation}
        part = next((name for name, rows in parts.items() if row in rows), "test")
        found.append(Exemplary("chosen", row, output, part))
    return found


def row_at(prepared: Prepared, position: int) -> int:
    """Return the number of the row at a position of its source; InvalidValue if there is none."""
    table = prepared.table
    found = np.flatnonzero(table.positions[: prepared.own] == position)
    if not len(found):
        word = note(f"words.{table.position_word.replace(' ', '_')}", number=str(position))
        raise InvalidValue(note("explain.not_used", row=word, source=table.source))
    return int(found[0])
