"""The JSON Schema of the rows that a model needs, with examples from its columns."""

from __future__ import annotations

from collections.abc import Sequence

from ..data.column import Column
from ..typing import Document, Json

DIALECT = "https://json-schema.org/draft/2020-12/schema"
FEW = 5  # categories shown as examples
TYPES: dict[str, list[str]] = {
    "number": ["number", "string", "null"],
    "boolean": ["boolean", "string", "number", "null"],
    "category": ["string", "number", "null"],
    "date": ["string", "null"],
    "text": ["string", "null"],
}


def row_schema(name: str, target: Document, columns: Sequence[Column]) -> Document:
    """Return the schema of a row.

    Values outside the range of training and new categories are allowed, as by ``plastica predict``: ranges and
    categories are described and not required.

    Args:
        name: The name of what is predicted.
        target: Its description.
        columns: The columns that the model needs.
    """
    return {
        "$schema": DIALECT,
        "title": f"A row for the prediction of {name}",
        "type": "object",
        "properties": {column.name: _property(column) for column in columns},
        "required": [column.name for column in columns],
        "examples": [{column.name: _examples(column)[0] for column in columns}],
        "x-target": target,
    }


def _property(column: Column) -> Document:
    return {"type": TYPES[column.kind], "description": _described(column), "examples": _examples(column)}


def _described(column: Column) -> str:
    told = [column.kind]
    if column.lowest is not None and column.highest is not None:
        told.append(f"in training from {column.lowest:.6g} to {column.highest:.6g}")
    if column.kind == "boolean":
        told.append(f"{column.booleans[0]} or {column.booleans[1]}")
    if column.kind == "category":
        told.append(f"{column.distinct} values in training")
    told.append("null if unknown" if column.missing else "never unknown in training")
    return ", ".join(told)


def _examples(column: Column) -> list[Json]:
    if column.kind == "number" and column.mean is not None:
        typical = column.deciles[4] if column.deciles else column.mean
        return [round(typical) if column.whole else float(f"{typical:.6g}")]
    if column.kind == "number":  # not described
        return [0]
    if column.kind == "boolean":
        return [column.booleans[1], column.booleans[0]]
    return list(column.categories[:FEW]) or ["a text" if column.kind == "text" else None]
