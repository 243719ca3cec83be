"""Predictions for rows as the body of a reply in JSON."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import msgspec

from ..data.table import Table
from ..tables.answers_frame import answers_frame
from .exchange import MOST_LISTED, Reply, Request

if TYPE_CHECKING:
    from ..data.target import Target
    from ..tables.answers import Answers
    from ..typing import Document
    from .reading import GivenRows


class Prediction(msgspec.Struct, frozen=True, omit_defaults=True):
    """The prediction for a row.

    Args:
        prediction: A label or a number; for several targets, an object with one for each.
        probabilities: The probability of each class or label.
    """

    prediction: object
    probabilities: dict[str, float] | None = None


def table_predictions(target: Target, table: Table, answers: Answers) -> list[Prediction]:
    """Return the prediction for each row, with the digits that ``plastica predict`` writes."""
    columns = [values.to_list() for values in answers_frame(target, table, answers, (), probabilities=True)]
    outputs, shares = columns[: len(target.names)], columns[len(target.names) :]
    if len(target.names) == 1:
        made = answers.labels.tolist() if target.task in ("binary", "multiclass") else outputs[0]
    else:
        made = [dict(zip(target.names, each, strict=True)) for each in zip(*outputs, strict=True)]
    if not shares:
        return [Prediction(each) for each in made]
    labels = [str(label) for label in target.classes]
    each_row = zip(made, zip(*shares, strict=True), strict=True)
    return [Prediction(each, dict(zip(labels, row, strict=True))) for each, row in each_row]


def json_reply(request: Request, given: GivenRows, rows: Mapping[int, Prediction], told: Document) -> Reply:
    """Return the reply with the predictions in the order of the rows of the request, and null for a bad row.

    Args:
        request: The request.
        given: Its rows.
        rows: The prediction for each row that can be read, by its number.
        told: What else the reply contains.
    """
    made = [rows.get(number) for number in range(1, given.rows + 1)]
    if not request.probabilities:
        made = [each and Prediction(each.prediction) for each in made]
    told = {"predictions": made, **told}
    if given.bad:
        bad = sorted(given.bad, key=lambda each: each.row)
        told |= {"bad_rows": len(bad), "rows": [each.said(request.lang) for each in bad[:MOST_LISTED]]}
    return Reply(msgspec.json.encode(told), rows=len(rows))
