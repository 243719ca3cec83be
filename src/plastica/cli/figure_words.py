"""Metrics in words: their names, their values with intervals, and the order of models."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from .output import brief
from .wording import SAY

if TYPE_CHECKING:
    from ..evaluation.intervals import Figure

# Model files store metrics in alphabetical order.
MODELS = ("network", "linear", "trees", "dummy", "last_value", "yesterday", "last_week", "last_year")


def word_of(name: str) -> str:
    """Return the display name of a metric.

    Example:
        >>> word_of("macro_f1"), word_of("mae of price")
        ('macro-averaged F1', 'mean absolute error of price')
    """
    figure, of, target = name.partition(" of ")
    said = SAY.name("score", figure)
    return SAY("of_target", figure=said, target=brief(target)) if of else said


def result_in_words(name: str, figure: Figure, rows: str) -> str:
    """Format a metric with its interval and number of rows."""
    values = {"figure": word_of(name), "value": _write(figure.value, _form(name, figure.value)), "rows": rows}
    if figure.low is None:
        return SAY("result", **values)
    form = _form(name, figure.value)
    return SAY("result_interval", **values, low=_write(figure.low, form), high=_write(figure.high, form))


def say_figure(name: str, figure: Figure) -> str:
    """Format a metric with its interval; a value just below 1 is not rounded to 1."""
    form = _form(name, figure.value)
    value = _write(figure.value, form)
    if figure.low is None:
        return value
    return SAY("interval", value=value, low=_write(figure.low, form), high=_write(figure.high, form))


def say_gap(name: str, gap: Figure) -> str:
    """Format the difference between two models' metrics."""
    value = f"{gap.value:+.3g}"
    if gap.low is not None:
        value = SAY("interval", value=value, low=f"{gap.low:+.3g}", high=f"{gap.high:+.3g}")
    return f"{word_of(name)} {value}"


def cell(name: str, figure: Figure) -> str:
    """Format a metric for a cell of a table, with its interval."""
    form = _form(name, figure.value)
    if figure.low is None or figure.high is None or figure.low < 0:  # a dash would be confused with a minus sign
        return say_figure(name, figure)
    edges = ".3f" if form == ".5f" else form
    return SAY("cell", value=_write(figure.value, form), low=_write(figure.low, edges), high=_write(figure.high, edges))


def in_order(scores: Iterable[str], own: str) -> list[str]:
    """Return the names of models in the usual order, the model that was trained first."""
    return sorted(scores, key=lambda name: (name != own, place_in(name, MODELS)))


def place_in(name: str, order: tuple[str, ...]) -> int:
    """Return the place of a name in an order, in which unknown names come last."""
    return order.index(name) if name in order else len(order)


def _form(name: str, value: float) -> str:
    if name.startswith(("mae", "rmse", "mean_cost", "coverage")):
        return ".4g"
    return ".5f" if 0.9995 <= value < 1 else ".3f"


def _write(value: float | None, form: str) -> str:
    written = f"{value:{form}}"
    return written.lstrip("-") if float(written) == 0 else written
