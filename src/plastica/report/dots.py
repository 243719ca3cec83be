"""The main metric of each model on one scale, chosen so that the best models can be distinguished."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ..evaluation.scores import Figure
from . import formats

CONTENDERS = ("network", "linear", "trees")
WIDEST = 2.0  # the maximum factor by which the scale is widened for the other models
MARGIN = 0.04


@dataclass(frozen=True)
class ScalePoint:
    """The position of a model's value and interval on the scale, from 0 to 100.

    Args:
        name: The name of the model.
        value, interval: Their texts.
        at, low, high: Their positions; None without an interval.
        off: "left" or "right" if the value is outside the scale.
        own: Whether it is the saved model.
    """

    name: str
    value: str
    interval: str
    at: float
    low: float | None
    high: float | None
    off: str
    own: bool


def dots(
    metric: str, figures: Mapping[str, Figure], own: str, scale: tuple[float, float] | None = None
) -> tuple[ScalePoint, ...]:
    """Return the position of each model on a scale spanned by the best ones; a distant guess is marked at the edge."""
    low, high = scale_of(figures) if scale is None else scale

    return tuple(
        ScalePoint(
            name=name,
            value=formats.figure(metric, figure.value),
            interval=formats.interval(metric, figure),
            at=place(figure.value, low, high),
            low=None if figure.low is None else place(figure.low, low, high),
            high=None if figure.high is None else place(figure.high, low, high),
            off="left" if figure.value < low else "right" if figure.value > high else "",
            own=name == own,
        )
        for name, figure in figures.items()
    )


def place(value: float, low: float, high: float) -> float:
    """Return the position of a value on a scale, from 0 to 100."""
    return 100 * min(max((value - low) / (high - low), 0.0), 1.0)


def scale_of(figures: Mapping[str, Figure]) -> tuple[float, float]:
    """Return the ends of a scale spanned by the best models, and by others that are near."""
    low, high = _ends([figure for name, figure in figures.items() if name in CONTENDERS] or list(figures.values()))
    # A guess far from all others would squeeze them into one point.
    for figure in figures.values():
        wider = _ends([figure, Figure(low), Figure(high)])
        if wider[1] - wider[0] <= WIDEST * (high - low):
            low, high = wider
    margin = MARGIN * (high - low) or MARGIN
    return low - margin, high + margin


def _ends(figures: Sequence[Figure]) -> tuple[float, float]:
    values = [value for each in figures for value in (each.value, each.low, each.high) if value is not None]
    return min(values), max(values)
