"""The text of the verdict in one language, shared by the terminal, ``results.json`` and the report."""

from __future__ import annotations

import json
from typing import Literal, NamedTuple

from ..evaluation.verdicts import Verdict
from . import formats
from .wording import alone

Words = Literal["python", "command", "both"]
SIMPLER = {"linear": 0, "trees": 1, "network": 2}


class Conclusion(NamedTuple):
    """The result of the comparison, and the advice."""

    sentence: str
    advice: str


def conclusion(verdict: Verdict, lang: str = "en", words: Words = "python") -> Conclusion:
    """Return a verdict as text.

    Args:
        verdict: The verdict.
        lang: The language.
        words: How settings are written: "python", "command" for a terminal, or "both" for a page.

    Example:
        >>> from plastica.evaluation.scores import Figure
        >>> found = Verdict(level="good", standing="better", advice="good", model="network", rival="linear",
        ...                 measure="accuracy", difference=Figure(0.1, 0.05, 0.15), rows=100)
        >>> conclusion(found).sentence
        'The network is measurably better than the linear model: difference in accuracy +0.100 (+0.050 … +0.150).'
    """
    values = {
        "model": alone(f"subject_{verdict.model}", lang),
        "rival": alone(f"rival_{verdict.rival}", lang) if verdict.rival else "",
        "figure": alone(f"score_{verdict.measure}", lang),
        "difference": _written(verdict),
        "rows": formats.number(verdict.rows),
        "use": _setting("model", verdict.rival, lang, words),
        "best": _setting("model", "best", lang, words),
        "test": _setting("test", 0.4, lang, words),
        "part": _setting("linear_part", True, lang, words),
    }
    sentence = alone(f"verdict_{verdict.standing}", lang, **values)
    if verdict.standing == "same" and SIMPLER.get(verdict.rival, 9) < SIMPLER[verdict.model]:
        sentence += ("" if lang == "zh" else " ") + alone(f"same_{verdict.rival}", lang, **values)
    # A linear part is for numbers alone.
    linear = (verdict.model, verdict.rival) == ("network", "linear") and verdict.measure in ("mae", "r2")
    key = "advice_worse_linear" if verdict.advice == "worse" and linear else f"advice_{verdict.advice}"
    return Conclusion(sentence, alone(key, lang, **values))


def _setting(name: str, value: str | float | Literal[True], lang: str, words: Words) -> str:
    """Return a setting in the syntax of the command line or of Python."""
    command = f"--{name.replace('_', '-')}" + (f" {value}" if value is not True else "")
    python = f"Settings({name}={json.dumps(value) if value is not True else value})"
    if words == "both":
        return alone("in_python", lang, command=command, python=python)
    return python if words == "python" else command


def _written(verdict: Verdict) -> str:
    gap = verdict.difference
    if gap is None:
        return ""
    interval = formats.interval(verdict.measure, gap, signed=True)
    return formats.figure(verdict.measure, gap.value, signed=True) + (f" ({interval})" if interval else "")
