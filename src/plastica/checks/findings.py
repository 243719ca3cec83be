"""Findings about data, a network or its training, stored in files as values and displayed in each language."""

from __future__ import annotations

from typing import Literal

import msgspec

from ..notes import TEXTS, Note, as_written, note

Severity = Literal["serious", "warning", "note"]
Certainty = Literal["certain", "likely", "possible"]
Value = str | int | float

MOST_NAMED = 5
OWN_WORDS = {  # translated values
    "part": "part_",
    "name": "model_",
    "figure": "score_",
    "measure": "measure_",
    "what": "what_",
    "gate": "gate_",
    "state": "state_",
}
ORDER = {"serious": 0, "warning": 1, "note": 2}


class Finding(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A finding about the data, a network or its training.

    Args:
        code: The name of the check.
        severity: "serious" if results may be misleading, "warning" if they are affected, "note" for information.
        message: The finding and what to do, in English.
        data: The values in the message by name, for messages in other languages.
        where: The layer, column, class or epoch that it is about, as in a trace: ``"layer 0, Dense"``.
        value: The number that was measured, if it is compared with a threshold.
        threshold: The threshold.
        source: Where the threshold comes from: a publication, or the program of ours that measured it.
        certainty: "certain" if it follows from what was measured, "likely" or "possible" if it has other explanations.
        remedy: What to try, as a line of code.
    """

    code: str
    severity: Severity
    message: str
    data: dict[str, Value] = {}
    where: str = ""
    value: float | None = None
    threshold: float | None = None
    source: str = ""
    certainty: Certainty = "certain"
    remedy: str = ""


def finding(code: str, severity: Severity, **data: Value) -> Finding:
    """Return a finding with its message in English."""
    return Finding(code, severity, _note(code, data).spoken("en"), data)


def observed(
    code: str,
    severity: Severity,
    *,
    where: str = "",
    value: float | None = None,
    threshold: float | None = None,
    source: str = "",
    certainty: Certainty = "certain",
    remedy: str = "",
    **data: Value,
) -> Finding:
    """Return a finding with its place, number, threshold and remedy; see :class:`Finding`.

    Args:
        code, severity, where, value, threshold, source, certainty, remedy: The fields of the finding.
        data: The values of its message; ``where`` is one of them.
    """
    told: dict[str, Value] = {"where": where, **data} if where else data
    message = _note(code, told).spoken("en")
    value, threshold = (None if each is None else float(each) for each in (value, threshold))  # NumPy's too
    return Finding(code, severity, message, told, where, value, threshold, source, certainty, remedy)


def noted(found: Finding) -> Note:
    """Return a finding as a note; for findings from older versions, the English message."""
    told = _note(found.code, found.data)
    return told if told.is_complete else as_written(found.message)


def _note(code: str, data: dict[str, Value]) -> Note:
    told = {
        name: note(key) if (key := f"{OWN_WORDS.get(name)}{value}".replace(" ", "_")) in TEXTS else value
        for name, value in data.items()
    }
    return note(f"finding.{code}", **told)


def percent(share: float) -> str:
    """Return a share as a percentage.

    Example:
        >>> percent(0.0432), percent(0.00004)
        ('4.3 %', '0.004 %')
    """
    shown = 100 * share
    return f"{shown:.1f} %" if shown >= 0.1 or shown == 0 else f"{shown:.1g} %"


def listed_names(names: list[str]) -> str:
    """Return the first five names and the number of the others."""
    return ", ".join(names[:MOST_NAMED]) + (f" +{len(names) - MOST_NAMED}" if len(names) > MOST_NAMED else "")
