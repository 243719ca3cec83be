"""The range that forecasts and their intervals cannot leave."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import NormalDist
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

import numpy as np

from ..data.table import show
from ..errors import DataError
from ..notes import Note, note
from ..typing import Float

if TYPE_CHECKING:
    from .panel import Panel
    from .scales import Scales

LowerLimit: TypeAlias = float | str | None  # the only text is "auto"
SOME_ZEROS = 0.005
SHARE_BELOW = 0.025  # of a bell curve with the mean and the deviation of a series: so many values would be below 0


class Limits(NamedTuple):
    """What was said of the range of values.

    Attributes:
        minimum: The least possible value of all series; "auto" for 0 where :func:`is_amount` finds it.
        maximum: The largest possible value of all series.
    """

    minimum: LowerLimit = "auto"
    maximum: float | None = None


def is_amount(values: Float[np.ndarray, "time"]) -> bool:
    """Return whether values are counts, amounts or concentrations, of which there is never less than nothing.

    None of them is below 0, and either some are 0, or a normal distribution with their mean and standard deviation
    would have at least 2.5 % of its values below 0 (the deviation exceeds half of the mean), where there are none: so
    something ends at 0. A series far above 0, such as temperatures of a summer, is not limited.

    Args:
        values: The series of the training span, NaN for holes.

    Example:
        >>> is_amount(np.array([1.0, 2.0, 3.0, 40.0])), is_amount(np.array([20.0, 21.0, 24.0, 28.0]))
        (True, False)
    """
    known = values[np.isfinite(values)]
    if not len(known) or not (known >= 0).all():
        return False
    if (known == 0).mean() >= SOME_ZEROS:
        return True
    spread = float(known.std())
    return spread > 0 and NormalDist(float(known.mean()), spread).cdf(0.0) >= SHARE_BELOW


def require_within(limits: Limits, channels: Sequence[tuple[str, Float[np.ndarray, "time"]]]) -> None:
    """Raise DataError if a value of the training span is outside of what was said to be possible."""
    for name, values in channels:
        for word, limit, sign in (("minimum", limits.minimum, 1), ("maximum", limits.maximum, -1)):
            if not isinstance(limit, int | float):
                continue
            outside = values[np.isfinite(values) & (sign * values < sign * limit)]
            if len(outside):
                told = {"series": show(name), "number": len(outside), "value": f"{outside[0]:g}"}
                raise DataError(note("forecast_errors.beyond", **told, option=word, limit=f"{limit:g}"))


def note_of(scales: Scales, panel: Panel) -> list[Note]:
    """Return a note that forecasts end at 0, unless that was said."""
    found = sum(scales.nonnegative)
    names = ", ".join(map(show, panel.roles.targets[:3]))
    return [note("forecasting.not_below_zero", column=names, count=found)] if found else []
