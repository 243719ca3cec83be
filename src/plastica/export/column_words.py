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
            return f"a number with {spec['unit']}" if spec["unit"] else "a number"
        case "boolean":
            return _listed(spec["booleans"])
        case "date":
            return "a date or a time as in training"
        case "text":
            return "text"
        case _:
            return _listed(spec["categories"])


def _listed(words: list[object]) -> str:
    shown = [repr(each) for each in words[:_SHOWN]]
    if len(words) > _SHOWN:
        return f"{', '.join(shown)} ... ({len(words)} in all)"
    return f"{', '.join(shown[:-1])} or {shown[-1]}" if len(shown) > 1 else "".join(shown)
