"""What a file takes and answers, in words for its head."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .raw_columns import ColumnSpec

_SHOWN = 8  # categories


def takes(table: Mapping[str, Any]) -> list[str]:
    """Return a line for each column, and one for the answers."""
    specs = {str(spec["name"]): spec for columns in table["inputs"] for spec in columns}
    answers = table["answers"]
    names = ", ".join(map(str, answers["names"]))
    if answers["decision"] is None:
        told = "a number" if len(answers["names"]) == 1 else "numbers"
    else:
        told = "1 or 0 for each label" if answers["task"] == "multilabel" else _listed(answers["classes"])
    return [*(f"{name}: {in_words(spec)}" for name, spec in specs.items()), f"answer ({names}): {told}"]


def in_words(spec: ColumnSpec) -> str:
    """Return what the cells of a column are.

    Example:
        >>> in_words({"kind": "category", "categories": ["red", "blue"]})
        "'red' or 'blue'"
    """
    match spec["kind"]:
        case "number" | "plain":
            return f"a number with {spec['unit_words']}" if spec["unit_words"] else "a number"
        case "boolean":
            return _listed(spec["booleans"])
        case "date":
            return "a date or a time as in training"
        case "text":
            return "text"
        case _:
            return _listed(spec["categories"])


def takes_series(document: Mapping[str, Any]) -> list[str]:
    """Return lines that say what the file of a forecaster takes and answers."""
    times = ", ".join(spec["name"] for spec in document["clock"])
    lines = [f"{times}: the time of each row"]
    if document["group"]:
        lines.append(f"{document['group']}: the name of its series, of {len(document['names'])}")
    for place, name in enumerate(document["columns"]):
        role = "to be forecast" if place < len(document["targets"]) else "a covariate"
        lines.append(f"{name}: {role}{', known for the steps to forecast' * (name in _known(document))}")
    share = f"{100 * document['intervals']['coverage']:g} %"
    return [
        "Columns, in which an empty cell is a missing value:",
        "",
        *(f"    {line}" for line in lines),
        "",
        f"Answers the next {document['horizon']} steps with intervals that shall contain {share} of the values.",
        "The file contains the last values of the training series, from which it goes on.",
    ]


def _known(document: Mapping[str, Any]) -> list[str]:
    """Return the columns whose future values are known."""
    found: list[str] = []
    begin = 0
    for name, spec in document["columns"].items():
        if begin >= document["known_from"]:
            found.append(name)
        begin += len(spec.get("words", [name]))
    return found


def _listed(words: list[object]) -> str:
    shown = [repr(each) for each in words[:_SHOWN]]
    if len(words) > _SHOWN:
        return f"{', '.join(shown)} ... ({len(words)} in all)"
    return f"{', '.join(shown[:-1])} or {shown[-1]}" if len(shown) > 1 else "".join(shown)
