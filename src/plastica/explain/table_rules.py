"""Anchors about the columns of a table, as the person wrote them."""

from __future__ import annotations

from typing import Any, cast

import numpy as np

from ..data.column import Column
from ..data.inputs import as_table
from ..data.spacing import spaced
from ..data.table import Table
from ..data.values import as_text, missing, read_categories, read_dates, read_numbers
from ..errors import InvalidValue
from ..language import Texts
from ..notes import note
from .anchor_rules import MOST_CONDITIONS, Anchor, AnchorWish, check_wish, decide_by, found_anchor, number_predicates
from .anchor_search import Predicate
from .explained import explained
from .table_answers import ExplainsTable, columns_of, encoded, require_one_target, require_row, table_answers

SAY = Texts("explain")
MOST_BACKGROUND = 1_000


def table_anchors(
    network: ExplainsTable,
    source: object,
    background: object = None,
    *,
    row: int = 0,
    tolerance: float | None = None,
    precision: float = 0.95,
    confidence: float = 0.95,
    most: int = MOST_CONDITIONS,
    seed: int = 0,
) -> Anchor:
    """Find a rule about few columns of a row of a table for which the prediction stays.

    Conditions are about columns as they are written: ``island = Biscoe``, ``bill_length_mm > 44.4``, ``date ≤
    2019-03-01``, or that a value is missing. The prediction is that of the model, with its decision threshold.

    Args:
        network: The model, such as ``pl.load("runs/penguins-1")``.
        source: A table with the row: a file, a data frame, a dict.
        background: A table with rows to draw from, such as the training set. Default: ``source``.
        row: The number of the row, from 0.
        tolerance: For targets that are numbers: how much an answer may differ.
        precision, confidence, most, seed: As for :func:`anchors`.

    Raises:
        DataError: If a column is missing.
        InvalidValue: If there is no such row, a number is out of range, or there are several targets.
    """
    wish = AnchorWish(precision, confidence, most, seed=seed)
    check_wish(wish)
    table = as_table(source)
    others = table if background is None else as_table(background)
    require_row(table, row)
    target = network.target
    require_one_target("table_anchors", target)
    if target.task == "regression" and tolerance is None:
        raise InvalidValue(note("explain.needs_tolerance", target=repr(target.name)))
    picked, others = table.take([row]), others.take(spaced(others.height, MOST_BACKGROUND))
    function = table_answers(network)
    x, behind = encoded(network, picked, []), encoded(network, others, [])
    names = [str(place) for place in range(x.shape[1])]
    groups = columns_of(network)
    asked = explained("table_anchors", function, x, behind, {"groups": groups, "feature_names": names})
    kinds = {each.name: each for part in network.members or (network,) for each in part.encoder.columns}
    predicates = [
        found for place, name in enumerate(asked.names) for found in _predicates(place, kinds[name], picked, others)
    ]
    decision = cast(Any, network).facts.decision
    decide = decide_by(asked, tolerance) if decision is None or tolerance is not None else decision.decide
    return found_anchor(asked, predicates, decide, wish)


def _predicates(place: int, column: Column, picked: Table, others: Table) -> list[Predicate]:
    """Return the conditions about a column that the row meets."""
    name, absent = column.name, missing(others, column)
    if missing(picked, column)[0]:
        return [Predicate(place, absent, SAY("is_missing", name=name))]
    if column.kind == "number":
        return number_predicates(place, name, read_numbers(picked, column)[0], read_numbers(others, column))
    if column.kind == "date":
        own, behind = (read_dates(each, column) for each in (picked, others))
        ends = np.concatenate([own, behind])
        texts = as_text(picked.column(name)).to_list() + as_text(others.column(name)).to_list()
        numbers = ends.astype("datetime64[s]").astype(np.float64)
        numbers[np.isnat(ends)] = np.nan
        told = {float(number): str(text) for number, text in zip(numbers, texts, strict=True)}
        return number_predicates(place, name, numbers[0], numbers[1:], told)
    own, behind = (read_categories(each, column) for each in (picked, others))
    value = own[0]
    return [Predicate(place, (behind == value).fill_null(value=False).to_numpy(), f"{name} = {value}")]
