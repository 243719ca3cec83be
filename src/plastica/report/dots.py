"""The main metric of each model on one scale: wide enough to tell the contenders apart, and no wider."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ..evaluation.scores import Figure
from . import formats

CONTENDERS = ("network", "linear", "trees")
WIDEST = 2.0  # how much wider the scale may get for a model that is no contender
MARGIN = 0.04


@dataclass(frozen=True)
class ScalePoint:
    """A model: where its value and interval stand on the scale, from 0 to 100; ``off`` the scale to the left or right.

    Args:
        name: The model's.
        value, interval: As they are written.
        at, low, high: Where they stand; None without an interval.
        off: "left" or "right" where the value lies beyond the scale.
        own: Whether it is the model that was kept.
    """

    name: str
    value: str
    interval: str
    at: float
    low: float | None
    high: float | None
    off: str
    own: bool


def dots(metric: str, figures: Mapping[str, Figure], own: str) -> tuple[ScalePoint, ...]:
    """Place each model's figure on a scale that the contenders fill; a far guess is marked at the edge."""
    low, high = _scale(figures)

    def place(value: float) -> float:
        return 100 * min(max((value - low) / (high - low), 0.0), 1.0)

    return tuple(
        ScalePoint(
            name=name,
            value=formats.figure(metric, figure.value),
            interval=formats.interval(metric, figure),
            at=place(figure.value),
            low=None if figure.low is None else place(figure.low),
            high=None if figure.high is None else place(figure.high),
            off="left" if figure.value < low else "right" if figure.value > high else "",
            own=name == own,
        )
        for name, figure in figures.items()
    )


def _scale(figures: Mapping[str, Figure]) -> tuple[float, float]:
    low, high = _ends([figure for name, figure in figures.items() if name in CONTENDERS] or list(figures.values()))
    for figure in figures.values():
        wider = _ends([figure, Figure(low), Figure(high)])
        if wider[1] - wider[0] <= WIDEST * (high - low):
            low, high = wider
    margin = MARGIN * (high - low) or MARGIN
    return low - margin, high + margin


def _ends(figures: Sequence[Figure]) -> tuple[float, float]:
    values = [value for each in figures for value in (each.value, each.low, each.high) if value is not None]
    return min(values), max(values)
