"""What happens around the program of a table's model, as plain data: raw columns to features, answers to labels.

The result is JSON, so that writers for any language carry it along. :mod:`.raw_columns` interprets it in Python; it is
the definition where words leave a question open.

``{"version", "source", "inputs", "answers", "identifiers"}``:

* ``inputs`` has a list of column descriptions for each input of the program, whose features stand side by side in
  ``float32 (rows, features)``. Each has ``name``, ``kind``, ``missing`` (words in lower case) and ``missing_words``
  (as written) that are missing values besides empty cells, ``spellings`` (what other spellings of a category, or of a
  word for yes or no in lower case, are read as), ``indicator`` (whether one more feature is 1 where the cell
  is missing), and by kind:

  - ``number``: a typographic minus becomes one of ASCII, and each of ``rewrites`` (a pattern, and what its first match
    becomes) is applied. What matches ``unit_removed`` is removed once (with a ``unit`` the cell must match
    ``unit_pattern``). With ``patterns``, the cell must match the first of them, and is the sum of all matches of the
    second (digits and a unit), times ``factors`` by the unit in lower case; a minus in front holds for the sum.
    Digits match ``pattern``; characters that match ``group`` are removed, and ``point`` is the decimal mark.
    ``missing_numbers`` are missing values.
    ``either`` and ``whole`` (lowest and highest, or null) find marks of thousands: if all cells with a decimal mark
    match ``either`` and most, times 1000, are in that range, the column is refused. The feature is the number on a
    robust scale: b = sign(x) log(1 + |x| / ``unit_of_log``), or x if that is 0; s = (b - ``centre``) ``scale``;
    z = s / sqrt(1 + (s / 3)^2); 0 if missing.
  - ``plain``: as ``number``, without the scale; NaN if missing.
  - ``boolean``: 1 for the second of ``booleans``, 0 for the first, in lower case; 0.5 if missing.
  - ``category``: for each of ``categories`` a feature that is 1 where the cell is that text.
  - ``code``: the place among ``categories`` from 1, 0 for all others.
  - ``date``: the first of ``forms`` that gives a date; the groups y, m or month (by ``months``), d, H, M, S, half,
    zone of its ``pattern``, or y, w and wd, the year, week and weekday of ISO 8601; features: days since 1970
    on the robust scale, sine and cosine of each of ``cycles``, and 1 on weekends if ``weekend``; 0 if missing.
  - ``text``: hashed ``words`` or ``letters`` in ``features`` features.

* ``answers`` has ``task``, ``names`` of the targets, ``classes``, ``decision`` (null for numbers) and ``digits``
  (decimals of each number). The program returns ``float32 (rows, classes)``, probabilities, or ``(rows, targets)``,
  numbers in the unit of the targets. ``decision`` has ``rule``: ``largest``, ``weights`` (the largest of probabilities
  times weights), ``threshold`` (``thresholds``; of two classes, ``positive`` is the one that must reach it) or
  ``costs``.

* ``identifiers`` are columns that answers repeat.
"""

from __future__ import annotations

import math
import re

from ..data.column import Column
from ..data.date_forms import FORMS, forms_of, months_of
from ..data.encoders import (
    BooleanEncoder,
    CategoryEncoder,
    CodeEncoder,
    ColumnEncoder,
    DateEncoder,
    NumberEncoder,
    TextEncoder,
)
from ..data.encoders.scaling import Robust
from ..data.encoding import TableEncoder
from ..data.looks import EITHER
from ..data.numbers import PLAIN_FORMAT, SPACES, NumberFormat, words_as_numbers
from ..data.target import Target
from ..data.unit_families import factors_of
from ..data.units import removed_pattern, unit_pattern
from ..data.words import MISSING
from ..evaluation.decisions import Decision
from ..typing import Document

VERSION = 1
_GROUPS = {"": "", ",": ",", ".": r"\.", " ": SPACES}


def columns_of(encoder: TableEncoder) -> list[Document]:
    """Return the description of each column that an encoder reads, in the order of its features."""
    return [_described(each) for each in encoder.encoders]


def plain_columns(names: tuple[str, ...], form: NumberFormat = PLAIN_FORMAT) -> list[Document]:
    """Return the descriptions of columns of numbers that a model takes as they are."""
    return [{**_number(Column(name, "number", format=form)), "kind": "plain", "indicator": False} for name in names]


def date_column(column: Column) -> Document:
    """Return how the cells of a column of dates are read."""
    return {**_column(column), "forms": [_date_form(form) for form in forms_of(column.date_order)]}


def _date_form(form: str) -> Document:
    pattern = FORMS[form]
    return {
        "pattern": re.sub(r"\?<(\w+)>", r"?P<\1>", pattern),
        "months": months_of(form) if "month" in pattern else {},
    }


def text_column(name: str) -> Document:
    """Return how the cells of a column of words are read."""
    return _column(Column(name, "category"))


def answers_of(target: Target, decision: Decision | None) -> Document:
    """Return the description of the answers of a model."""
    return {
        "task": target.task,
        "names": list(target.names),
        "classes": list(target.classes),
        "decision": None if decision is None else _decision(decision),
        "digits": [max(0, 6 - math.floor(math.log10(scale))) for scale in target.scales],
    }


def _decision(decision: Decision) -> Document:
    return {
        "rule": decision.rule,
        "thresholds": list(decision.thresholds),
        "positive": decision.positive,
        "weights": list(decision.weights) if decision.rule == "weights" else [],
        "costs": [list(row) for row in decision.costs] if decision.rule == "costs" else [],
    }


def _described(encoder: ColumnEncoder) -> Document:
    own: Document = {**_column(encoder.column), "indicator": encoder.indicator}
    if isinstance(encoder, NumberEncoder):
        return {**own, **_number(encoder.column), **_scaling(encoder.scaling)}
    if isinstance(encoder, BooleanEncoder):
        return {**own, "booleans": list(encoder.column.booleans)}
    if isinstance(encoder, CategoryEncoder):
        return {**own, "categories": list(encoder.categories)}
    if isinstance(encoder, CodeEncoder):
        return {**own, "kind": "code", "categories": list(encoder.categories)}
    if isinstance(encoder, DateEncoder):
        return {**own, **_date(encoder), **_scaling(encoder.day)}
    assert isinstance(encoder, TextEncoder)
    return {**own, "features": encoder.features, "pieces": encoder.pieces}


def _column(column: Column) -> Document:
    return {
        "name": column.name,
        "kind": column.kind,
        "missing": sorted(MISSING - set(column.keep_words)),
        "missing_words": list(column.missing_words),
        "spellings": dict(column.spellings),
    }


def _number(column: Column) -> Document:
    form = column.format
    limits = [column.lowest, column.highest] if column.whole and column.lowest is not None else None
    return {
        **_column(column),
        "pattern": form.pattern,
        "point": form.point,
        "group": _GROUPS[form.group],
        "rewrites": [list(each) for each in form.rewrites],
        "patterns": list(form.patterns) if form.family else [],
        "factors": factors_of(form.family, form.base) if form.family else {},
        "unit": form.unit,
        "unit_words": f"{form.unit} {form.base}".strip(),
        "unit_pattern": unit_pattern(form.unit) if form.unit else "",
        "unit_removed": removed_pattern(form.unit) if form.unit else "",
        "missing_numbers": words_as_numbers(column.missing_words, form),
        "either": EITHER[form.point],
        "whole": limits,
    }


def _scaling(scaling: Robust) -> Document:
    return {"centre": scaling.centre, "scale": scaling.scale, "unit_of_log": scaling.unit}


def _date(encoder: DateEncoder) -> Document:
    return {**date_column(encoder.column), "cycles": list(encoder.cycles), "weekend": encoder.weekend}
