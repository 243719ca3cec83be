"""Random raw cells for columns, to check files without data."""

from __future__ import annotations

import datetime
import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from .raw_columns import ColumnSpec, RawCell, RawColumns

_LETTERS = list("abcdefghijklmnopqrstuvwxyzÄéß日 ")
_MISSING = 0.1  # the share of missing cells


def drawn_columns(table: Mapping[str, Any], rows: int) -> RawColumns:
    """Return random cells for each column that is read.

    Args:
        table: What happens around the program; see :mod:`.preprocessing`.
        rows: The number of rows.
    """
    rng = np.random.default_rng(0)
    specs: dict[str, ColumnSpec] = {str(spec["name"]): spec for columns in table["inputs"] for spec in columns}
    return {name: [_cell(spec, rng) for _ in range(rows)] for name, spec in specs.items()}


def _cell(spec: ColumnSpec, rng: np.random.Generator) -> RawCell:
    if rng.random() < _MISSING and spec["kind"] != "plain":
        return None
    match spec["kind"]:
        case "number":
            return _number(spec, rng)
        case "plain":
            return float(rng.normal())
        case "date":
            seconds = min(max(_number(spec, rng), -25_000), 47_000) * 86_400
            return datetime.datetime(1970, 1, 1) + datetime.timedelta(seconds=round(seconds))
        case "text":
            return "".join(rng.choice(_LETTERS, rng.integers(0, 40)))
        case _:
            words = [*(spec.get("booleans") or spec["categories"]), *([] if "booleans" in spec else ["?!"])]
            return str(words[rng.integers(len(words))])


def _number(spec: ColumnSpec, rng: np.random.Generator) -> float:
    """Return a number that is usual on the scale of a column."""
    bent = float(spec["centre"]) + float(rng.normal()) / (float(spec["scale"]) or 1.0)
    unit = float(spec["unit_of_log"])
    return math.copysign(unit * math.expm1(min(abs(bent), 50)), bent) if unit else bent
