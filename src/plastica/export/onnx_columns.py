"""Nodes of ONNX from raw columns to features: what :mod:`.raw_columns` does, for whole columns.

A column is a tensor ``(rows, 1)``: numbers as doubles (NaN if missing), dates as whole seconds since 1970 (the least
``int64`` if missing, as NumPy stores NaT), all others as strings ("" if missing). A graph cannot refuse a cell: an
unknown word for yes or no is a missing value, as an unknown category is in plastica too.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from .onnx_graph import OnnxGraph
from .onnx_text import encode_text
from .onnx_words import full_match, quoted, stripped
from .raw_columns import ColumnSpec

NO_DATE = np.iinfo(np.int64).min
DTYPES = {"number": "float64", "plain": "float64", "date": "int64"}  # of other columns: string
ColumnNodes = Callable[[OnnxGraph, str, ColumnSpec], "tuple[list[str], str]"]


def dtype_of(spec: ColumnSpec) -> str:
    """Return the dtype of a column of raw cells."""
    return DTYPES.get(str(spec["kind"]), "string")


def columns_of(table: Mapping[str, Any]) -> dict[str, ColumnSpec]:
    """Return the description of each column that is read."""
    return {str(spec["name"]): spec for columns in table["inputs"] for spec in columns}


def described(spec: ColumnSpec) -> str:
    """Return what the input of a column takes."""
    match dtype_of(spec):
        case "float64":
            return f"a number{f' in {unit}' if (unit := spec['unit_words']) else ''}; NaN if missing"
        case "int64":
            return "seconds since 1970-01-01 in UTC; -2**63 (NaT of NumPy) if missing"
        case _:
            words = spec.get("booleans") or spec.get("categories") or []
            return f"{' or '.join(map(repr, words)) or 'text'}; '' if missing"


def encode_columns(graph: OnnxGraph, columns: Mapping[str, str], specs: Sequence[ColumnSpec]) -> str:
    """Return the features of encoded columns, ``float32 (rows, features)``.

    Args:
        graph: The graph.
        columns: The tensor of each column.
        specs: The description of each column.
    """
    parts: list[str] = []
    for spec in specs:
        features, gone = _ENCODERS[str(spec["kind"])](graph, columns[str(spec["name"])], spec)
        parts += [graph.cast(each, "float32") for each in ([*features, gone] if spec["indicator"] else features)]
    return graph.node("Concat", *parts, axis=1)


def _encode_number(graph: OnnxGraph, x: str, spec: ColumnSpec) -> tuple[list[str], str]:
    gone = _any_of(graph, [graph.node("IsNaN", x), *_equal(graph, x, spec["missing_numbers"], "float64")])
    present = graph.node("Where", gone, graph.number(0, "float64"), x)
    return [graph.node("Where", gone, graph.number(0, "float64"), scaled(graph, present, spec))], gone


def _encode_plain(graph: OnnxGraph, x: str, spec: ColumnSpec) -> tuple[list[str], str]:
    gone = _any_of(graph, [graph.node("IsNaN", x), *_equal(graph, x, spec["missing_numbers"], "float64")])
    return [graph.node("Where", gone, graph.number(math.nan, "float64"), x)], gone


def scaled(graph: OnnxGraph, x: str, spec: ColumnSpec) -> str:
    """Return doubles on the scale of the training rows, clipped smoothly."""

    def number(value: float) -> str:
        return graph.number(value, "float64")

    if unit := float(spec["unit_of_log"]):
        share = graph.node("Min", graph.node("Div", graph.node("Abs", x), number(unit)), number(sys.float_info.max))
        logarithm = graph.node("Log", graph.node("Add", share, number(1)))
        x = graph.node("Mul", graph.node("Sign", x), logarithm)
    # Halved first, so that the largest doubles do not overflow.
    moved = graph.node("Sub", graph.node("Mul", x, number(0.5)), number(float(spec["centre"]) / 2))
    part = graph.node("Mul", graph.node("Mul", moved, number(float(spec["scale"]))), number(2))
    part = graph.node("Min", graph.node("Max", part, number(-1e12)), number(1e12))
    third = graph.node("Div", part, number(3))
    square = graph.node("Add", graph.node("Mul", third, third), number(1))
    return graph.node("Div", part, graph.node("Sqrt", square))


def _encode_boolean(graph: OnnxGraph, x: str, spec: ColumnSpec) -> tuple[list[str], str]:
    no, yes = (full_match(graph, x, f"(?i:{_spelled(word, spec)})") for word in spec["booleans"])
    known = graph.node("Or", no, yes)
    half = graph.number(0.5, "float32")
    return [graph.node("Where", known, graph.cast(yes, "float32"), half)], graph.node("Not", known)


def _spelled(word: str, spec: ColumnSpec) -> str:
    """Return the regular expression of a word in all of its spellings."""
    return "|".join(
        quoted(each) for each in (word, *(other for other, own in spec["spellings"].items() if own == word))
    )


def _encode_category(graph: OnnxGraph, x: str, spec: ColumnSpec) -> tuple[list[str], str]:
    found = [full_match(graph, x, f"(?:{_spelled(str(word), spec)})") for word in spec["categories"]]
    return found, is_missing(graph, x, spec)


def _encode_code(graph: OnnxGraph, x: str, spec: ColumnSpec) -> tuple[list[str], str]:
    places = {str(word): place for place, word in enumerate(spec["categories"], start=1)}
    places |= {other: places[word] for other, word in spec["spellings"].items() if word in places}
    if not places:
        code = graph.node("Mul", graph.cast(is_missing(graph, x, spec), "float32"), graph.number(0, "float32"))
    else:
        code = graph.node(
            "LabelEncoder",
            stripped(graph, x),
            domain="ai.onnx.ml",
            keys_strings=list(places),
            values_int64s=list(places.values()),
            default_int64=0,
        )
    return [code], is_missing(graph, x, spec)


def _encode_text(graph: OnnxGraph, x: str, spec: ColumnSpec) -> tuple[list[str], str]:
    gone = is_missing(graph, x, spec)
    return [encode_text(graph, graph.node("Where", gone, graph.strings([""]), x), spec)], gone


def is_missing(graph: OnnxGraph, x: str, spec: ColumnSpec) -> str:
    """Return whether cells are empty or one of the words for missing values."""
    words = [f"(?i:{quoted(str(word))})" for word in spec["missing"]]
    words += [quoted(str(word)) for word in spec["missing_words"]]
    return full_match(graph, x, "|".join(["", *(word for word in words if word)]))


def _encode_date(graph: OnnxGraph, x: str, spec: ColumnSpec) -> tuple[list[str], str]:
    gone = graph.node("Equal", x, graph.integers(NO_DATE))
    moment = graph.node("Where", gone, graph.integers(0), x)
    seconds = graph.node("Mod", moment, graph.integers(86400))
    days = graph.node("Div", graph.node("Sub", moment, seconds), graph.integers(86400))
    in_day = graph.node("Div", graph.cast(seconds, "float64"), graph.number(86400, "float64"))
    weekday = graph.node("Mod", graph.node("Add", days, graph.integers(3)), graph.integers(7))
    features = [scaled(graph, graph.node("Add", graph.cast(days, "float64"), in_day), spec)]
    for cycle in spec["cycles"]:
        match cycle:
            case "year":
                features += _waves(graph, _day_of_year(graph, days), 366)
            case "week":
                features += _waves(graph, weekday, 7)
            case _:
                features += _waves_of_day(graph, seconds)
    if spec["weekend"]:
        features.append(graph.node("GreaterOrEqual", weekday, graph.integers(5)))
    zero = graph.number(0, "float32")
    return [graph.node("Where", gone, zero, graph.cast(each, "float32")) for each in features], gone


def _waves(graph: OnnxGraph, phase: str, period: int) -> list[str]:
    """Return sine and cosine of whole numbers below a period."""
    angles = 2 * np.pi * (np.arange(period) / period)
    return [graph.node("Gather", graph.constant(wave(angles)), phase) for wave in (np.sin, np.cos)]


def _waves_of_day(graph: OnnxGraph, seconds: str) -> list[str]:
    """Return sine and cosine of the time of day.

    Sines of onnxruntime are 0 at noon, where those of NumPy are 1e-16, which trees may tell apart from 0: at every
    quarter of the day, they are those of NumPy.
    """
    angle = graph.node("Mul", graph.cast(seconds, "float64"), graph.number(2 * np.pi / 86400, "float64"))
    quarter = graph.node("Div", seconds, graph.integers(21600))
    exact = graph.node("Equal", graph.node("Mod", seconds, graph.integers(21600)), graph.integers(0))
    found = zip(("Sin", "Cos"), _waves(graph, quarter, 4), strict=True)
    return [graph.node("Where", exact, known, graph.node(kind, angle)) for kind, known in found]


def _day_of_year(graph: OnnxGraph, days: str) -> str:
    """Return the day of the year from 0, of days since 1970 (Hinnant 2013, days_from_civil)."""

    def with_numbers(kind: str, x: str, *others: int) -> str:
        for other in others:
            x = graph.node(kind, x, graph.integers(other))
        return x

    def minus(x: str, y: str) -> str:
        return graph.node("Sub", x, y)

    def over(x: str, number: int) -> str:
        return with_numbers("Div", x, number)

    shifted = with_numbers("Add", days, 719468)
    of_era = with_numbers("Mod", shifted, 146097)
    era = over(minus(shifted, of_era), 146097)
    leaps = minus(graph.node("Add", over(of_era, 36524), minus(of_era, over(of_era, 1460))), over(of_era, 146096))
    year = over(leaps, 365)
    before = minus(graph.node("Add", with_numbers("Mul", year, 365), over(year, 4)), over(year, 100))
    since_march = minus(of_era, before)
    month = over(with_numbers("Add", with_numbers("Mul", since_march, 5), 2), 153)
    civil = graph.node("Add", year, with_numbers("Mul", era, 400))

    def divides(number: int) -> str:
        return with_numbers("Equal", with_numbers("Mod", civil, number), 0)

    leap = graph.node("Or", graph.node("And", divides(4), graph.node("Not", divides(100))), divides(400))
    spring = graph.node("Add", with_numbers("Add", since_march, 59), graph.cast(leap, "int64"))
    winter = with_numbers("Add", since_march, -306)
    return graph.node("Where", with_numbers("GreaterOrEqual", month, 10), winter, spring)


def _equal(graph: OnnxGraph, x: str, values: Iterable[float], dtype: str) -> list[str]:
    return [graph.node("Equal", x, graph.number(value, dtype)) for value in values]


def _any_of(graph: OnnxGraph, tests: Sequence[str]) -> str:
    first, *others = tests
    for each in others:
        first = graph.node("Or", first, each)
    return first


_ENCODERS: dict[str, ColumnNodes] = {
    "number": _encode_number,
    "plain": _encode_plain,
    "boolean": _encode_boolean,
    "category": _encode_category,
    "code": _encode_code,
    "date": _encode_date,
    "text": _encode_text,
}
